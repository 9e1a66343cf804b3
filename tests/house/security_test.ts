/** What docs/security.md promises and spans several rooms. */
import assert from "node:assert/strict";
import { Browser, goodPassword, newMember, signIn, withApp } from "../support/harness.ts";

const html = { Accept: "text/html" };
const form = { "Content-Type": "application/x-www-form-urlencoded" };
const credentials = { user_id: "hong", password: goodPassword };

Deno.test("input is decoded once, stored as typed, and escaped where it is shown", async () => {
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
    assert.ok(
      devices.includes("&lt;svg onload=&quot;x&quot;&gt;") && !devices.includes("<svg onload"),
    );
    for (const path of ["/zz<script>x</script>", "/login?next=<script>x", '/?done="><script>x']) {
      assert.doesNotMatch((await visitor.get(path, html)).text, /<script>|%3Cscript/i, path);
    }
  });
});

Deno.test("SQL quotes and wildcards in input find nobody and change nothing", async () => {
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

Deno.test("no input within the limits takes long to validate", async () => {
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

Deno.test("no answer holds a hash, a session secret or a member's id", async () => {
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

Deno.test("the service has no permission to start programs, load native code or write its own code", async () => {
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

Deno.test("every package comes from npm, with one version and a hash", async () => {
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
