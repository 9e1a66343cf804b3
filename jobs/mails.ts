import type { Services } from "../actions/services.ts";
import { openText } from "../crypto/sealed_text.ts";
import { linkToken } from "../crypto/tokens.ts";
import { mailRecipient } from "../db/outbox/mails.ts";
import { causeOf, type Delivery, type Reply } from "../domain/delivery.ts";
import type { MailContent, MailKind } from "../domain/mail.ts";
import { anyEmailAddress } from "../domain/member.ts";
import { compose } from "../mail/compose.tsx";
import { type Mail, toReply } from "../mail/transport.ts";
import { drain, type DrainRun } from "./drain.ts";

/** Concurrent mails: servers bound the connections of one client. */
const atOnce = 4;

/**
 * Sends the mails that are due until none is, or the time is up. Does nothing if mail is off.
 * @param untilMs by our clock
 * @param stop cuts off what is under way
 */
export async function sendMails(
  services: Services,
  untilMs: number,
  stop?: AbortSignal,
): Promise<DrainRun> {
  const { transport } = services;
  if (!transport) return { sent: 0, confirmed: 0 };
  const queue = { channel: "mail", recipient: mailRecipient } as const;
  return await drain(services, queue, atOnce, send, untilMs, stop);

  async function send(delivery: Delivery, _now: number, stop: AbortSignal): Promise<Reply> {
    const mail = mailOf(services, delivery);
    if (!mail) return toReply({ verdict: "refused", cause: "sealed with another secret" });
    if (!anyEmailAddress.safeParse(mail.to).success) { // imported: some systems would take it for several
      return toReply({ verdict: "refused", cause: "address refused" });
    }
    try {
      return toReply(await transport!(mail, stop));
    } catch (error) {
      return toReply({ verdict: "failed", cause: causeOf(stop.aborted ? stop.reason : error) });
    }
  }
}

/** The mail of a row, the same at every try. `null`: no `SESSION_SECRET` opens the row. */
function mailOf(
  { config, words, linkOrigin }: Services,
  { id, type, sealed, receiptId }: Delivery,
): Mail | null {
  const opened = sealed && openText(config.sessionSecrets, id, sealed);
  if (!opened) return null;
  const content = { receiptId: receiptId ?? undefined, ...JSON.parse(opened) } as MailContent;
  const { from } = config.mail!;
  const token = linkToken(config.identifierKey, id); // made here: no row and no backup has it
  return {
    ...compose(words[content.language], type as MailKind, content, linkOrigin, token),
    id,
    messageId: `<${id}@${from.address.split("@").at(-1)}>`,
    from,
    to: content.to,
    at: content.at,
  };
}
