import assert from "node:assert/strict";
import { createBrokenApp } from "../../app.ts";
import { stylesheet } from "../../pages/stylesheet.ts";
import {
  Browser,
  captureLog,
  goodPassword,
  newMember,
  openApp,
  withApp,
} from "../support/harness.ts";

const credentials = { user_id: "hong", password: goodPassword };

Deno.test("a state change that another site asks for is refused with any content type", async () => {
  await withApp({}, async (app) => {
    const browser = await newMember(app, "hong");
    const origins: Record<string, string>[] = [
      { "Sec-Fetch-Site": "cross-site" },
      { "Sec-Fetch-Site": "same-site", "Origin": "https://other.members.example" },
      { "Sec-Fetch-Site": "cross-site", "Origin": app.origin },
      { "Origin": "https://evil.example" },
      { "Origin": "null" },
      { "Origin": "http://members.example" },
      { "Origin": "https://members.example.evil.example" },
    ];
    const types = [
      "application/json",
      "text/plain",
      "application/x-www-form-urlencoded",
      "foo/bar",
    ];
    const targets = [
      ["DELETE", "/withdrawal"],
      ["POST", "/withdrawal"],
      ["POST", "/login"],
      ["POST", "/register"],
      ["POST", "/logout"],
      ["POST", "/restoration"],
      ["POST", "/userinfo/password"],
    ] as const;
    for (const [method, path] of targets) {
      for (const origin of origins) {
        for (const type of types) {
          const headers = { ...origin, "Content-Type": type };
          const answer = await browser.copy().send(method, path, "{}", headers);
          assert.equal(answer.status, 403, `${method} ${path} ${JSON.stringify(headers)}`);
          assert.equal(answer.json.code, "cross_site");
        }
      }
    }
    assert.equal((await browser.get("/userinfo")).status, 200);
    for (const headers of [{ "Sec-Fetch-Site": "same-origin" }, { "Origin": app.origin }, {}]) {
      const answer = await browser.send("POST", "/restoration", undefined, headers);
      assert.equal(answer.json.code, "conflict", "allowed, and nothing is pending");
    }
  });
});

Deno.test("a body of another type, over 16 KiB or broken is refused with its own code", async () => {
  await withApp({}, async (app) => {
    const browser = new Browser(app);
    const post = async (body: string, type: string) => {
      const answer = await browser.send("POST", "/login", body, { "Content-Type": type });
      return [answer.status, answer.json.code];
    };
    assert.deepEqual(await post("x", "text/plain"), [415, "unsupported_media_type"]);
    assert.deepEqual(await post("x", "multipart/form-data; boundary=x"), [
      415,
      "unsupported_media_type",
    ]);
    assert.deepEqual(await post("x", "text/plain; application/json"), [
      415,
      "unsupported_media_type",
    ]);
    assert.deepEqual(await post("{", "application/json"), [400, "invalid"]);
    assert.deepEqual(await post("[]", "application/json"), [400, "invalid"]);
    assert.deepEqual(await post("5", "application/json"), [400, "invalid"]);
    assert.deepEqual(await post("null", "application/json"), [400, "invalid"]);
    assert.deepEqual(await post('"x"', "application/json"), [400, "invalid"]);
    assert.deepEqual(
      await post("user_id=a&user_id=b&password=c", "application/x-www-form-urlencoded"),
      [
        400,
        "invalid",
      ],
    );
    const large = JSON.stringify({ user_id: "hong", password: "x".repeat(16 * 1024) });
    assert.deepEqual(await post(large, "application/json"), [413, "too_large"]);
    assert.deepEqual(await post(large, "text/plain"), [413, "too_large"]);
  });
});

Deno.test("every path answers with and without a slash, and other methods get 405 with Allow", async () => {
  await withApp({}, async (app) => {
    const browser = await newMember(app, "hong");
    for (const path of ["/userinfo", "/userinfo/sessions", "/withdrawal", "/policy", "/readyz"]) {
      assert.equal((await browser.get(path)).status, 200, path);
      assert.equal((await browser.get(`${path}/`)).status, 200, `${path}/`);
    }
    const allowed = async (method: string, path: string) => {
      const answer = await browser.send(method, path);
      assert.deepEqual([answer.status, answer.json.code], [405, "method_not_allowed"]);
      return answer.headers.get("Allow")!.split(", ").toSorted();
    };
    assert.deepEqual(await allowed("PUT", "/userinfo"), ["GET", "HEAD"]);
    assert.deepEqual(await allowed("DELETE", "/login"), ["GET", "HEAD", "POST"]);
    assert.deepEqual(await allowed("PATCH", "/withdrawal/"), ["DELETE", "GET", "HEAD", "POST"]);
    assert.deepEqual(await allowed("GET", "/restoration"), ["POST"]);
    for (const path of ["/.git/HEAD", "/.env", "/deno.json", "/main.ts", "/userinfo/x.css"]) {
      const answer = await browser.get(path);
      assert.deepEqual([answer.status, answer.json.code], [404, "not_found"], path);
    }
  });
});

