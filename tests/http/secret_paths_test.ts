/** Paths that hold a token or a receipt's number: what browsers send on from them, and what is logged. */
import assert from "node:assert/strict";
import { chromium } from "playwright-core";
import {
  Browser,
  captureLog,
  goodPassword,
  join,
  newMember,
  openApp,
  recoveryPath as pathOfLink,
  type TestApp,
  withApp,
} from "../support/harness.ts";

const html = { Accept: "text/html" };

async function recoveryPath(app: TestApp, name: string): Promise<string> {
  const [row] = await app.sql("SELECT id FROM users WHERE name = ?", [name]);
  const id = String(row!.id);
  return await pathOfLink(app, id);
}

Deno.test("every answer on a path with a token or a receipt's number says no-referrer", async () => {
  await withApp({}, async (app) => {
    await join(app, "hong");
    const path = await recoveryPath(app, "hong");
    const kim = await newMember(app, "kim");
    const { receipt_id } = (await kim.send("DELETE", "/withdrawal")).json;
    const visitor = new Browser(app);
    const text = { "Content-Type": "text/plain" };
    const answers = [
      [200, await visitor.get(path)],
      [200, await visitor.get(path, html)],
      [200, await visitor.get(`${path}/?lang=en`, html)],
      [200, await visitor.send("HEAD", path)],
      [404, await visitor.get("/recovery/unknown")],
      [404, await visitor.get("/recovery/unknown", html)],
      [404, await visitor.get("/%72ecovery/unknown", html)],
      [404, await visitor.get(`${path}/nothing`, html)],
      [405, await visitor.send("DELETE", path)],
      [403, await visitor.send("POST", path, {}, { "Sec-Fetch-Site": "cross-site" })],
      [415, await visitor.send("POST", path, "x", text)],
      [400, await visitor.send("POST", path, { password: "short" }, html)],
      [303, await visitor.send("POST", path, { password: goodPassword }, html)],
      [404, await visitor.get("/verification/unknown", html)],
      [200, await visitor.get(`/receipts/${receipt_id}`)],
      [200, await visitor.get(`/receipts/${receipt_id}`, html)],
      [404, await visitor.get("/receipts/unknown")],
    ] as const;
    for (const [index, [status, { status: found, headers }]] of answers.entries()) {
      assert.equal(found, status, `answer ${index}`);
      assert.equal(headers.get("Referrer-Policy"), "no-referrer", `answer ${index}`);
    }
    const { headers } = await visitor.get("/login", html);
    assert.equal(headers.get("Referrer-Policy"), "same-origin");
  });
});

Deno.test("a recovery form works in a browser that sends Origin: null, and no other form does", async () => {
  await withApp({}, async (app) => {
    const hong = await newMember(app, "hong");
    const path = await recoveryPath(app, "hong");
    const opaque = { Origin: "null" };
    const answer = await new Browser(app).send("POST", path, { password: goodPassword }, opaque);
    assert.equal(answer.status, 200);
    assert.equal((await hong.send("POST", "/restoration", undefined, opaque)).status, 403);
    const cross = { ...opaque, "Sec-Fetch-Site": "cross-site" };
    const again = await recoveryPath(app, "hong");
    const forged = await new Browser(app).send("POST", again, { password: goodPassword }, cross);
    assert.equal(forged.status, 403);
  });
});

const executablePath = Deno.env.get("CHROMIUM_PATH") ?? "/usr/bin/chromium";
const found = await Deno.stat(executablePath).then(() => true, () => false);

Deno.test({
  name: `a browser tells no later request of a recovery link's token${
    found ? "" : " (skipped: no Chromium, set CHROMIUM_PATH)"
  }`,
  ignore: !found,
  sanitizeOps: false, // the driver keeps its pipes open until the process ends
  sanitizeResources: false,
  async fn() {
    const referrers: (string | null)[] = [];
    const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
      referrers.push(request.headers.get("Referer"));
      return app.fetch(request);
    });
    const origin = `http://127.0.0.1:${server.addr.port}`;
    const app = await openApp({ env: { PUBLIC_ORIGIN: origin } });
    const browser = await chromium.launch({ executablePath, args: ["--headless", "--no-sandbox"] });
    try {
      await join(app, "hong");
      const path = await recoveryPath(app, "hong");
      const page = await browser.newPage();
      const open = () => page.goto(origin + path, { waitUntil: "networkidle" });
      await open();
      await page.locator("a[href*='lang=']").first().click();
      await page.waitForLoadState("networkidle");
      await page.locator("a[href='/']").first().click();
      await page.waitForLoadState("networkidle");
      await open();
      await page.locator("input[name=password]").fill(goodPassword);
      await page.locator(`form[action="${path}"] button[type=submit]`).click();
      await page.waitForURL(`${origin}/login*`);
      assert.ok(referrers.length > 6, `${referrers.length} requests: pages and their files`);
      for (const referrer of referrers) assert.doesNotMatch(referrer ?? "", /recovery/);
    } finally {
      await browser.close();
      await server.shutdown();
      await app.close();
    }
  },
});

Deno.test("the log names the pattern of the route, and never a path", async () => {
  await withApp({}, async (app) => {
    await join(app, "hong");
    const path = await recoveryPath(app, "hong");
    const visitor = new Browser(app);
    const asked: [string, string][] = [
      ["/", "/"],
      ["/healthz", "/healthz"],
      ["/readyz", "/readyz"],
      ["/readyz/withdrawal/", "/readyz/withdrawal"],
      ["/.well-known/jwks.json", "/.well-known/jwks.json"],
      ["/openapi.json", "/openapi.json"],
      ["/login?next=canary", "/login"],
      ["/userinfo", "/userinfo"],
      [path, "/recovery/:token"],
      ["/recovery/canary", "/recovery/:token"],
      ["/receipts/canary", "/receipts/:id"],
      ["/canary", "unmatched"],
      ["/userinfo/canary", "unmatched"],
    ];
    const log = await captureLog(async () => {
      for (const [target] of asked) await visitor.get(target);
      await visitor.send("DELETE", "/recovery/canary");
    });
    const lines = log.split("\n").map((line) => JSON.parse(line))
      .filter(({ category }) => category.at(-1) === "request");
    const routes = lines.map(({ properties }) => properties.route);
    assert.deepEqual(routes, [...asked.map(([, route]) => route), "unmatched"]);
    assert.ok(!log.includes("canary") && !log.includes(path), log);
  });
});
