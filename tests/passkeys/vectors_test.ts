/** The test vectors of WebAuthn Level 3, section 16, and forged assertions. */
import assert from "node:assert/strict";
import { encodeCBOR } from "@levischuck/tiny-cbor";
import { verifyAuthenticationResponse, verifyRegistrationResponse } from "@simplewebauthn/server";
import fc from "fast-check";
import { Buffer } from "node:buffer";
import {
  isSignedBy,
  isUsableKey,
  readAttestation,
  readAuthenticatorData,
} from "../../crypto/webauthn.ts";
import {
  type Assertion,
  type RelyingParty,
  type StoredPasskey,
  verifyAssertion,
  verifyRegistration,
} from "../../domain/passkey.ts";
import { type Algorithm, create, get } from "../support/authenticator.ts";
import { runs } from "../support/rounds.ts";

const hex = (text: string) => new Uint8Array(Buffer.from(text, "hex"));
const base64url = (text: string) => Buffer.from(text, "hex").toString("base64url");

/** The relying party of the specification's vectors. */
const example: RelyingParty = {
  id: "example.org",
  name: "example",
  origins: ["https://example.org"],
};

const es256 = (x: string, y: string) =>
  encodeCBOR(
    new Map<number, number | Uint8Array>([
      ...[[1, 2], [3, -7], [-1, 1], [-2, hex(x)], [-3, hex(y)]] as [number, number | Uint8Array][],
    ]),
  );

/** 16.2, "ES256 Credential with No Attestation": the registration. */
const registration = {
  challenge: "00c30fb78531c464d2b6771dab8d7b603c01162f2fa486bea70f283ae556e130",
  credentialId: "f91f391db4c9b2fde0ea70189cba3fb63f579ba6122b33ad94ff3ec330084be4",
  aaguid: "8446ccb9-ab1d-b374-750b-2367ff6f3a1f",
  publicKey: es256(
    "afefa16f97ca9b2d23eb86ccb64098d20db90856062eb249c33a9b672f26df61",
    "930a56b87a2fca66334b03458abf879717c12cc68ed73290af2e2664796b9220",
  ),
  attestationObject:
    "a363666d74646e6f6e656761747453746d74a068617574684461746158a4bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b559000000008446ccb9ab1db374750b2367ff6f3a1f0020f91f391db4c9b2fde0ea70189cba3fb63f579ba6122b33ad94ff3ec330084be4a5010203262001215820afefa16f97ca9b2d23eb86ccb64098d20db90856062eb249c33a9b672f26df61225820930a56b87a2fca66334b03458abf879717c12cc68ed73290af2e2664796b9220",
  clientDataJSON:
    "7b2274797065223a22776562617574686e2e637265617465222c226368616c6c656e6765223a22414d4d507434557878475453746e63647134313759447742466938767049612d7077386f4f755657345441222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73652c22657874726144617461223a22636c69656e74446174614a534f4e206d617920626520657874656e6465642077697468206164646974696f6e616c206669656c647320696e20746865206675747572652c207375636820617320746869733a20426b5165446a646354427258426941774a544c453551227d",
};

/** Assertions of section 16. `refused`: why our policy refuses it, although its signature is right. */
const assertions = [
  {
    name: "16.2, ES256 with no attestation",
    refused: "user verification",
    backupEligible: true,
    publicKey: registration.publicKey,
    challenge: "39c0e7521417ba54d43e8dc95174f423dee9bf3cd804ff6d65c857c9abf4d408",
    authenticatorData: "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b51900000000",
    clientDataJSON:
      "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a224f63446e55685158756c5455506f334a5558543049393770767a7a59425039745a63685879617630314167222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73657d",
    signature:
      "3046022100f50a4e2e4409249c4a853ba361282f09841df4dd4547a13a87780218deffcd380221008480ac0f0b93538174f575bf11a1dd5d78c6e486013f937295ea13653e331e87",
  },
  {
    name: "16.4, ES256 with crossOrigin true",
    refused: "origin",
    backupEligible: false,
    publicKey: es256(
      "22200a473f90b11078851550d03b4e44a2279f8c4eca27b3153dedfe03e4e97d",
      "cbd0be95e746ad6f5a8191be11756e4c0420e72f65b466d39bc56b8b123a9c6e",
    ),
    challenge: "876aa517ba83fdee65fcffdbca4c84eeae5d54f8041a1fc85c991e5bbb273137",
    authenticatorData: "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b50500000000",
    clientDataJSON:
      "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a226832716c463771445f65356c5f505f62796b7945377135645650674547685f49584a6b655737736e4d5463222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a747275652c22657874726144617461223a22636c69656e74446174614a534f4e206d617920626520657874656e6465642077697468206164646974696f6e616c206669656c647320696e20746865206675747572652c207375636820617320746869733a2039327063545644304162792d713464746d6a36656667227d",
    signature:
      "3046022100eb12fcf23b12764c0f122e22371fab92e283879fd798f38ee1841c951b6e40e7022100c76237ff9db77b3c56f30837cda6a09acfa2e915544e609c0733b1184036d1cf",
  },
  {
    name: "16.11, Ed25519",
    refused: "user verification",
    backupEligible: false,
    publicKey: encodeCBOR(
      new Map<number, number | Uint8Array>([
        ...[
          ...[[1, 1], [3, -8], [-1, 6]],
          [-2, hex("44e06ddd331c36a8dc667bab52bcae63486c916aa5e339e6acebaa84934bf832")],
        ] as [number, number | Uint8Array][],
      ]),
    ),
    challenge: "895957e01c633a698348a2d8a31a54b7db27e8c1c43b2080d79ae2190267bfd2",
    authenticatorData: "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b50100000000",
    clientDataJSON:
      "7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a2269566c583442786a4f6d6d44534b4c596f7870557439736e364d48454f7943413135726947514a6e763949222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73657d",
    signature:
      "f5c59c7e46c34f6f8cc197101ddf9934fa2595f68eb1913a637e8419eb9ba4cfdfc48f85393bc0d40b011f0d6fecb097d6607525713223a0dc0d453993dae00b",
  },
];

