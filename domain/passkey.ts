import { Buffer } from "node:buffer";
import {
  type AuthenticatorData,
  isSignedBy,
  isUsableKey,
  readAttestation,
  readAuthenticatorData,
  rpIdHash,
} from "../crypto/webauthn.ts";

/** What a challenge was issued for. */
export type Purpose = "register" | "sign_in" | "confirm" | "add";

/** How long a challenge works, ms. */
export const challengeMs = 5 * 60_000;

/** A member can have at most so many passkeys. */
export const passkeysPerMember = 20;

/** The service, as browsers and authenticators know it. */
export interface RelyingParty {
  /** The host of `PUBLIC_ORIGIN`. */
  id: string;
  /** The name that people read. */
  name: string;
  /** The origins whose pages may use the passkeys. */
  origins: readonly string[];
}

/** The browser's answer to a registration: `RegistrationResponseJSON`. Bytes are base64url. */
export interface Registration {
  id: string;
  rawId: string;
  authenticatorAttachment?: string | null | undefined;
  response: {
    clientDataJSON: string;
    attestationObject: string;
    transports?: string[] | null | undefined;
  };
}

/** The browser's answer to a sign-in or confirmation: `AuthenticationResponseJSON`. */
export interface Assertion {
  id: string;
  rawId: string;
  response: {
    clientDataJSON: string;
    authenticatorData: string;
    signature: string;
    userHandle?: string | null | undefined;
  };
}

/** A passkey to store. */
export interface NewPasskey {
  credentialId: string;
  /** COSE key. */
  publicKey: Uint8Array;
  counter: number;
  transports: string[];
  /** UUID of the authenticator's model. */
  aaguid: string;
  backupEligible: boolean;
  backedUp: boolean;
  /** Whether the authenticator is part of the device that the browser runs on. */
  onThisDevice: boolean;
}

/** What an assertion is verified against. */
export interface StoredPasskey {
  credentialId: string;
  publicKey: Uint8Array;
  userHandle: string;
  counter: number;
  backupEligible: boolean;
}

/** What a right assertion says. */
export interface Use {
  counter: number;
  backedUp: boolean;
  /** Whether the counter did not go up, which may mean that the authenticator was copied. */
  counterWentBack: boolean;
}

/** Why a ceremony was refused; for the log. */
export type PasskeyProblem =
  | "malformed"
  | "type"
  | "challenge"
  | "origin"
  | "relying party"
  | "user presence"
  | "user verification"
  | "backup flags"
  | "key"
  | "user handle"
  | "signature";

interface ClientData {
  type: unknown;
  challenge: unknown;
  origin: unknown;
  crossOrigin?: unknown;
  topOrigin?: unknown;
}

/** Returns the challenge that the browser answers, or `null` if the answer is malformed. */
export function challengeIn(answer: { response: { clientDataJSON: string } }): string | null {
  const challenge = clientDataOf(answer.response.clientDataJSON)?.challenge;
  return typeof challenge === "string" ? challenge : null;
}

/**
 * Verifies a registration (WebAuthn Level 3, 7.1). The user must be verified. Attestation is not asked for.
 * @param challenge the challenge that was issued
 */
export function verifyRegistration(
  { id, rawId, authenticatorAttachment, response }: Registration,
  challenge: string,
  party: RelyingParty,
): NewPasskey | PasskeyProblem {
  const problem = clientProblem(response.clientDataJSON, "webauthn.create", challenge, party);
  if (problem) return problem;
  const data = attempt(() => readAttestation(bytesOf(response.attestationObject)));
  if (!data?.credential || id !== rawId || data.credential.id !== id) return "malformed";
  if (Buffer.from(id, "base64url").length > 1023) return "malformed";
  const wrong = dataProblem(data, party);
  if (wrong) return wrong;
  const { aaguid, publicKey } = data.credential;
  if (!isUsableKey(publicKey)) return "key";
  const { counter, backupEligible, backedUp } = data;
  return {
    ...{ credentialId: id, publicKey, counter, aaguid, backupEligible, backedUp },
    transports: transportsIn(response.transports ?? []),
    onThisDevice: authenticatorAttachment === "platform",
  };
}

/**
 * Verifies an assertion (WebAuthn Level 3, 7.2). The user must be verified.
 * @param challenge the challenge that was issued
 * @param usernameless whether the authenticator chose the member, so that it must name them
 */
export function verifyAssertion(
  { id, rawId, response }: Assertion,
  stored: StoredPasskey,
  challenge: string,
  party: RelyingParty,
  usernameless: boolean,
): Use | PasskeyProblem {
  const problem = clientProblem(response.clientDataJSON, "webauthn.get", challenge, party);
  if (problem) return problem;
  const authenticatorData = bytesOf(response.authenticatorData);
  const data = attempt(() => readAuthenticatorData(authenticatorData));
  if (!data || id !== rawId || id !== stored.credentialId) return "malformed";
  const wrong = dataProblem(data, party);
  if (wrong) return wrong;
  if (data.backupEligible !== stored.backupEligible) return "backup flags";
  const { userHandle } = response;
  if (userHandle ? userHandle !== stored.userHandle : usernameless) return "user handle";
  const signed = {
    authenticatorData,
    clientData: bytesOf(response.clientDataJSON),
    signature: bytesOf(response.signature),
  };
  if (!isSignedBy(stored.publicKey, signed)) return "signature";
  const { counter, backedUp } = data;
  const counts = counter > 0 || stored.counter > 0;
  return { counter, backedUp, counterWentBack: counts && counter <= stored.counter };
}

/** Checks what the browser says (steps 7 to 11 of both). Another site's frame is refused. */
function clientProblem(
  clientDataJSON: string,
  type: string,
  challenge: string,
  { origins }: RelyingParty,
): PasskeyProblem | null {
  const client = clientDataOf(clientDataJSON);
  if (!client) return "malformed";
  if (client.type !== type) return "type";
  if (client.challenge !== challenge) return "challenge";
  if (typeof client.origin !== "string" || !origins.includes(client.origin)) return "origin";
  if (client.crossOrigin === true || client.topOrigin !== undefined) return "origin";
  return null;
}

/** Checks what the authenticator says. */
function dataProblem(data: AuthenticatorData, { id }: RelyingParty): PasskeyProblem | null {
  if (data.rpIdHash !== rpIdHash(id)) return "relying party";
  if (!data.userPresent) return "user presence";
  if (!data.userVerified) return "user verification";
  if (data.backedUp && !data.backupEligible) return "backup flags";
  return null;
}

function clientDataOf(clientDataJSON: string): ClientData | null {
  const utf8 = new TextDecoder("utf-8", { fatal: true });
  const parsed = attempt(() => JSON.parse(utf8.decode(bytesOf(clientDataJSON))));
  return typeof parsed === "object" && parsed !== null ? parsed : null;
}

/** At most ten short words: browsers may add new ones. */
function transportsIn(transports: readonly string[]): string[] {
  return [...new Set(transports)].filter((word) => /^[a-z-]{1,32}$/.test(word)).slice(0, 10);
}

function bytesOf(base64url: string): Uint8Array {
  return new Uint8Array(Buffer.from(base64url, "base64url"));
}

function attempt<T>(work: () => T): T | null {
  try {
    return work();
  } catch {
    return null;
  }
}
