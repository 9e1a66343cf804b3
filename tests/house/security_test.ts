/** What docs/security.md promises and no feature has a file for. */
import assert from "node:assert/strict";
import { createApp } from "../../app.ts";
import { limits } from "../../domain/throttle.ts";
import { enhancements, stylesheet } from "../../pages/stylesheet.ts";
import {
  Browser,
  captureLog,
  day,
  goodPassword,
  join,
  minute,
  newMember,
  type Service,
  signIn,
  withApp,
} from "../support/harness.ts";

const html = { Accept: "text/html" };
const form = { "Content-Type": "application/x-www-form-urlencoded" };
const credentials = { user_id: "hong", password: goodPassword };

Deno.test("what is typed is decoded once, kept as it is, and encoded where it is shown", async () => {
  await withApp({}, async (app) => {
    const email = "a%40b&amp'c@example.com";
    const visitor = new Browser(app);
    const typed = new URLSearchParams({ ...credentials, email }).toString();
    assert.equal((await visitor.send("POST", "/register", typed, form)).status, 201);
    assert.equal((await app.sql("SELECT email FROM users"))[0]!.email, email);
    const hong = await signIn(app, "hong", goodPassword, { "User-Agent": '<svg onload="x">' });
    assert.equal((await hong.get("/userinfo")).json.email, email);
    const page = (await hong.get("/userinfo", html)).text;
    assert.ok(page.includes("a%40b&amp;amp&#39;c@example.com"), page);
    const devices = (await hong.get("/userinfo/sessions", html)).text;
    assert.ok(devices.includes("&lt;svg onload=&quot;x&quot;&gt;") && !devices.includes("<svg"));
    for (const path of ["/zz<script>x</script>", "/login?next=<script>x", '/?done="><script>x']) {
      assert.doesNotMatch((await visitor.get(path, html)).text, /<script>|%3Cscript/i, path);
    }
  });
});

Deno.test("a line break in an address reaches no header", async () => {
  await withApp({}, async (app) => {
    await join(app, "hong");
    const evil = "%0d%0aX-Evil:%201";
    const asked = [`/?lang=en${evil}`, `/?done=${evil}`, `/receipts/${evil}?download`];
    asked.push(`/userinfo${evil}`, `/userinfo/sessions/${evil}`, `/login?next=/userinfo/${evil}`);
    for (const path of asked) {
      for (const method of ["GET", "POST"]) {
        const body = method === "POST" ? new URLSearchParams(credentials).toString() : undefined;
        const { headers } = await new Browser(app).send(method, path, body, { ...html, ...form });
        assert.equal(headers.get("X-Evil"), null, path);
        for (const [name, value] of headers) assert.ok(!/evil/i.test(value), `${path}: ${name}`);
      }
    }
  });
});

Deno.test("after sign-in nobody is sent anywhere but to a member's page", async () => {
  await withApp({}, async (app) => {
    await join(app, "hong");
    const targets = [
      ...["javascript:alert(1)", "data:text/html,x", "//evil.example", "/\\evil.example"],
      ...["https:evil.example", "/%2f/evil.example", "\t//evil.example", "/\n/evil.example"],
      ...["\\\\evil.example", "/userinfo@evil.example", "/userinfo.evil.example", " /userinfo"],
      ...["/withdrawal/../..//evil.example", "/userinfo/\\evil", "__proto__", "/recovery/x"],
    ];
    for (const target of targets) {
      const path = `/login?next=${encodeURIComponent(target)}`;
      const body = new URLSearchParams(credentials).toString();
      const answer = await new Browser(app).send("POST", path, body, { ...html, ...form });
      assert.equal(answer.status, 303, target);
      const allowed = ["/", "/userinfo", "/withdrawal", "/userinfo/sessions"];
      assert.ok(allowed.includes(answer.headers.get("Location")!), target);
      const page = (await new Browser(app).get(path, html)).text;
      assert.ok(!page.includes("evil") && !page.includes("javascript:"), target);
    }
  });
});