Deno.test("security headers, a request id and no-store are on every answer", async () => {
  const app = await openApp();
  const browser = await newMember(app, "hong");
  app.services.config; // the next request fails inside a handler
  const { verify } = app.services.passwords;
  app.services.passwords.verify = () => Promise.reject(new Error("SQLITE secret stack"));
  const answers = [
    await browser.get("/"),
    await browser.get("/userinfo"),
    await browser.get("/nothing"),
    await browser.send("PUT", "/userinfo"),
    await browser.send("POST", "/login", "x", { "Content-Type": "text/plain" }),
    await browser.send("POST", "/login", { user_id: "hong", password: goodPassword }),
    await browser.send("HEAD", "/userinfo"),
    await new Browser(app).get("/userinfo", { Accept: "text/html" }),
    await new Browser(app).get("/login", { Accept: "text/html" }),
  ];
  app.services.passwords.verify = verify;
  assert.deepEqual(answers.map(({ status }) => status), [
    200,
    200,
    404,
    405,
    415,
    500,
    200,
    303,
    200,
  ]);
  for (const { headers } of answers) {
    assert.match(headers.get("X-Request-Id")!, /^[0-9a-f-]{36}$/);
    assert.match(headers.get("Strict-Transport-Security")!, /max-age=63072000; includeSubDomains/);
    assert.match(
      headers.get("Content-Security-Policy")!,
      /default-src 'none'.*frame-ancestors 'none'/,
    );
    assert.doesNotMatch(headers.get("Content-Security-Policy")!, /unsafe/);
    assert.equal(headers.get("X-Content-Type-Options"), "nosniff");
    assert.equal(headers.get("Referrer-Policy"), "same-origin");
    assert.equal(headers.get("Cross-Origin-Resource-Policy"), "same-origin");
    assert.equal(headers.get("Cross-Origin-Opener-Policy"), "same-origin");
    assert.equal(headers.get("Cache-Control"), "no-store");
    assert.equal(headers.get("Access-Control-Allow-Origin"), null);
  }
  assert.deepEqual(answers[5]!.json, { error: "오류가 발생했습니다.", code: "internal" });
  await app.close();
});

Deno.test("the caller's language decides the words: ?lang=, a cookie, then Accept-Language, else Korean", async () => {
  await withApp({}, async (app) => {
    const ask = async (path: string, headers: Record<string, string> = {}) =>
      (await new Browser(app).get(path, headers)).json.error;
    const [ko, en] = ["로그인이 필요합니다.", "Please sign in."];
    assert.equal(await ask("/userinfo"), ko);
    assert.equal(await ask("/userinfo", { "Accept-Language": "fr" }), ko);
    assert.equal(await ask("/userinfo", { "Accept-Language": "fr, en-GB;q=0.8, ko;q=0.5" }), en);
    assert.equal(await ask("/userinfo", { "Accept-Language": "en", "Cookie": "lang=ko" }), ko);
    assert.equal(await ask("/userinfo?lang=en", { "Cookie": "lang=ko" }), en);
    assert.equal(await ask("/userinfo?lang=zz"), ko);
  });
});

Deno.test("a client that prefers pages gets pages and redirects, everyone else JSON", async () => {
  await withApp({}, async (app) => {
    const page = { Accept: "text/html,application/xhtml+xml,*/*;q=0.8" };
    const member = await newMember(app, "hong");
    for (const accept of ["*/*", "application/json", "text/html;q=0.5, application/json"]) {
      const answer = await member.get("/", { Accept: accept });
      assert.deepEqual(answer.json, { member: { user_id: "hong" } });
    }
    const home = await member.get("/", page);
    assert.match(home.headers.get("Content-Type")!, /^text\/html; charset=utf-8$/i);
    assert.match(home.text, /환영합니다, hong/);
    const form = { "Content-Type": "application/x-www-form-urlencoded", ...page };
    const left = await member.send("POST", "/withdrawal", "reason=", form);
    assert.equal(left.status, 303);
    assert.match(left.headers.get("Location")!, /^\/receipts\/[\w-]{22}$/);
    const farewell = await member.get(left.headers.get("Location")!, page);
    assert.equal(farewell.status, 200);
    assert.match(farewell.text, /파기 확인서/);
  });
});

