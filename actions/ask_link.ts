import { newId } from "../crypto/tokens.ts";
import { write } from "../db/engine/batch.ts";
import {
  type Asked,
  selectAddressee,
  selectAnyMember,
  toAddressee,
} from "../db/identity/members.ts";
import { dropMail } from "../db/outbox/mails.ts";
import { countAttempt, requireCounted } from "../db/session/attempts.ts";
import type { Member } from "../domain/member.ts";
import { dropLink } from "../db/session/links.ts";
import { mailAttempt } from "../domain/throttle.ts";
import { countMailTo, linkMailStatements, requireMail } from "./link_mail.ts";
import type { Services } from "./services.ts";

/**
 * Mails a member a link to recover the account or to leave. Two round trips. Above the limits of the address
 * nothing is sent. The answer and the time are the same whether or not there is such a member: if not, the
 * same batch writes the same rows about another member and deletes them again, so that they are never there.
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
  const { counted, found, any } = await write(db, {
    counted: countAttempt(attempt, now),
    found: selectAddressee(asked),
    any: selectAnyMember,
  });
  requireCounted(attempt, counted, now);
  const { text, language } = asked;
  const member = toAddressee(found);
  const standIn = { id: "", ...toAddressee(any), name: text, email: text, language };
  const id = newId();
  const mail = { kind, member: member ?? standIn, id };
  const { count, allowed } = countMailTo(services, mail.member.email, now);
  await write(db, {
    count,
    send: linkMailStatements(services, mail, now, allowed),
    takeBack: [dropMail(member ? null : id), dropLink(member ? null : id)],
  });
}
