import assert from "node:assert/strict";
import { type Browser, chromium, type Page } from "playwright-core";
import { goodPassword, openApp, type TestApp } from "./harness.ts";

const executablePath = Deno.env.get("CHROMIUM_PATH") ?? "/usr/bin/chromium";
const found = await Deno.stat(executablePath).then(() => true, () => false);

const flags = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** A test in a real browser, on the app served by this process. Screenshots are kept for looking at. */
function inBrowser(
  name: string,
  env: Record<string, string>,
  test: (page: Page, app: TestApp, keep: (name: string) => Promise<void>) => Promise<void>,
) {
  Deno.test({
    name: found ? name : `${name} (skipped: no Chromium, set CHROMIUM_PATH)`,
    ignore: !found,
    sanitizeOps: false, // the driver keeps its pipes open until the process ends
    sanitizeResources: false,
    async fn() {
      const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
        return app.fetch(request);
      });
      const origin = `http://127.0.0.1:${server.addr.port}`;
      const app = await openApp({ env: { PUBLIC_ORIGIN: origin, ...env } });
      const browser: Browser = await chromium.launch({ executablePath, args: flags });
      try {
        const context = await browser.newContext({
          baseURL: origin,
          javaScriptEnabled: false,
          locale: "ko-KR",
          viewport: { width: 360, height: 740 },
        });
        await Deno.mkdir("data/screenshots", { recursive: true });
        const page = await context.newPage();
        await test(page, app, async (shot) => {
          await page.screenshot({ path: `data/screenshots/${shot}.png`, fullPage: true });
        });
      } finally {
        await browser.close();
        await server.shutdown();
        await app.close();
      }
    },
  });
}

async function joinAndSignIn(page: Page, keep: (name: string) => Promise<void>) {
  await page.goto("/");
  await keep("home");
  await page.getByRole("link", { name: "회원가입" }).click();
  await keep("join");
  await page.getByLabel("아이디").fill("hong");
  await page.getByLabel("이메일").fill("hong@example.com");
  await page.getByLabel("비밀번호").fill(goodPassword);
  await page.getByRole("button", { name: "회원가입" }).click();
  assert.equal(new URL(page.url()).pathname, "/login");
  await page.getByLabel("아이디").fill("hong");
  await page.getByLabel("비밀번호").fill(goodPassword);
  await keep("sign-in");
  await page.getByRole("button", { name: "로그인" }).click();
  assert.equal(await page.getByRole("heading", { level: 1 }).textContent(), "환영합니다, hong");
  await keep("welcome");
}

inBrowser(
  "somebody joins, looks at their record and leaves, without JavaScript",
  {},
  async (page, app, keep) => {
    await joinAndSignIn(page, keep);
    await page.getByRole("link", { name: "내 정보" }).click();
    assert.match(await page.textContent("main") ?? "", /hong@example\.com/);
    await keep("my-page");
    await page.getByRole("link", { name: "회원탈퇴" }).click();
    await keep("leaving");
    await page.getByRole("button", { name: "탈퇴하기" }).click();
    assert.match(new URL(page.url()).pathname, /^\/receipts\/[\w-]{22}$/);
    await keep("receipt");
    assert.equal((await app.sql("SELECT id FROM users")).length, 0);
    await page.goBack();
    assert.doesNotMatch(await page.textContent("body") ?? "", /hong/);
    await page.goto("/userinfo");
    assert.equal(new URL(page.url()).pathname, "/login");
  },
);

inBrowser(
  "with a grace period they come back and stay, without JavaScript",
  { WITHDRAWAL_GRACE_DAYS: "7", WITHDRAWAL_CONFIRM: "phrase" },
  async (page, _app, keep) => {
    await joinAndSignIn(page, keep);
    await page.goto("/withdrawal");
    await page.getByLabel(/회원탈퇴/).fill("회원 탈퇴");
    await keep("leaving-phrase");
    await page.getByRole("button", { name: "탈퇴하기" }).click();
    await keep("scheduled");
    await page.goto("/login");
    await page.getByLabel("아이디").fill("hong");
    await page.getByLabel("비밀번호").fill(goodPassword);
    await page.getByRole("button", { name: "로그인" }).click();
    await keep("pending");
    await page.getByRole("button", { name: "탈퇴 철회하기" }).click();
    assert.equal(new URL(page.url()).pathname, "/userinfo");
    assert.match(await page.textContent("main") ?? "", /hong@example\.com/);
  },
);