Deno.test("the registration of the specification's test vectors is read as it says", () => {
  const data = readAttestation(hex(registration.attestationObject));
  assert.deepEqual(data.credential, {
    aaguid: registration.aaguid,
    id: base64url(registration.credentialId),
    publicKey: registration.publicKey,
  });
  assert.ok(isUsableKey(data.credential!.publicKey));
  assert.deepEqual([data.userPresent, data.userVerified], [true, false]);
  assert.deepEqual([data.backupEligible, data.backedUp, data.counter], [true, true, 0]);
  const id = base64url(registration.credentialId);
  const response = {
    clientDataJSON: base64url(registration.clientDataJSON),
    attestationObject: base64url(registration.attestationObject),
  };
  const challenge = base64url(registration.challenge);
  const verdict = verifyRegistration({ id, rawId: id, response }, challenge, example);
  assert.equal(verdict, "user verification", "which is all that our policy misses");
});

for (const vector of assertions) {
  Deno.test(`the assertion of the specification's test vector ${vector.name} has the right signature`, () => {
    const { publicKey } = vector;
    const signed = {
      authenticatorData: hex(vector.authenticatorData),
      clientData: hex(vector.clientDataJSON),
      signature: hex(vector.signature),
    };
    assert.ok(isSignedBy(publicKey, signed));
    for (const part of ["authenticatorData", "clientData", "signature"] as const) {
      for (let at = 0; at < signed[part].length; at++) {
        const changed = new Uint8Array(signed[part]);
        changed[at]! ^= 1;
        assert.equal(isSignedBy(publicKey, { ...signed, [part]: changed }), false, part);
      }
    }
    const id = "AQID";
    const assertion: Assertion = {
      id,
      rawId: id,
      response: {
        clientDataJSON: base64url(vector.clientDataJSON),
        authenticatorData: base64url(vector.authenticatorData),
        signature: base64url(vector.signature),
      },
    };
    const { backupEligible } = vector;
    const stored = { credentialId: id, publicKey, userHandle: "h", counter: 0, backupEligible };
    const challenge = base64url(vector.challenge);
    const verdict = verifyAssertion(assertion, stored, challenge, example, false);
    assert.equal(verdict, vector.refused);
  });
}

const party: RelyingParty = {
  id: "members.example",
  name: "Annyeong",
  origins: ["https://members.example"],
};
const origin = party.origins[0]!;
const creation = { challenge: "Y2hhbGxlbmdl", user: { id: "aGFuZGxl" }, rp: { id: party.id } };
const request = { challenge: "YW5vdGhlcg" };

/** Passkeys of each algorithm, as they are stored. */
const made = (["ES256", "Ed25519", "RS256"] as Algorithm[]).map((algorithm) => {
  const { passkey, answer } = create(creation, origin, { algorithm, backupEligible: true });
  const verified = verifyRegistration(answer, creation.challenge, party);
  assert.ok(typeof verified !== "string", `${verified}`);
  const stored: StoredPasskey = { ...verified, userHandle: passkey.userHandle };
  return { passkey, stored, answer };
});

/** Changes one bit of a base64url text. */
function flip(text: string, at: number): string {
  const bytes = Buffer.from(text, "base64url");
  bytes[Math.floor(at / 8) % bytes.length]! ^= 1 << at % 8;
  return bytes.toString("base64url");
}

