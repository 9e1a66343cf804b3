/** `deno task screenshots`: takes the pictures of README.md again: a shop's customer leaves. */
import { chromium } from "playwright-core";
import { answering, freePort } from "../cli/sqld.ts";

const executablePath = Deno.env.get("CHROMIUM_PATH") ?? "/usr/bin/chromium";
const images = new URL("../docs/images/", import.meta.url).pathname;
const folder = await Deno.makeTempDir({ prefix: "annyeong-screenshots-" });
const port = freePort();
const origin = `http://127.0.0.1:${port}`;
const shop = new Deno.Command(Deno.execPath(), {
  args: ["serve", "-A", "--host", "127.0.0.1", "--port", `${port}`, "examples/shop/main.ts"],
  env: { ANNYEONG_ENV: "development", TURSO_DATABASE_URL: `file:${folder}/shop.db` },
  stdout: "null",
  stderr: "null",
}).spawn();
await answering(`${origin}/healthz`);
await Deno.mkdir(images, { recursive: true });

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
for (const [language, suffix] of [["en", ""], ["ko", ".ko"]]) {
  const context = await browser.newContext({
    locale: language!,
    viewport: { width: 560, height: 960 },
    reducedMotion: "reduce",
    extraHTTPHeaders: { "Accept-Language": language! },
  });
  const page = await context.newPage();
  const user_id = language === "ko" ? "haneul" : "sky";
  const password = "a fine day for hello";
  const send = (path: string, form: Record<string, string>) =>
    context.request.post(origin + path, { form, headers: { Origin: origin }, maxRedirects: 0 });
  await send("/register", { user_id, email: `${user_id}@example.com`, password });
  await send("/login", { user_id, password });
  await send("/cart", { product_id: "tea", quantity: "2" });
  await send("/orders", { address: "Seoul" });
  await send("/cart", { product_id: "cup", quantity: "1" });
  await page.goto(`${origin}/withdrawal`);
  await page.screenshot({ path: `${images}leaving${suffix}.png` });
  const answer = await context.request.delete(`${origin}/withdrawal`, {
    headers: { Accept: "application/json", Origin: origin },
  });
  const { receipt_id } = await answer.json();
  await page.goto(`${origin}/receipts/${receipt_id}`);
  await page.screenshot({ path: `${images}receipt${suffix}.png` });
  await context.close();
}
await browser.close();
shop.kill("SIGTERM");
await shop.status;
await Deno.remove(folder, { recursive: true });
