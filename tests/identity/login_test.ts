import assert from "node:assert/strict";
import {
  Browser,
  goodPassword,
  join,
  newMember,
  openApp,
  signIn,
  withApp,
} from "../support/harness.ts";

Deno.test("an unknown name and a wrong password are answered alike", async () => {
  await withApp({}, async (app) => {
    await join(app, "hong");
    const wrong = await new Browser(app).send("POST", "/login", {
      user_id: "hong",
      password: "no",
    });
    const unknown = await new Browser(app).send("POST", "/login", {
      user_id: "kim",
      password: "no",
    });
    assert.equal(wrong.status, 401);
    assert.equal(unknown.status, 401);
    assert.deepEqual(wrong.json, { error: "회원 정보가 없습니다.", code: "invalid_credentials" });
    assert.deepEqual(unknown.json, wrong.json);
    const names = (headers: Headers) => [...headers.keys()].toSorted();
    assert.deepEqual(names(unknown.headers), names(wrong.headers));
    assert.equal(wrong.headers.get("Set-Cookie"), null);
  });
});

Deno.test("an unknown name costs a hash like a wrong password", async () => {
  const hashed: (string | null)[] = [];
  const app = await openApp();
  const { verify } = app.services.passwords;
  app.services.passwords.verify = (password, stored) => {
    hashed.push(stored);
    return verify(password, stored);
  };
  await new Browser(app).send("POST", "/login", { user_id: "nobody", password: "no" });
  assert.deepEqual(hashed, [null]);
  await app.close();
});

Deno.test("the tutorial's field names and forms are accepted", async () => {
  await withApp({}, async (app) => {
    await join(app, "hong");
    const browser = new Browser(app);
    const form = new URLSearchParams({ userid: "hong", userpw: goodPassword });
    const answer = await browser.send("POST", "/login/", form.toString(), {
      "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
    });
    assert.equal(answer.status, 200);
    assert.equal((await browser.get("/userinfo")).status, 200);
  });
});

Deno.test("a password counts exactly as typed, but for the normalisation of its letters", async () => {
  await withApp({}, async (app) => {
    const password = " 하늘 Sky 구름 ".normalize("NFC");
    await join(app, "hong", password);
    for (const other of [password.trim(), password.toLowerCase(), password.slice(0, -1)]) {
      const answer = await new Browser(app).send("POST", "/login", {
        user_id: "hong",
        password: other,
      });
      assert.equal(answer.status, 401, JSON.stringify(other));
    }
    await signIn(app, "hong", password.normalize("NFD"));
  });
});

Deno.test("a hash is raised at sign-in when the setting has risen, and its password still works", async () => {
  const app = await openApp();
  await join(app, "hong");
  const { createPasswords } = await import("../../crypto/passwords.ts");
  app.services.passwords = createPasswords(5, 64);
  await signIn(app, "hong");
  const [row] = await app.sql("SELECT hash FROM passwords");
  assert.match(String(row!.hash), /^\$scrypt\$ln=5,/);
  await signIn(app, "hong");
  await app.close();
});

Deno.test("too many hashes at once are refused at once, and nothing queues", async () => {
  const app = await openApp();
  await join(app, "hong");
  const { createPasswords } = await import("../../crypto/passwords.ts");
  app.services.passwords = createPasswords(14, 32); // two of 16 MiB
  const tries = Array.from(
    { length: 8 },
    (_, index) =>
      new Browser(app).send("POST", "/login", { user_id: `nobody${index}`, password: "no" }),
  );
  const answers = await Promise.all(tries);
  assert.equal(answers.filter(({ status }) => status === 401).length, 2);
  const refused = answers.filter(({ status }) => status === 503);
  assert.equal(refused.length, 6);
  assert.equal(refused[0]!.json.code, "unavailable");
  assert.equal(refused[0]!.headers.get("Retry-After"), "1");
  await app.close();
});

Deno.test("signing in again ends the session that the browser came with", async () => {
  await withApp({}, async (app) => {
    const browser = await newMember(app, "hong");
    const before = browser.copy();
    await browser.send("POST", "/login", { user_id: "hong", password: goodPassword });
    assert.notEqual(before.cookieHeader(), browser.cookieHeader());
    assert.equal((await before.get("/userinfo")).status, 401);
    assert.equal((await browser.get("/userinfo")).status, 200);
  });
});

Deno.test("a member has at most twenty sessions: the oldest end", async () => {
  await withApp({}, async (app) => {
    const first = await newMember(app, "hong");
    for (let device = 0; device < 20; device++) {
      app.clock.pass(1000);
      await signIn(app, "hong");
    }
    assert.equal((await app.sql("SELECT id FROM sessions")).length, 20);
    assert.equal((await first.get("/userinfo")).status, 401);
  });
});
