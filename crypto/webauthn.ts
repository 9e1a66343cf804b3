import { decodePartialCBOR } from "@levischuck/tiny-cbor";
import { Buffer } from "node:buffer";
import { createHash, createPublicKey, type KeyObject, verify } from "node:crypto";

/** The data that an authenticator signs (WebAuthn Level 3, 6.1). */
export interface AuthenticatorData {
  /** SHA-256 of the relying party's id, base64url. */
  rpIdHash: string;
  userPresent: boolean;
  userVerified: boolean;
  backupEligible: boolean;
  backedUp: boolean;
  /** Signature counter; 0 if the authenticator has none. */
  counter: number;
  /** The new credential, in a registration. */
  credential: NewCredential | null;
}

/** A credential as its authenticator describes it in a registration. */
export interface NewCredential {
  /** UUID of the authenticator's model; zeros if it is not told. */
  aaguid: string;
  /** base64url */
  id: string;
  /** COSE key. */
  publicKey: Uint8Array;
}

/** COSE algorithms that are offered to authenticators, the preferred first: Ed25519, ES256, RS256. */
export const algorithms = [-8, -7, -257] as const;

/** The largest RSA modulus and exponent that are accepted, bytes. Larger ones cost too much to verify. */
const rsaMax = { modulus: 512, exponent: 4 };

/**
 * Reads authenticator data (WebAuthn Level 3, 6.1 and 6.5.1).
 * @throws if it is malformed
 */
export function readAuthenticatorData(data: Uint8Array): AuthenticatorData {
  if (data.length < 37) throw new Error("authenticator data is too short");
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const flags = data[32]!;
  let end = 37;
  let credential: NewCredential | null = null;
  if (flags & 0x40) {
    const idEnd = 55 + view.getUint16(53);
    if (idEnd > data.length) throw new Error("the credential id is cut off");
    end = itemEnd(data, idEnd);
    credential = {
      aaguid: uuidOf(data.subarray(37, 53)),
      id: base64url(data.subarray(55, idEnd)),
      publicKey: data.slice(idEnd, end),
    };
  }
  if (flags & 0x80) end = itemEnd(data, end);
  if (end !== data.length) throw new Error("authenticator data has bytes that belong to nothing");
  return {
    rpIdHash: base64url(data.subarray(0, 32)),
    userPresent: (flags & 0x01) !== 0,
    userVerified: (flags & 0x04) !== 0,
    backupEligible: (flags & 0x08) !== 0,
    backedUp: (flags & 0x10) !== 0,
    counter: view.getUint32(33),
    credential,
  };
}

/**
 * Reads the authenticator data of an attestation object (WebAuthn Level 3, 6.5.4). The attestation statement
 * is not evaluated, because none is asked for and no decision depends on one.
 * @throws if it is malformed
 */
export function readAttestation(attestation: Uint8Array): AuthenticatorData {
  const [object, length] = decodePartialCBOR(attestation, 0);
  if (length !== attestation.length || !(object instanceof Map)) throw new Error("no attestation");
  const [format, statement, data] = ["fmt", "attStmt", "authData"].map((key) => object.get(key));
  if (typeof format !== "string" || !(statement instanceof Map)) throw new Error("no statement");
  if (format === "none" && statement.size > 0) throw new Error("a statement that is none");
  if (!(data instanceof Uint8Array)) throw new Error("no authenticator data");
  return readAuthenticatorData(data);
}

/** Returns whether a COSE key is of an offered algorithm, well formed, and on its curve. */
export function isUsableKey(publicKey: Uint8Array): boolean {
  try {
    importKey(publicKey);
    return true;
  } catch {
    return false;
  }
}

/**
 * Verifies the signature of an assertion (WebAuthn Level 3, 7.2 steps 20 and 21).
 * @param publicKey COSE key
 */
export function isSignedBy(
  publicKey: Uint8Array,
  signed: { authenticatorData: Uint8Array; clientData: Uint8Array; signature: Uint8Array },
): boolean {
  const { authenticatorData, clientData, signature } = signed;
  const message = Buffer.concat([authenticatorData, sha256Of(clientData)]);
  try {
    const { key, hash } = importKey(publicKey);
    return verify(hash, message, key, signature);
  } catch {
    return false; // a malformed signature
  }
}

/** Returns the hash by which authenticator data names a relying party, base64url. */
export function rpIdHash(rpId: string): string {
  return base64url(sha256Of(new TextEncoder().encode(rpId)));
}

/** Makes a key of a COSE key (RFC 9052, 9053, 8230). Throws if it is not one of `algorithms`. */
function importKey(publicKey: Uint8Array): { key: KeyObject; hash: "sha256" | null } {
  const [cose, length] = decodePartialCBOR(publicKey, 0);
  if (length !== publicKey.length || !(cose instanceof Map)) throw new Error("no COSE key");
  const number = (label: number) => cose.get(label);
  const bytes = (label: number, isLong: (length: number) => boolean) => {
    const value = cose.get(label);
    if (!(value instanceof Uint8Array) || !isLong(value.length)) throw new Error("no COSE key");
    return base64url(value);
  };
  const is32 = (length: number) => length === 32;
  const jwk = (key: Record<string, string>) => createPublicKey({ key, format: "jwk" });
  switch (`${number(1)} ${number(3)}`) {
    case "1 -8":
      if (number(-1) !== 6) throw new Error("not Ed25519");
      return { key: jwk({ kty: "OKP", crv: "Ed25519", x: bytes(-2, is32) }), hash: null };
    case "2 -7": {
      if (number(-1) !== 1) throw new Error("not P-256");
      const point = { x: bytes(-2, is32), y: bytes(-3, is32) };
      return { key: jwk({ kty: "EC", crv: "P-256", ...point }), hash: "sha256" };
    }
    case "3 -257": {
      const n = bytes(-1, (length) => length >= 256 && length <= rsaMax.modulus);
      const e = bytes(-2, (length) => length > 0 && length <= rsaMax.exponent);
      return { key: jwk({ kty: "RSA", n, e }), hash: "sha256" };
    }
  }
  throw new Error("an algorithm that was not offered");
}

/** Returns where a CBOR item ends. The library does not notice when a text is cut off. */
function itemEnd(data: Uint8Array, start: number): number {
  const end = start + decodePartialCBOR(data, start)[1];
  if (end > data.length) throw new Error("a CBOR item is cut off");
  return end;
}

function sha256Of(data: Uint8Array): Uint8Array {
  return createHash("sha256").update(data).digest();
}

function base64url(data: Uint8Array): string {
  return Buffer.from(data).toString("base64url");
}

function uuidOf(data: Uint8Array): string {
  return Buffer.from(data).toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
