import assert from "node:assert/strict";
import { cpuUsage } from "node:process";
import { createPasswords } from "../../crypto/passwords.ts";
import {
  Browser,
  day,
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

Deno.test("a sign-in with an unknown name takes a hash, like one with a wrong password", async () => {
  const app = await openApp();
  await join(app, "hong");
  const { createPasswords } = await import("../../crypto/passwords.ts");
  app.services.passwords = createPasswords(14, 16); // one of 16 MiB: a second is refused meanwhile
  const tryIn = async (user_id: string) =>
    (await new Browser(app).send("POST", "/login", { user_id, password: "no" })).status;
  const both = await Promise.all([tryIn("nobody"), tryIn("nobody2")]);
  assert.deepEqual(both.toSorted(), [401, 503]);
  await app.close();
});

Deno.test("after the cost of a hash is raised, a wrong password still costs what an unknown name costs", async () => {
  const app = await openApp({ env: { THROTTLE_SCALE: "1000" } });
  app.services.passwords = createPasswords(10, 64);
  await join(app, "hong");
  app.services.passwords = createPasswords(14, 64);
  const cpuMs = async (user_id: string) => {
    const before = cpuUsage();
    const answer = await new Browser(app).send("POST", "/login", { user_id, password: "no" });
    assert.equal(answer.status, 401);
    const { user, system } = cpuUsage(before);
    return (user + system) / 1000;
  };
  const measured = { hong: [] as number[], nobody: [] as number[] };
  for (let round = 0; round < 9; round++) {
    measured.hong.push(await cpuMs("hong"));
    measured.nobody.push(await cpuMs("nobody"));
  }
  const [member, unknown] = [measured.hong, measured.nobody].map((times) =>
    times.toSorted((a, b) => a - b)[4]!
  ) as [number, number];
  // The hash of a lower cost takes a sixteenth of the work.
  assert.ok(member > unknown / 2 && member < unknown * 2, `${member} ms and ${unknown} ms`);
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

Deno.test("a password is compared exactly as typed, after Unicode normalization (NFC)", async () => {
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

Deno.test("after PASSWORD_COST is raised, a sign-in replaces the stored hash", async () => {
  const app = await openApp();
  await join(app, "hong");
  app.services.passwords = createPasswords(5, 64);
  await signIn(app, "hong");
  const [row] = await app.sql("SELECT hash FROM passwords");
  assert.match(String(row!.hash), /^\$scrypt\$ln=5,/);
  await signIn(app, "hong");
  await app.close();
});

Deno.test("sign-ins beyond the memory for hashing are refused with 503 at once", async () => {
  const app = await openApp();
  await join(app, "hong");
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

Deno.test("a password of 80 characters is verified whole, and does not expire", async () => {
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

Deno.test("a new database has no account and no default password", async () => {
  await withApp({}, async (app) => {
    assert.equal((await app.sql("SELECT id FROM users")).length, 0);
    for (const name of ["admin", "root", "test", "annyeong", "operator"]) {
      for (const password of [name, "password", "admin", ""]) {
        await assert.rejects(signIn(app, name, password), /40[01]/);
      }
    }
  });
});

Deno.test("a wrong password is answered alike for members, leaving members, former members and strangers", async () => {
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
