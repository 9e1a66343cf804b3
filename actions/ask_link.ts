import { newId } from "../crypto/tokens.ts";
import { write } from "../db/engine/batch.ts";
import { type Asked, selectAddressee, toAddressee } from "../db/identity/members.ts";
import { countAttempt, requireCounted } from "../db/session/attempts.ts";
import type { Member } from "../domain/member.ts";
import { mailAttempt } from "../domain/throttle.ts";
import { countMailTo, linkMailStatements, requireMail } from "./link_mail.ts";
import type { Services } from "./services.ts";

/**
 * Mails a member a link to recover the account or to leave. Two round trips. It answers and takes the same
 * time whether or not there is such a member: both trips write, and an unknown member gets the statements of
 * a member who does not exist. Above the limits of the address nothing is sent.
 * @param client keyed hash of the client's network
 * @param now ms
 * @throws `not_found` if mail is off, `throttled` for this client, `unavailable`
 */
export async function askLink(
  services: Services,
  kind: "recovery" | "leave",
  asked: Asked & { client: string; language: Member["language"] },
  now: number,
): Promise<void> {
  requireMail(services);
  const { config, db } = services;
  const attempt = mailAttempt(asked.client, config.throttleScale);
  const { counted, found } = await write(db, {
    counted: countAttempt(attempt, now),
    found: selectAddressee(asked),
  });
  requireCounted(attempt, counted, now);
  const { text, language } = asked;
  const member = toAddressee(found) ?? { id: newId(), name: text, email: text, language };
  const { count, allowed } = countMailTo(services, member.email, now);
  await write(db, {
    count,
    send: linkMailStatements(services, { kind, member }, now, allowed),
  });
}
