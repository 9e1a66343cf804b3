/**
 * Returns a user id or an e-mail address as the page of a link shows it: its owner recognises it, and
 * somebody who found the link does not learn it. `haneul@example.com` is `h•••@example.com`.
 */
export function masked(text: string): string {
  const at = text.lastIndexOf("@");
  const [head, domain] = at > 0 ? [text.slice(0, at), text.slice(at)] : [text, ""];
  return `${[...head][0] ?? ""}•••${domain}`;
}
