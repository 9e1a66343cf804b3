/** Headers of requests and of answers: what a client can send, and what browsers are told. */
import assert from "node:assert/strict";
import { decodeJwt } from "jose";
import { createApp } from "../../app.ts";
import { enhancements, stylesheet } from "../../pages/stylesheet.ts";
import {
  Browser,
  goodPassword,
  join,
  newMember,
  type Service,
  withApp,
} from "../support/harness.ts";

const html = { Accept: "text/html" };
const form = { "Content-Type": "application/x-www-form-urlencoded" };
const credentials = { user_id: "hong", password: goodPassword };

Deno.test("a line break in a URL reaches no header of the answer", async () => {
  await withApp({}, async (app) => {
    await join(app, "hong");
    const evil = "%0d%0aX-Evil:%201";
    const asked = [`/?lang=en${evil}`, `/?done=${evil}`, `/receipts/${evil}?download`];
    asked.push(`/userinfo${evil}`, `/userinfo/sessions/${evil}`, `/login?next=/userinfo/${evil}`);
    for (const path of asked) {
      for (const method of ["GET", "POST"]) {
        const body = method === "POST" ? new URLSearchParams(credentials).toString() : undefined;
        const answer = await new Browser(app).send(method, path, body, { ...html, ...form });
        const { status, headers } = answer;
        assert.ok(status < 500, `${path}: ${status}`);
        assert.equal(headers.get("X-Evil"), null, path);
        for (const [name, value] of headers) assert.ok(!/evil/i.test(value), `${path}: ${name}`);
      }
    }
  });
});

Deno.test("a CORS preflight is refused on every route", async () => {
  await withApp({}, async (app) => {
    const paths = new Set(createApp(app.services).routes.map(({ path }) => path));
    assert.ok(paths.size > 15);
    for (const path of paths) {
      const address = path.replace("*", "").replace(/:\w+/, "x") || "/";
      const answer = await new Browser(app).send("OPTIONS", address, undefined, {
        "Origin": "https://evil.example",
        "Access-Control-Request-Method": "DELETE",
        "Access-Control-Request-Headers": "content-type",
      });
      assert.ok([404, 405].includes(answer.status), `${answer.status} ${path}`);
      const granted = [...answer.headers.keys()].filter((name) =>
        name.startsWith("access-control")
      );
      assert.deepEqual(granted, [], path);
    }
  });
});

Deno.test("the content policy of every answer allows only our own files, and no frames", async () => {
  await withApp({}, async (app) => {
    for (const path of ["/", "/login", "/nothing", "/receipts/x", stylesheet.path]) {
      const { headers } = await new Browser(app).get(path, html);
      assert.deepEqual(headers.get("Content-Security-Policy")!.split("; ").toSorted(), [
        "base-uri 'none'",
        "connect-src 'self'",
        "default-src 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "img-src 'self'",
        "object-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
      ], path);
    }
  });
});

Deno.test("every answer has its own content type, and no query turns it into a script", async () => {
  await withApp({}, async (app) => {
    const hong = await newMember(app, "hong");
    const typeOf = async (path: string, accept: string) => {
      const { headers, text } = await hong.get(path, { Accept: accept });
      if (accept !== "text/html") JSON.parse(text);
      return headers.get("Content-Type");
    };
    for (const path of ["/userinfo?callback=f", "/withdrawal?format=js", "/nothing?jsonp=f"]) {
      assert.equal(await typeOf(path, "*/*"), "application/json", path);
      assert.match((await typeOf(path, "text/html"))!, /^text\/html; charset=utf-8$/i, path);
    }
    const scripts = await Promise.all(
      [hong, new Browser(app)].map(async (one) => (await one.get(enhancements.path)).text),
    );
    assert.equal(scripts[0], scripts[1], "a script holds nothing of anybody");
    assert.doesNotMatch(scripts[0]!, /localStorage|sessionStorage|innerHTML|document\.write|eval/);
  });
});

Deno.test("headers of a proxy that is not configured change neither the origin nor the links of an answer", async () => {
  await withApp({}, async (app) => {
    const hong = await newMember(app, "hong");
    const spoofed = {
      "X-Forwarded-Host": "evil.example",
      "X-Forwarded-Proto": "http",
      "Forwarded": "host=evil.example;proto=http",
      "X-Original-URL": "/policy",
      "X-User-Id": "kim",
    };
    assert.equal((await hong.get("/userinfo", spoofed)).json.user_id, "hong");
    const foreign = { ...spoofed, Origin: "https://evil.example" };
    assert.equal((await hong.send("POST", "/logout", undefined, foreign)).status, 403);
    const { receipt, receipt_id } = (await hong.send("DELETE", "/withdrawal", {}, spoofed)).json;
    assert.equal(decodeJwt(receipt).iss, app.origin);
    const page = await hong.get(`/receipts/${receipt_id}`, { ...html, ...spoofed });
    assert.ok(page.text.includes(app.origin) && !page.text.includes("evil"));
  });
});

Deno.test("the lang cookie is HttpOnly, Secure and SameSite=Lax, and holds only a known language", async () => {
  await withApp({}, async (app) => {
    const { headers } = await new Browser(app).get("/login?lang=en", html);
    assert.deepEqual(headers.getSetCookie(), [
      "lang=en; Max-Age=31536000; Path=/; HttpOnly; Secure; SameSite=Lax",
    ]);
    for (const lang of ["xx", "__proto__", "en;Domain=evil", "<b>"]) {
      const path = `/login?lang=${encodeURIComponent(lang)}`;
      assert.deepEqual((await new Browser(app).get(path, html)).headers.getSetCookie(), [], lang);
    }
  });
});

Deno.test("no file of the project is served, and no answer names its software", async () => {
  await withApp({}, async (app) => {
    const hong = await newMember(app, "hong");
    const files = [
      ...["/.git/config", "/.dev.vars", "/wrangler.toml", "/deno.lock", "/app.ts", "/db/schema.ts"],
      ...[
        "/data/annyeong.db",
        "/pages/script.js",
        "/pages/style.css",
        "/script.js.map",
        "/static/",
      ],
      ...["/..%2fdeno.json", "/%2e%2e/deno.json", "/assets/", "/metrics", "/debug", "/docs"],
      ...["/userinfo;x.js", "/userinfo%2fx.png", "/userinfo/x.js", "/withdrawal.css"],
    ];
    const server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      (request) => app.fetch(request),
    );
    const service: Service = {
      ...app,
      origin: `http://127.0.0.1:${server.addr.port}`,
      fetch: (request) => fetch(request),
    };
    const member = new Browser(service, { Cookie: hong.cookieHeader() });
    for (const path of files) {
      const { status, text } = await member.get(path);
      assert.equal(status, 404, path);
      assert.ok(!text.includes("hong"), path);
    }
    for (const path of ["/", "/healthz", "/readyz", "/nothing"]) {
      const { headers, text } = await member.get(`${path}?debug=1`, { "X-Debug": "1" });
      assert.equal(headers.get("Server") ?? headers.get("X-Powered-By"), null, path);
      assert.doesNotMatch(text, /hono|deno|libsql|sqlite|\d\.\d/i, path);
    }
    await server.shutdown();
  });
});