Deno.test("quotes and wildcards in what is typed find nobody and change nothing", async () => {
  await withApp({ env: { WITHDRAWAL_CONFIRM: "phrase" } }, async (app) => {
    const hong = await newMember(app, "hong");
    const rows = async () => JSON.stringify(await app.sql("SELECT * FROM users"));
    const before = await rows();
    for (
      const text of ["' OR 1=1--", '");DROP TABLE users;--', "%", "hon_", "ho%", "x' OR 'x'='x"]
    ) {
      const at = encodeURIComponent(text);
      const visitor = new Browser(app);
      for (const password of [text, goodPassword]) {
        const sent = { user_id: text, password };
        assert.equal((await visitor.send("POST", "/login", sent)).status, 401, text);
      }
      assert.equal((await visitor.get(`/receipts/${at}`)).status, 404, text);
      assert.equal((await visitor.get(`/recovery/${at}`)).status, 404, text);
      assert.equal((await hong.send("DELETE", `/userinfo/sessions/${at}`)).status, 404, text);
      const leaving = { user_id: text, phrase: "delete" };
      assert.equal((await hong.send("DELETE", "/withdrawal", leaving)).status, 403, text);
    }
    assert.equal(await rows(), before);
  });
});

Deno.test("no text costs much time, however it is made", async () => {
  await withApp({ env: { THROTTLE_SCALE: "1000" } }, async (app) => {
    const hong = await newMember(app, "hong");
    const nasty = ["a", "a.", "a-", "-", "@", "a@", "\u0301", " ", "ﷺ", ",", ";q=", "*/"]
      .flatMap((piece) => [
        piece.repeat(4000 / piece.length),
        `${piece.repeat(250 / piece.length)}!`,
        `a@${piece.repeat(240 / piece.length)}`,
      ]);
    for (const text of nasty) {
      const start = performance.now();
      const all = { user_id: text, email: text, password: text, current: text, phrase: text };
      for (const path of ["/register", "/login", "/userinfo/password", "/withdrawal"]) {
        const answer = await hong.copy().send("POST", path, all);
        assert.ok(answer.status >= 400 && answer.status < 500, path);
      }
      if (/^[ -~]+$/.test(text)) {
        const headers = { "Accept": text, "Accept-Language": text, "Cookie": text };
        await new Browser(app).get("/", { ...headers, "Content-Type": text });
      }
      assert.ok(performance.now() - start < 5000, text.slice(0, 20));
    }
  });
});

Deno.test("a body is read in one way: the last of two keys, with or without a mark, as UTF-8 alone", async () => {
  await withApp({}, async (app) => {
    await join(app, "hong");
    const send = async (path: string, body: string | Uint8Array<ArrayBuffer>) => {
      const headers = { "Content-Type": "application/json" };
      const request = new Request(app.origin + path, { method: "POST", headers, body });
      return (await app.fetch(request)).status;
    };
    const twice =
      `{"user_id":"nobody","user_id":"hong","password":"x","password":"${goodPassword}"}`;
    assert.equal(await send("/login", twice), 200);
    assert.equal(await send("/login", `\ufeff${JSON.stringify(credentials)}`), 200);
    const email = '"email":"kim@example.com"';
    const joining = `{"user_id":"nobody","user_id":"kim",${email},"password":"${goodPassword}"}`;
    assert.equal(await send("/register", joining), 201);
    const names = await app.sql("SELECT name FROM users ORDER BY name");
    assert.deepEqual(names.map(({ name }) => name), ["hong", "kim"]);
    const wide = Uint16Array.from(JSON.stringify(credentials), (char) => char.charCodeAt(0));
    for (const path of ["/login", "/register"]) {
      assert.equal(await send(path, new Uint8Array(wide.buffer)), 400, path);
    }
  });
});

