/// <reference lib="dom" />
/** The buttons in a real Chromium, which applies `form-action` to every redirect behind a form. */
import assert from "node:assert/strict";
import { AxeBuilder } from "@axe-core/playwright";
import { chromium } from "playwright-core";
import { freePort } from "../../cli/sqld.ts";
import { Clock, openApp } from "../support/harness.ts";
import { openOidc } from "../support/oidc.ts";

const executablePath = Deno.env.get("CHROMIUM_PATH") ?? "/usr/bin/chromium";
const found = await Deno.stat(executablePath).then(() => true, () => false);

Deno.test({
  name: `a button leads through the provider and back, without JavaScript${
    found ? "" : " (skipped: no Chromium, set CHROMIUM_PATH)"
  }`,
  ignore: !found,
  sanitizeOps: false, // the driver keeps its pipes open until the process ends
  sanitizeResources: false,
  async fn() {
    const port = freePort();
    const origin = `http://127.0.0.1:${port}`;
    const oidc = await openOidc([origin]);
    const brands = ["kakao", "naver", "google", "github"]
      .map((kind) => ({ kind, client_id: "c", client_secret: "s" }));
    const key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----";
    const apple = { kind: "apple", client_id: "c", team_id: "t", key_id: "k", private_key: key };
    const PROVIDERS = JSON.stringify([...brands, apple, oidc.entry]);
    const app = await openApp({
      env: { PUBLIC_ORIGIN: origin, PROVIDERS },
      clock: new Clock(Date.now()),
    });
    const server = Deno.serve(
      { hostname: "127.0.0.1", port, onListen() {} },
      (request) => app.fetch(request),
    );
    const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"];
    const browser = await chromium.launch({ executablePath, args: flags });
    try {
      const options = { baseURL: origin, locale: "ko-KR" };
      const context = await browser.newContext({ ...options, javaScriptEnabled: false });
      context.setDefaultTimeout(10_000);
      const page = await context.newPage();
      const errors: string[] = [];
      page.on("console", (message) => {
        if (message.type() === "error") errors.push(message.text());
      });
      const button = (name: string) => page.getByRole("button", { name, exact: true }).click();
      await page.goto("/login");
      const buttons = await page.locator(".providers button").allTextContents();
      assert.deepEqual(buttons.map((text) => text.trim()), [
        "카카오 로그인",
        "네이버 로그인",
        "Google 계정으로 로그인",
        "GitHub 계정으로 로그인",
        "Apple로 로그인",
        "하루상사 계정으로 로그인",
      ]);
      const twin = await (await browser.newContext(options)).newPage(); // axe needs JavaScript
      await twin.goto("/login");
      for (const scheme of ["light", "dark"] as const) {
        await twin.emulateMedia({ colorScheme: scheme });
        const { violations } = await new AxeBuilder({ page: twin })
          .withTags(["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]).setLegacyMode(true).analyze();
        const what = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html)}`);
        assert.deepEqual(what, [], scheme);
      }
      await twin.screenshot({ path: "data/screenshots/providers.png", fullPage: true });

      await button("하루상사 계정으로 로그인");
      await page.waitForURL("**/register/with/corp");
      assert.equal(await page.getByLabel("이메일").inputValue(), "haru@corp.example");
      await page.getByLabel("아이디").fill("haru");
      await button("회원가입");
      await page.waitForURL(`${origin}/**`);
      await page.goto("/userinfo/identities");
      assert.match(await page.locator("main").innerText(), /하루상사/);
      await page.goto("/confirmation?next=/withdrawal");
      await button("하루상사 계정으로 본인 확인");
      await page.waitForURL("**/withdrawal");
      assert.match(await page.locator("main").innerText(), /연결도 해제됩니다/);
      assert.deepEqual(errors, [], "the console stays empty: nothing breaks the CSP");
    } finally {
      await browser.close();
      await server.shutdown();
      await app.close();
      await oidc.close();
    }
  },
});
