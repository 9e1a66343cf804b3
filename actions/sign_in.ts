import { nameHash } from "../crypto/identifiers.ts";
import { write } from "../db/engine/batch.ts";
import { selectSignIn, toSignIn } from "../db/identity/members.ts";
import { countAttempt, requireCounted } from "../db/session/attempts.ts";
import { type NewSession, openSession } from "../db/session/sessions.ts";
import { AppError } from "../domain/error.ts";
import { signInAttempt } from "../domain/throttle.ts";
import { makeSession } from "./make_session.ts";
import { verifyCounted } from "./prove_password.ts";
import type { Services } from "./services.ts";

/** The values of the sign-in form, and where it came from. */
export interface SignInForm {
  name: string;
  password: string;
  /** Keyed hash of the client's network. */
  client: string;
  /** Id of the device, or `null` if this name has not signed in on it before. */
  device: string | null;
  userAgent: string;
  /** Secret of the session that the client already has; that session ends. */
  previousSecret: string | null;
}

/** The new session and its member. */
export interface SignedIn {
  session: NewSession;
  member: { id: string; name: string };
  /** When a pending withdrawal will be carried out, ms. */
  eraseAt: number | null;
}

/**
 * Signs a member in with a password. Two round trips. An unknown name takes as long as a wrong password.
 * @param now ms
 * @throws `invalid_credentials`, both for an unknown name and for a wrong password; `throttled`;
 *   `unavailable`
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

  const session = makeSession(services, form.userAgent, now);
  const opened = await openSession(db, {
    session,
    proof: { by: "password", memberId: found.memberId, hash },
    strongerHash: passwords.isWeak(hash) ? await passwords.hash(form.password) : null,
    previousSecret: form.previousSecret,
    attempt,
    account,
    client,
  });
  if (!opened) throw new AppError("invalid_credentials");
  return {
    session,
    member: { id: found.memberId, name: found.name },
    eraseAt: opened.eraseAt,
  };
}
