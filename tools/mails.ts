/** `deno task mails`: writes `docs/mail.md`, every mail in both languages. A test keeps it current. */
import { type MailContent, type MailKind, mailKinds } from "../domain/mail.ts";
import { compose } from "../mail/compose.tsx";
import { languages, ownWords } from "../messages/mod.ts";

const at = Date.parse("2026-11-22T12:00:00Z");

const content: Omit<MailContent, "language"> = {
  to: "haneul@example.com",
  name: "haneul",
  at,
  device: "Safari · iPhone",
  provider: "Google",
  eraseAt: at + 7 * 24 * 60 * 60_000,
  receiptId: "C-1VZo2jXSIFEeRHiOHL-A",
};

/** The text of `docs/mail.md`. */
export function mailDocument(): string {
  const lines = [
    "# The mails",
    "",
    "Made by `deno task mails` from `messages/mail`; do not edit. These are the text parts. The HTML part",
    "says the same, with the link as a button. An app changes the words with `words.ko.mail` and",
    "`words.en.mail` ([beside your app](beside-your-app.md)).",
    "",
    ...mailKinds.flatMap((kind) => [`## \`${kind}\``, "", ...languages.flatMap(shown(kind))]),
  ];
  return lines.join("\n").trimEnd() + "\n";
}

function shown(kind: MailKind) {
  return (language: "ko" | "en"): string[] => {
    const mail = compose(
      ownWords[language],
      kind,
      { ...content, language },
      "https://members.example",
      "TOKEN",
    );
    return [`**${mail.subject}**`, "", "```text", mail.text.trimEnd(), "```", ""];
  };
}

if (import.meta.main) {
  await Deno.writeTextFile(new URL("../docs/mail.md", import.meta.url), mailDocument());
}
