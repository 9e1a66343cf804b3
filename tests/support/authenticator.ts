/** An authenticator in software: it makes passkeys and signs, as it is told, also wrongly. */
import { encodeCBOR } from "@levischuck/tiny-cbor";
import { Buffer } from "node:buffer";
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import type { Browser } from "./harness.ts";

export type Algorithm = "ES256" | "Ed25519" | "RS256";

/** What an answer deviates in. */
export interface Lies {
  type?: string;
  challenge?: string;
  origin?: string;
  crossOrigin?: boolean;
  topOrigin?: string;
  rpId?: string;
  userPresent?: boolean;
  userVerified?: boolean;
  backupEligible?: boolean;
  backedUp?: boolean;
  counter?: number;
  userHandle?: string | null;
  aaguid?: string;
}

export interface Passkey {
  id: string;
  userHandle: string;
  rpId: string;
  algorithm: Algorithm;
  privateKey: KeyObject;
  publicKey: Uint8Array;
  counter: number;
  backupEligible: boolean;
}

// deno-lint-ignore no-explicit-any -- options, as the service gives them
type Options = any;

const sha256 = (data: Uint8Array | string) => createHash("sha256").update(data).digest();
const base64url = (data: Uint8Array | string) => Buffer.from(data).toString("base64url");

/** Makes a passkey for options of a registration, and the browser's answer. */
export function create(
  options: Options,
  origin: string,
  lies: Lies & { algorithm?: Algorithm; id?: string } = {},
) {
  const algorithm = lies.algorithm ?? "ES256";
  const { publicKey, privateKey } = keyPair(algorithm);
  const passkey: Passkey = {
    id: lies.id ?? base64url(randomBytes(16)),
    userHandle: options.user.id,
    rpId: options.rp.id,
    algorithm,
    privateKey,
    publicKey,
    counter: lies.counter ?? 0,
    backupEligible: lies.backupEligible ?? false,
  };
  const id = Buffer.from(passkey.id, "base64url");
  const aaguid = Buffer.from((lies.aaguid ?? "0".repeat(32)).replaceAll("-", ""), "hex");
  const length = Buffer.from([id.length >> 8, id.length & 255]);
  const authData = Buffer.concat([
    head(passkey, lies, 0x40),
    aaguid,
    length,
    id,
    publicKey,
  ]);
  const attestation = new Map<string, unknown>([
    ["fmt", "none"],
    ["attStmt", new Map()],
    ["authData", new Uint8Array(authData)],
  ]);
  const answer = {
    id: passkey.id,
    rawId: passkey.id,
    type: "public-key",
    authenticatorAttachment: "platform",
    clientExtensionResults: {},
    response: {
      clientDataJSON: clientData("webauthn.create", options.challenge, origin, lies),
      attestationObject: base64url(encodeCBOR(attestation as never)),
      authenticatorData: base64url(authData),
      transports: ["internal"],
    },
  };
  return { passkey, answer };
}

/** Signs options of a sign-in or confirmation with a passkey. The counter goes up if it counts. */
export function get(passkey: Passkey, options: Options, origin: string, lies: Lies = {}) {
  if (passkey.counter > 0) passkey.counter++;
  const authenticatorData = head(passkey, lies, 0);
  const clientDataJSON = clientData("webauthn.get", options.challenge, origin, lies);
  const signed = Buffer.concat([
    authenticatorData,
    sha256(Buffer.from(clientDataJSON, "base64url")),
  ]);
  const hash = passkey.algorithm === "Ed25519" ? null : "sha256";
  const userHandle = lies.userHandle === undefined ? passkey.userHandle : lies.userHandle;
  return {
    id: passkey.id,
    rawId: passkey.id,
    type: "public-key",
    clientExtensionResults: {},
    response: {
      clientDataJSON,
      authenticatorData: base64url(authenticatorData),
      signature: base64url(sign(hash, signed, passkey.privateKey)),
      userHandle,
    },
  };
}

function head(passkey: Passkey, lies: Lies, more: number): Uint8Array {
  const { userPresent = true, userVerified = true } = lies;
  const { backupEligible = passkey.backupEligible, backedUp = backupEligible } = lies;
  const flags = more | (userPresent ? 1 : 0) | (userVerified ? 4 : 0) |
    (backupEligible ? 8 : 0) | (backedUp ? 16 : 0);
  const counter = Buffer.alloc(4);
  counter.writeUInt32BE(lies.counter ?? passkey.counter);
  return Buffer.concat([sha256(lies.rpId ?? passkey.rpId), Buffer.from([flags]), counter]);
}

function clientData(type: string, challenge: string, origin: string, lies: Lies): string {
  const { topOrigin, crossOrigin = false } = lies;
  return base64url(JSON.stringify({
    type: lies.type ?? type,
    challenge: lies.challenge ?? challenge,
    origin: lies.origin ?? origin,
    crossOrigin,
    ...(topOrigin && { topOrigin }),
  }));
}

function keyPair(algorithm: Algorithm): { publicKey: Uint8Array; privateKey: KeyObject } {
  const bytes = (text: string | undefined) => new Uint8Array(Buffer.from(text!, "base64url"));
  const pair = algorithm === "ES256"
    ? generateKeyPairSync("ec", { namedCurve: "P-256" })
    : algorithm === "Ed25519"
    ? generateKeyPairSync("ed25519")
    : generateKeyPairSync("rsa", { modulusLength: 2048 });
  const { x, y, n, e } = pair.publicKey.export({ format: "jwk" });
  const cose: [number, number | Uint8Array][] = algorithm === "ES256"
    ? [[1, 2], [3, -7], [-1, 1], [-2, bytes(x)], [-3, bytes(y)]]
    : algorithm === "Ed25519"
    ? [[1, 1], [3, -8], [-1, 6], [-2, bytes(x)]]
    : [[1, 3], [3, -257], [-1, bytes(n)], [-2, bytes(e)]];
  const publicKey = encodeCBOR(new Map(cose));
  return { publicKey, privateKey: pair.privateKey };
}

/** Joins with a passkey and no password. */
export async function joinWithPasskey(
  browser: Browser,
  user_id: string,
  lies: Parameters<typeof create>[2] = {},
): Promise<Passkey> {
  const names = { user_id, email: `${user_id}@example.com` };
  const options = await browser.send("POST", "/register/passkey/options", names);
  const { passkey, answer } = create(options.json, browser.service.origin, lies);
  const joined = await browser.send("POST", "/register", { ...names, passkey: answer });
  if (joined.status !== 201) throw new Error(`joining answered ${joined.status}: ${joined.text}`);
  return passkey;
}

/** Signs in with a passkey. */
export async function signInWith(passkey: Passkey, browser: Browser, lies: Lies = {}) {
  const options = await browser.send("POST", "/login/passkey/options", {});
  const answer = get(passkey, options.json, browser.service.origin, lies);
  return await browser.send("POST", "/login/passkey", { passkey: answer });
}

/** Confirms with a passkey. */
export async function confirmWith(passkey: Passkey, browser: Browser, lies: Lies = {}) {
  const options = await browser.send("POST", "/confirmation/passkey/options", {});
  const answer = get(passkey, options.json, browser.service.origin, lies);
  return await browser.send("POST", "/confirmation/passkey", { passkey: answer });
}