Deno.test("an assertion with any bit changed is refused, with every algorithm", () => {
  const part = fc.constantFrom("clientDataJSON", "authenticatorData", "signature", "userHandle");
  fc.assert(
    fc.property(fc.constantFrom(...made), part, fc.nat(), ({ passkey, stored }, part, at) => {
      const right = get(passkey, request, origin) as Assertion;
      const verdict = verifyAssertion(right, stored, request.challenge, party, true);
      assert.equal(typeof verdict, "object");
      const changed = flip(right.response[part as keyof Assertion["response"]]!, at);
      const forged = { ...right, response: { ...right.response, [part]: changed } };
      const refused = verifyAssertion(forged, stored, request.challenge, party, true);
      assert.equal(typeof refused, "string", `${part} ${at}`);
    }),
    runs(200),
  );
});

Deno.test("no bytes make the reading of authenticator data, attestations, keys and signatures fail otherwise than by refusing", () => {
  const bytes = fc.uint8Array({ maxLength: 400 });
  fc.assert(
    fc.property(bytes, fc.constantFrom(...made), fc.nat(), (bytes, { stored, answer }, at) => {
      for (const read of [readAuthenticatorData, readAttestation]) {
        try {
          read(bytes);
        } catch (error) {
          assert.ok(error instanceof Error);
        }
      }
      assert.equal(isUsableKey(bytes), false);
      const empty = new Uint8Array();
      const signed = { authenticatorData: bytes, clientData: empty, signature: bytes };
      assert.equal(isSignedBy(stored.publicKey, signed), false);
      const cut = Buffer.from(answer.response.attestationObject, "base64url");
      const response = {
        ...answer.response,
        attestationObject: cut.subarray(0, at % cut.length).toString("base64url"),
      };
      const verdict = verifyRegistration({ ...answer, response }, creation.challenge, party);
      assert.equal(verdict, "malformed");
    }),
    runs(300),
  );
});

Deno.test("we accept no assertion that another library refuses", async () => {
  const part = fc.constantFrom("none", "clientDataJSON", "authenticatorData", "signature");
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...made), part, fc.nat(), async (one, part, at) => {
      const { passkey, stored } = one;
      const right = get(passkey, request, origin);
      const response = part === "none" ? right.response : {
        ...right.response,
        [part]: flip(right.response[part as "signature"]!, at),
      };
      const given = { ...right, response };
      const ours = verifyAssertion(given as Assertion, stored, request.challenge, party, true);
      const theirs = await verifyAuthenticationResponse({
        response: given as never,
        expectedChallenge: request.challenge,
        expectedOrigin: origin,
        expectedRPID: party.id,
        credential: {
          id: stored.credentialId,
          publicKey: new Uint8Array(stored.publicKey),
          counter: stored.counter,
        },
      }).then(({ verified }) => verified, () => false);
      // that library also takes a signature whose outer tag is not DER's
      if (typeof ours !== "string") assert.ok(theirs, `${part} ${at}`);
      if (part === "none") assert.deepEqual([typeof ours, theirs], ["object", true]);
    }),
    runs(100),
  );
});

Deno.test("what we store of a registration is what another library reads", async () => {
  for (const { answer, stored } of made) {
    const { registrationInfo } = await verifyRegistrationResponse({
      response: answer as never,
      expectedChallenge: creation.challenge,
      expectedOrigin: origin,
      expectedRPID: party.id,
    });
    const { credential } = registrationInfo!;
    assert.equal(credential.id, stored.credentialId);
    assert.deepEqual(new Uint8Array(credential.publicKey), new Uint8Array(stored.publicKey));
    assert.equal(credential.counter, stored.counter);
  }
});

Deno.test("keys of other algorithms, of other curves and off their curve are refused", () => {
  type Pair = [number, number | Uint8Array];
  const key = (...pairs: Pair[]) => encodeCBOR(new Map<number, number | Uint8Array>(pairs));
  const bytes = (length: number) => new Uint8Array(length).fill(1);
  const keys: Record<string, Uint8Array> = {
    "ES384": key([1, 2], [3, -35], [-1, 2], [-2, bytes(48)], [-3, bytes(48)]),
    "P-384 under ES256": key([1, 2], [3, -7], [-1, 2], [-2, bytes(48)], [-3, bytes(48)]),
    "off the curve": key([1, 2], [3, -7], [-1, 1], [-2, bytes(32)], [-3, bytes(32)]),
    "Ed448": key([1, 1], [3, -53], [-1, 7], [-2, bytes(57)]),
    "RSA of 1024 bits": key([1, 3], [3, -257], [-1, bytes(128)], [-2, bytes(3)]),
    "RSA of 8192 bits": key([1, 3], [3, -257], [-1, bytes(1024)], [-2, bytes(3)]),
    "a long exponent": key([1, 3], [3, -257], [-1, bytes(256)], [-2, bytes(200)]),
    "no algorithm": key([1, 2], [-1, 1], [-2, bytes(32)], [-3, bytes(32)]),
  };
  for (const [name, publicKey] of Object.entries(keys)) {
    assert.equal(isUsableKey(publicKey), false, name);
  }
});
