import { nameHash } from "../crypto/identifiers.ts";
import type { Config } from "../config/mod.ts";
import { write } from "../db/engine/batch.ts";
import { type Addressee, selectSignIn, toSignIn } from "../db/identity/members.ts";
import { strengthenPassword } from "../db/identity/passwords.ts";
import { countAttempt, requireCounted } from "../db/session/attempts.ts";
import { AppError } from "../domain/error.ts";
import { type Attempt, signInAttempt } from "../domain/throttle.ts";
import { type Arrival, askToVerify, openSession, type SignedIn } from "./open_session.ts";
import { verifyCounted } from "./prove.ts";
import type { Services } from "./services.ts";

/** The values of the sign-in form, and where it came from. */
export interface SignInForm extends Arrival {
  /** The user id or the e-mail address. */
  name: string;
  password: string;
  /** Id of the device, or `null` if this name has not signed in on it before. */
  device: string | null;
}

/**
 * Signs a member in with a password. Two round trips. An unknown name takes as long as a wrong password.
 * @param now ms
 * @throws `invalid_credentials`, both for an unknown name and for a wrong password; `unverified` if the
 *   address has to be verified first, after the link was mailed; `throttled`; `unavailable`
 */
export async function signIn(
  services: Services,
  form: SignInForm,
  now: number,
): Promise<SignedIn> {
  const { config, db, passwords } = services;
  const account = nameHash(config.identifierKey, form.name);
  const { client, device } = form;
  const attempt = signInAttempt(account, client, device, config.throttleScale);

  const { counted, record } = await write(db, {
    counted: countAttempt(attempt, now),
    record: selectSignIn(form.name),
  });
  requireCounted(attempt, counted, now);
  const found = toSignIn(record);
  const hash = found?.passwordHash ?? null;
  const right = await verifyCounted(services, form.password, hash, attempt);
  if (!found || hash === null || !right) throw new AppError("invalid_credentials");

  const { member } = found;
  await requireVerified(services, member, attempt, now);
  const memberId = member.id;
  const stronger = passwords.isWeak(hash) ? await passwords.hash(form.password) : null;
  const opening = {
    proof: { by: "password", memberId, hash } as const,
    member: { id: memberId, name: member.name },
    account,
    attempt,
    newDeviceOf: device === null ? member : null,
    also: (done: Parameters<typeof strengthenPassword>[2]) =>
      stronger === null ? [] : [strengthenPassword({ memberId, hash }, stronger, done)],
  };
  return await openSession(services, opening, form, now);
}

/**
 * Checks that a member who gave a right proof may sign in. Otherwise mails the link that verifies the address.
 * @param attempt the attempt that was counted
 * @param now ms
 * @throws `unverified`, `unavailable`
 */
export async function requireVerified(
  services: Services,
  member: Addressee & { emailVerified: boolean },
  attempt: Attempt,
  now: number,
): Promise<void> {
  if (mustVerify(services.config, member)) await askToVerify(services, member, attempt, now);
}

/** Whether a member has to verify the address before they can sign in. */
export function mustVerify(
  { emailVerification }: Pick<Config, "emailVerification">,
  { emailVerified }: { emailVerified: boolean },
): boolean {
  return emailVerification === "required" && !emailVerified;
}