Deno.test("a body is measured, whatever its Content-Length says", async () => {
  await withApp({}, async (app) => {
    const body = JSON.stringify({ ...credentials, password: "x".repeat(16 * 1024) });
    for (const length of ["5", "x", "-1"]) {
      const headers = { "Content-Type": "application/json", "Content-Length": length };
      const sent = new Request(`${app.origin}/login`, { method: "POST", headers, body });
      assert.equal(sent.headers.get("Content-Length"), length);
      assert.equal((await app.fetch(sent)).status, 413, length);
    }
  });
});

Deno.test("a preflight is allowed nothing, anywhere", async () => {
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

Deno.test("the policy of every answer allows our own files, and no frame", async () => {
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

Deno.test("an answer says what it is, and a query makes nothing else of it", async () => {
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

Deno.test("headers of a proxy that nobody trusts change no address and no origin", async () => {
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
    assert.equal(JSON.parse(atob(receipt.split(".")[1])).iss, app.origin);
    const page = await hong.get(`/receipts/${receipt_id}`, { ...html, ...spoofed });
    assert.ok(page.text.includes(app.origin) && !page.text.includes("evil"));
  });
});

Deno.test("password fields are what managers know, and take what is pasted", async () => {
  await withApp({ env: { WITHDRAWAL_CONFIRM: "password" } }, async (app) => {
    const hong = await newMember(app, "hong");
    const fieldsOf = async (path: string) => {
      const { text } = await hong.get(path, html);
      assert.doesNotMatch(text, /onpaste|maxlength|pattern=/, path);
      return [...text.matchAll(/<input[^>]* type="(\w+)"[^>]* autocomplete="([\w-]+)"/g)]
        .map(([, type, autocomplete]) => `${type} ${autocomplete}`);
    };
    assert.deepEqual(await fieldsOf("/login"), ["text username", "password current-password"]);
    assert.deepEqual(await fieldsOf("/register"), [
      ...["text username", "email email", "password new-password"],
    ]);
    assert.deepEqual(await fieldsOf("/userinfo"), [
      ...["password current-password", "password new-password"],
    ]);
    assert.deepEqual(await fieldsOf("/withdrawal"), ["password current-password"]);
  });
});

Deno.test("a long password is verified whole, and does not wear out", async () => {
  await withApp({}, async (app) => {
    const password = "qzjx wkvm ".repeat(8);
    await join(app, "hong", password);
    for (const part of [password.slice(0, 72), password.slice(0, 79), `${password} `]) {
      await assert.rejects(signIn(app, "hong", part), /401/);
    }
    app.clock.pass(400 * day);
    await signIn(app, "hong", password);
  });
});

Deno.test("a fresh database holds nobody, and no password opens it", async () => {
  await withApp({}, async (app) => {
    assert.equal((await app.sql("SELECT id FROM users")).length, 0);
    for (const name of ["admin", "root", "test", "annyeong", "operator"]) {
      for (const password of [name, "password", "admin", ""]) {
        await assert.rejects(signIn(app, name, password), /40[01]/);
      }
    }
  });
});

Deno.test("who left, who is leaving and who never was: a wrong password is answered alike", async () => {
  await withApp({ env: { WITHDRAWAL_GRACE_DAYS: "7", REJOIN_BLOCK_DAYS: "30" } }, async (app) => {
    const { runJobs } = await import("../../jobs/mod.ts");
    await (await newMember(app, "gone")).send("DELETE", "/withdrawal");
    app.clock.pass(7 * day);
    await runJobs(app.services);
    assert.equal((await app.sql("SELECT id FROM users")).length, 0);
    await (await newMember(app, "leaving")).send("DELETE", "/withdrawal");
    await join(app, "member");
    const answers = await Promise.all(
      ["gone", "leaving", "member", "nobody"].map(async (user_id) => {
        const sent = { user_id, password: "wrong" };
        const { status, text, headers } = await new Browser(app).send("POST", "/login", sent);
        headers.delete("X-Request-Id");
        return JSON.stringify([status, text, [...headers]]);
      }),
    );
    assert.equal(new Set(answers).size, 1, answers.join("\n"));
    const join_ = async (user_id: string) => {
      const sent = { user_id, email: `${user_id}@example.com`, password: goodPassword };
      return (await new Browser(app).send("POST", "/register", sent)).text;
    };
    const taken = await Promise.all(["gone", "leaving", "member"].map(join_));
    assert.equal(new Set(taken).size, 1, taken.join("\n"));
  });
});

Deno.test("a query is nobody's form: what it says is not read", async () => {
  await withApp({}, async (app) => {
    await join(app, "hong");
    const query = new URLSearchParams(credentials).toString();
    const visitor = new Browser(app);
    assert.equal((await visitor.send("POST", `/login?${query}`)).status, 400);
    assert.equal((await visitor.send("POST", `/login?${query}`, {})).status, 400);
    const other = { user_id: "kim", password: goodPassword };
    assert.equal((await visitor.send("POST", `/login?${query}`, other)).status, 401);
    assert.equal((await visitor.send("POST", "/login?user_id=kim", credentials)).status, 200);
    const leaving = await visitor.send("DELETE", "/withdrawal?phrase=x&password=x&user_id=x");
    assert.equal(leaving.status, 200, "nor is a wrong one held against anybody");
  });
});

Deno.test("sessions of many requests at once never mix", async () => {
  await withApp({ env: { THROTTLE_SCALE: "1000" } }, async (app) => {
    const members = await Promise.all(
      Array.from({ length: 5 }, (_, n) => newMember(app, `member${n}`)),
    );
    const asked = Array.from({ length: 100 }, async (_, n) => {
      const { json } = await members[n % 5]!.copy().get(n % 2 ? "/userinfo" : "/");
      assert.equal((json.member ?? json).user_id, `member${n % 5}`);
    });
    await Promise.all(asked);
  });
});

Deno.test("no answer holds a hash, a secret or an id that opens something", async () => {
  await withApp({}, async (app) => {
    const hong = await newMember(app, "hong");
    await signIn(app, "hong");
    const hidden = [...hong.cookies.values()];
    for (
      const sql of [
        "SELECT id, name_key || '!', hash, substr(hash, 1, 20) FROM users JOIN passwords ON user_id = id",
        "SELECT user_id, secret_hash FROM sessions",
        "SELECT account, client FROM sign_ins",
      ]
    ) {
      for (const row of await app.sql(sql)) hidden.push(...Object.values(row).map(String));
    }
    const paths = ["/", "/userinfo", "/userinfo/sessions", "/userinfo/export", "/withdrawal"];
    for (const path of [...paths, "/policy", "/openapi.json", "/login", "/nothing"]) {
      for (const accept of ["application/json", "text/html"]) {
        const { text } = await hong.get(path, { Accept: accept });
        for (const secret of hidden) assert.ok(!text.includes(secret), `${path}: ${secret}`);
      }
    }
  });
});

Deno.test("what is refused is in the log by its code, under the number of its answer", async () => {
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
  });
});

Deno.test("no file is served, and no answer tells what it runs on", async () => {
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

Deno.test("every page of a member has the way out, or a link to it", async () => {
  await withApp({ env: { WITHDRAWAL_GRACE_DAYS: "7" } }, async (app) => {
    const hong = await newMember(app, "hong");
    const wayOut = /(action|href)="\/logout"/;
    for (const path of ["/", "/userinfo", "/userinfo/sessions", "/withdrawal"]) {
      assert.match((await hong.get(path, html)).text, wayOut, path);
    }
    const refused = await hong.send("POST", "/userinfo/password", "current=a", {
      ...html,
      ...form,
    });
    assert.match(refused.text, wayOut);
    await hong.send("DELETE", "/withdrawal");
    const back = await signIn(app, "hong");
    for (const path of ["/", "/userinfo", "/withdrawal"]) {
      assert.match((await back.get(path, html)).text, wayOut, `${path}, while leaving`);
    }
  });
});

Deno.test("the cookie of a language is guarded as well, and holds a language alone", async () => {
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

Deno.test("the service may start no program, load no native code, and write none of its own code", async () => {
  const { permissions, tasks } = JSON.parse(await Deno.readTextFile("deno.json"));
  const { start } = permissions;
  assert.deepEqual([start.run, start.ffi], [undefined, undefined]);
  assert.match(tasks.start.command, /^deno serve -P=start main\.ts$/);
  assert.doesNotMatch(JSON.stringify(tasks), /unsafely-ignore-certificate|TLS_REJECT/);

  const folder = await Deno.makeTempDir({ prefix: "annyeong-permissions-" });
  const attempt = `${folder}/attempt.ts`;
  await Deno.writeTextFile(
    attempt,
    `for (const path of Deno.args) {
       const opened = await Deno.open(path, { write: true }).then(() => "open", ({ name }) => name);
       console.log(opened);
     }`,
  );
  const own = ["main.ts", "deno.json", "actions/services.ts", "node_modules/.deno"];
  for await (const { name, isDirectory } of Deno.readDir(".")) {
    if (isDirectory && await reaches(name)) own.push(name);
  }
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-P=start", "--config", "deno.json", attempt, ...own, attempt],
  }).output();
  const answers = new TextDecoder().decode(stdout).trim().split("\n");
  assert.deepEqual(answers, [...own.map(() => "NotCapable"), "open"]);
  await Deno.remove(folder, { recursive: true });
});

/** Whether the service is made of files in this folder. */
async function reaches(folder: string): Promise<boolean> {
  const page = await Deno.readTextFile("docs/architecture.md");
  const [, table = ""] = page.split("## Who may import whom");
  return table.includes(`| \`${folder}\``) || table.includes(`| \`${folder}/`);
}

Deno.test("every package is pinned by its hash, and comes from npm", async () => {
  const lock = JSON.parse(await Deno.readTextFile("deno.lock"));
  const packages = Object.entries<{ integrity?: string; tarball?: string }>(lock.npm);
  assert.ok(packages.length > 20);
  for (const [name, { integrity, tarball }] of packages) {
    assert.match(integrity ?? "", /^sha512-/, name);
    assert.equal(tarball, undefined, name);
  }
  assert.deepEqual(Object.keys(lock).filter((key) => /^(jsr|remote|redirects)$/.test(key)), []);
  const { imports } = JSON.parse(await Deno.readTextFile("deno.json"));
  for (const [name, target] of Object.entries(imports)) {
    assert.match(String(target), /^npm:[^^~*]+@\d+\.\d+\.\d+[\w.-]*$/, `${name} is one version`);
  }
});

Deno.test("docs/operating.md tells the limits as they are", async () => {
  const text = await Deno.readTextFile("docs/operating.md");
  const within = (ms: number) => {
    const [n, unit] = ms < 60 * minute ? [ms / minute, "minute"] : [ms / (60 * minute), "hour"];
    return `${n} ${unit}${n === 1 ? "" : "s"}`;
  };
  const rows: Record<keyof typeof limits, string> = {
    pair: "one name from one network",
    pair_day: "one name from one network",
    client: "one network",
    account: "one name from everywhere",
    session: "confirming, in one session",
    session_day: "confirming, in one session",
    device: "signing in, on one known device",
    device_day: "signing in, on one known device",
    registration: "joining, from one network",
  };
  for (const [limit, row] of Object.entries(rows)) {
    const { tries, windowMs } = limits[limit as keyof typeof limits];
    assert.match(text, new RegExp(`\\| ${row} +\\| ${tries} +\\| ${within(windowMs)} +\\|`), limit);
  }
});
