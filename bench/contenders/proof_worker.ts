/** A Worker that verifies the proof in the body as often as the path says, and does nothing else. */
import { Buffer } from "node:buffer";
import { createPasswords } from "../../crypto/passwords.ts";
import { type Assertion, type RelyingParty, verifyAssertion } from "../../domain/passkey.ts";

/** What is verified: an assertion against a stored passkey, or a password against a stored hash. */
export interface Given {
  passkey?: {
    assertion: Assertion;
    challenge: string;
    party: RelyingParty;
    stored: { credentialId: string; publicKey: string; userHandle: string };
  };
  password?: { typed: string; hash: string };
}

/** Made in the first request: an isolate has no random numbers before. */
let passwords: ReturnType<typeof createPasswords> | undefined;

export default {
  async fetch(request: Request): Promise<Response> {
    if (request.method === "GET") return new Response("ready");
    const times = Number(new URL(request.url).pathname.slice(1));
    const { passkey, password }: Given = await request.json();
    passwords ??= createPasswords(14, 4);
    let right = 0;
    for (let n = 0; n < times; n++) {
      if (passkey && isRight(passkey)) right++;
      if (password && await passwords.verify(password.typed, password.hash)) right++;
    }
    return new Response(String(right));
  },
};

function isRight({ assertion, challenge, party, stored }: NonNullable<Given["passkey"]>): boolean {
  const publicKey = new Uint8Array(Buffer.from(stored.publicKey, "base64url"));
  const passkey = { ...stored, publicKey, counter: 0, backupEligible: false };
  return typeof verifyAssertion(assertion, passkey, challenge, party, true) === "object";
}
