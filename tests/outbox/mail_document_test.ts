import assert from "node:assert/strict";
import { type MailContent, mailKinds } from "../../domain/mail.ts";
import { compose } from "../../mail/compose.tsx";
import { ownWords, withService, wordsWith } from "../../messages/mod.ts";
import { mailDocument } from "../../tools/mails.ts";

const squeeze = (text: string) => text.replace(/\s+/g, " ").trim();
const origin = "https://members.example";
const content: MailContent = {
  to: "hong@example.com",
  name: '<a href="https://evil">hong',
  language: "ko",
  at: 0,
  receiptId: "receipt",
};

Deno.test("docs/mail.md is current", async () => {
  const written = await Deno.readTextFile("docs/mail.md");
  assert.equal(squeeze(written), squeeze(mailDocument()), "run `deno task mails`");
});

Deno.test("the HTML of every mail loads nothing, has no address but its link, and escapes the user id", () => {
  for (const kind of mailKinds) {
    for (const language of ["ko", "en"] as const) {
      const { html, text, subject } = compose(ownWords[language], kind, content, origin, "TOKEN");
      const where = `${kind} ${language}`;
      assert.doesNotMatch(html, /<(script|img|link|iframe|form)\b|src=|url\(|@import/i, where);
      assert.doesNotMatch(html, /<a href="https:\/\/evil/, where);
      assert.ok(html.includes("&lt;a href="), where);
      assert.ok(html.startsWith(`<!DOCTYPE html><html lang="${language}">`), where);
      assert.match(html, /prefers-color-scheme: dark/, where);
      for (const [, href] of html.matchAll(/href="([^"]*)"/g)) {
        assert.ok(href!.startsWith(`${origin}/`) && text.includes(href!), `${where}: ${href}`);
      }
      assert.ok(!/\p{Cc}/u.test(subject) && !subject.includes("hong"), where);
      assert.doesNotMatch(text, /undefined|null/, where);
    }
  }
});

Deno.test("a user id that looks like a link is not in a mail, because mail programs would make it one", () => {
  const greeting = (name: string, language: "ko" | "en") =>
    compose(ownWords[language], "verification", { ...content, name }, origin, "TOKEN");
  for (const name of ["www.evil.example", "evil.한국", "hong@evil.example"]) {
    for (const language of ["ko", "en"] as const) {
      const { text, html } = greeting(name, language);
      assert.doesNotMatch(text + html, /evil/, name);
      assert.match(text, language === "ko" ? /^안녕하세요\.\n/ : /^Hello,\n/);
    }
  }
  assert.match(greeting("k.9-hong.", "en").text, /^Hello k\.9-hong\.,\n/);
});

Deno.test("an app's name, logo and words stand in the mails", () => {
  const service = { name: "Haru", logo: "/logo.png" };
  const words = wordsWith(withService(ownWords, { ko: service, en: service }), {
    en: {
      mail: {
        closing: () => "Your tea house",
        letters: { erased: () => ({ subject: "Bye", lines: ["So long."] }) },
      },
    },
  });
  const mail = compose(words.en, "erased", content, origin, "");
  assert.equal(mail.subject, "Bye");
  assert.match(mail.text, /So long\.\n\nYour tea house/);
  assert.match(mail.html, /<img src="https:\/\/members\.example\/logo\.png" alt="Haru"/);
  assert.match(compose(words.ko, "erased", content, origin, "").subject, /^\[Haru\] /);
});
