/// <reference lib="dom" />
/** Members who follow the link of every mail, in a real Chromium. */
import assert from "node:assert/strict";
import { chromium, type Page } from "playwright-core";
import { sendMails } from "../../jobs/mails.ts";
import type { Mail } from "../../mail/transport.ts";
import { ownWords } from "../../messages/mod.ts";
import { day, goodPassword, openApp } from "../support/harness.ts";

const executablePath = Deno.env.get("CHROMIUM_PATH") ?? "/usr/bin/chromium";
const found = await Deno.stat(executablePath).then(() => true, () => false);
const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"];

const readers = [
  { language: "ko", script: true },
  { language: "ko", script: false },
  { language: "en", script: true },
  { language: "en", script: false },
] as const;

for (const { language, script } of readers) {
  const how = `${language}, ${script ? "with" : "without"} JavaScript`;
  Deno.test({
    name: `a member verifies, forgets, moves, undoes and leaves by the links of mails: ${how}${
      found ? "" : " (skipped: no Chromium, set CHROMIUM_PATH)"
    }`,
    ignore: !found,
    sanitizeOps: false, // the driver keeps its pipes open until the process ends
    sanitizeResources: false,
    fn: () => journey(language, script),
  });
}

async function journey(language: "ko" | "en", script: boolean): Promise<void> {
  const mails: Mail[] = [];
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) => app.fetch(request),
  );
  const origin = `http://127.0.0.1:${server.addr.port}`;
  const app = await openApp({
    env: { PUBLIC_ORIGIN: origin, MAIL_URL: "app:", EMAIL_VERIFICATION: "required" },
    transport: (mail) => {
      mails.push(mail);
      return Promise.resolve({ verdict: "accepted" });
    },
  });
  const browser = await chromium.launch({ executablePath, args: flags });
  const t = ownWords[language];
  try {
    const context = await browser.newContext({
      baseURL: origin,
      locale: language === "ko" ? "ko-KR" : "en-GB",
      javaScriptEnabled: script,
    });
    context.setDefaultTimeout(5000);
    const page = await context.newPage();
    /** Opens the link of the newest mail, which went to this address, twice. */
    const follow = async (to: string, path: string) => {
      await sendMails(app.services, app.clock.now() + day);
      const mail = mails.at(-1)!;
      assert.equal(mail.to, to);
      const links = mail.text.match(/http:\S+/g) ?? [];
      assert.equal(links.length, 1, mail.text);
      assert.ok(links[0]!.startsWith(`${origin}${path}`), links[0]);
      assert.ok(mail.html.includes(`href="${links[0]}"`), "the HTML has the same link");
      for (let n = 0; n < 2; n++) await page.goto(links[0]!);
    };
    const press = (name: string) => page.getByRole("button", { name, exact: true }).click();
    const fill = (field: string, value: string) => page.locator(`[name=${field}]`).fill(value);
    const signIn = async (name: string, password: string) => {
      await page.goto("/login");
      await fill("user_id", name);
      await fill("password", password);
      await press(t.page.signIn);
    };

    await page.goto("/register");
    await fill("user_id", "haneul");
    await fill("email", "haneul@example.com");
    await fill("password", goodPassword);
    await press(t.page.join);
    await says(page, t.done.joined);
    await signIn("haneul", goodPassword);
    await says(page, t.problem.unverified);
    await follow("haneul@example.com", "/verification/");
    await says(page, "h•••@example.com");
    await press(t.link.verify);
    await says(page, t.done.verified);

    await page.goto("/login");
    await page.getByRole("link", { name: t.link.forgot }).click();
    await fill("user_id", "haneul@example.com");
    await press(t.link.send);
    await says(page, t.done.linkAsked);
    await follow("haneul@example.com", "/recovery/");
    await says(page, "h•••");
    await fill("password", "battery staple 9");
    await press(t.page.setPassword);
    await says(page, t.done.passwordChanged);
    await signIn("haneul@example.com", "battery staple 9");

    await page.goto("/userinfo");
    await says(page, t.link.verified);
    await page.getByRole("link", { name: t.link.email }).click();
    await fill("email", "nobody at all");
    await press(t.link.send);
    await says(page, String(t.fields.email?.malformed));
    await fill("email", "haneul@new.example");
    await press(t.link.send);
    await says(page, t.done.linkSent);
    await follow("haneul@new.example", "/verification/");
    await press(t.link.changeEmail);
    await says(page, t.done.emailChanged);
    await follow("haneul@example.com", "/undo/");
    await press(t.link.undoEmail);
    await says(page, t.done.emailRestored);
    await page.goto("/userinfo");
    await says(page, "haneul@example.com");

    await page.goto("/leave");
    await fill("user_id", "haneul");
    await press(t.link.send);
    await says(page, t.done.linkAsked);
    await follow("haneul@example.com", "/leave/");
    const form = await page.locator("form[action^='/leave/']").boundingBox();
    const button = await page.locator("form[action^='/leave/'] button").boundingBox();
    assert.ok(button!.height >= 44 && button!.y >= form!.y, "the button stands in its form");
    const link = page.url();
    await press(t.page.withdraw);
    await page.waitForURL(`${origin}/receipts/*`);
    assert.deepEqual(await app.sql("SELECT id FROM users"), []);
    await page.goto(link);
    await says(page, t.sentence.link_over);
  } finally {
    await browser.close();
    await server.shutdown();
    await app.close();
  }
}

async function says(page: Page, text: string): Promise<void> {
  await page.getByText(text).first().waitFor();
}
