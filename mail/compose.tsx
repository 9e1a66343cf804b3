import { linkPaths, type MailContent, type MailKind } from "../domain/mail.ts";
import type { Messages } from "../messages/mod.ts";
import { LetterPage } from "./letter.tsx";

/** The page that a mail without a token leads to. */
const pages: Partial<Record<MailKind, string>> = {
  already_member: "/login",
  password_changed: "/recovery",
  new_sign_in: "/recovery",
  passkey_added: "/recovery",
  passkey_removed: "/recovery",
  passkey_counter: "/recovery",
  provider_linked: "/recovery",
  provider_unlinked: "/recovery",
  withdrawal_scheduled: "/login",
  restored: "/recovery",
};

/** What a mail says, in the language of `t`. */
export interface Composed {
  subject: string;
  text: string;
  html: string;
}

/**
 * Writes a mail.
 * @param origin where its link leads, such as `https://members.example`; never the `Host` of a request
 * @param token of the link, where `linkPaths` has the kind
 */
export function compose(
  t: Messages,
  kind: MailKind,
  content: MailContent,
  origin: string,
  token: string,
): Composed {
  const { mail, service, instant, language } = t;
  const { name } = service;
  const letter = mail.letters[kind]({
    service: name,
    at: instant(content.at),
    device: content.device ?? "",
    provider: content.provider ?? "",
    eraseAt: content.eraseAt === undefined ? "" : instant(content.eraseAt),
    receiptId: content.receiptId ?? "",
  });
  const link = letter.button === undefined ? null : linkOf(kind, content, origin, token);
  const greeting = mail.greeting(looksLikeLink(content.name) ? "" : content.name);
  const closing = mail.closing(name);
  const { footer, copyLink } = mail;
  const logo = service.logo && new URL(service.logo, origin).href;
  const text = [
    greeting,
    ...letter.lines,
    ...(link === null ? [] : [`${letter.button}:\n${link}`]),
    ...(letter.aside === undefined ? [] : [letter.aside]),
    `${closing}\n${footer}`,
  ].join("\n\n");
  const page = (
    <LetterPage
      {...{ language, service: name, logo, greeting, letter, link, copyLink, closing, footer }}
    />
  );
  return { subject: letter.subject, text: `${text}\n`, html: `<!DOCTYPE html>${page}` };
}

/**
 * Whether mail programs make a link of a user id, such as `prize.example`. A stranger who joins with
 * somebody's address could send them the link in our name.
 */
function looksLikeLink(name: string): boolean {
  return /\.\p{L}{2}|@/u.test(name);
}

function linkOf(
  kind: MailKind,
  { receiptId }: MailContent,
  origin: string,
  token: string,
): string | null {
  if (kind === "erased") return receiptId ? `${origin}/receipts/${receiptId}` : null;
  if (kind in linkPaths) return `${origin}${linkPaths[kind as keyof typeof linkPaths]}/${token}`;
  return pages[kind] ? origin + pages[kind] : null;
}