Deno.test("the log says who did what by opaque id, and holds nothing personal", async () => {
  const app = await openApp();
  const canaries = [
    "canaryname",
    "canarymail",
    "canary horse 7",
    "canaryagent",
    "canaryheader",
    "canaryquery",
  ];
  const log = await captureLog(async () => {
    const browser = new Browser(app, {
      "User-Agent": "canaryagent",
      "X-Request-Id": "canaryheader",
    });
    const form = { user_id: "canaryname", email: "canarymail@x.co", password: "canary horse 7" };
    await browser.send("POST", "/register?x=canaryquery", form);
    await browser.send("POST", "/register", form);
    await browser.send("POST", "/login", { user_id: "canaryname", password: "canary horse 8" });
    await browser.send("POST", "/login", form);
    await browser.get("/userinfo");
    canaries.push(...browser.cookies.values());
    await browser.get("/canaryquery\r\n{}");
    app.services.passwords.verify = () => Promise.reject(new TypeError("canary horse 7"));
    await browser.send("DELETE", "/withdrawal", { password: "canary horse 7" });
    await browser.send("DELETE", "/withdrawal");
  });
  for (const canary of canaries) assert.ok(!log.includes(canary), canary);
  const lines = log.split("\n").map((line) => JSON.parse(line).properties);
  assert.deepEqual(lines.map(({ status }) => status), [201, 409, 401, 200, 200, 404, 500, 200]);
  assert.deepEqual(lines.map(({ code }) => code ?? null), [
    ...[null, "conflict", "invalid_credentials", null, null, "not_found", "internal", null],
  ]);
  assert.match(lines[4].member, /^[\w-]{22}$/);
  assert.deepEqual(
    lines[6].causes,
    ["AppError internal", "TypeError"],
    "names, without the driver's message",
  );
  await app.close();
});

Deno.test("a broken configuration is answered 503, with security headers and in the caller's language", async () => {
  const app = createBrokenApp();
  const answer = await app.request("/userinfo", { headers: { "Accept-Language": "en" } });
  assert.equal(answer.status, 503);
  assert.equal(answer.headers.get("Retry-After"), "60");
  assert.ok(answer.headers.get("X-Request-Id") && answer.headers.get("Content-Security-Policy"));
  const { error, code } = await answer.json();
  assert.deepEqual([error, code], [
    "We cannot do this right now. Please try again in a moment.",
    "unavailable",
  ]);
});

Deno.test("public answers that caches keep set no cookie", async () => {
  await withApp({}, async (app) => {
    const browser = new Browser(app);
    browser.cookies.set("__Host-annyeong", "broken");
    for (const path of [stylesheet.path, "/.well-known/jwks.json", "/healthz", "/readyz"]) {
      const answer = await browser.copy().get(`${path}?lang=en`, { Accept: "text/html" });
      assert.equal(answer.status, 200, path);
      assert.deepEqual(answer.headers.getSetCookie(), [], path);
    }
  });
});

Deno.test("GET of a form lists its fields for programs, and shows the page to browsers", async () => {
  await withApp({}, async (app) => {
    const visitor = new Browser(app);
    const form = (await visitor.get("/register")).json;
    assert.deepEqual(form, { method: "POST", fields: ["user_id", "email", "password"] });
    const login = (await visitor.get("/login")).json;
    assert.deepEqual(login, { method: "POST", fields: ["user_id", "password"] });
    const page = await visitor.get("/login", { Accept: "text/html" });
    assert.match(page.text, /^<!DOCTYPE html><html lang="ko">/);
  });
});

Deno.test("a body that is not JSON is invalid without naming a field", async () => {
  await withApp({}, async (app) => {
    const broken = await new Browser(app).send("POST", "/login", "{");
    assert.deepEqual([broken.status, broken.json.code, broken.json.fields], [400, "invalid", {}]);
  });
});

Deno.test("the log has each refused request with its code and request id", async () => {
  await withApp({ env: { THROTTLE_SCALE: "0.1" } }, async (app) => {
    const hong = await newMember(app, "hong");
    const seen: [string, number][] = [];
    const log = await captureLog(async () => {
      const note = async (answer: Promise<{ headers: Headers; status: number }>) => {
        const { headers, status } = await answer;
        seen.push([headers.get("X-Request-Id")!, status]);
      };
      await note(hong.send("POST", "/logout", undefined, { "Sec-Fetch-Site": "cross-site" }));
      const thief = new Browser(app);
      thief.cookies.set("__Host-annyeong", "Fe26.2**forged");
      await note(thief.get("/userinfo"));
      await note(thief.send("POST", "/register", { user_id: "\x1b[31m\r\n{}" }));
      const wrong = { ...credentials, password: "wrong" };
      await note(thief.send("POST", "/login", wrong));
      await note(thief.send("POST", "/login", wrong));
      await note(hong.send("DELETE", "/withdrawal", { phrase: "no" }));
      await note(hong.send("PATCH", "/userinfo"));
      await note(hong.send("POST", "/logout"));
    });
    const lines = log.split("\n").map((line) => JSON.parse(line).properties);
    assert.deepEqual(lines.map(({ request_id, status }) => [request_id, status]), seen);
    assert.deepEqual(lines.map(({ code }) => code ?? "done"), [
      ...["cross_site", "unauthenticated", "invalid", "invalid_credentials", "throttled"],
      ...["confirmation_failed", "method_not_allowed", "done"],
    ]);
    const [{ id }] = await app.sql("SELECT id FROM users") as unknown as [{ id: string }];
    const failed = lines.find(({ code }) => code === "confirmation_failed");
    assert.equal(failed.member, id, "the member is named where the session was live");
  });
});
