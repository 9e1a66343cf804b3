import assert from "node:assert/strict";
import { decrypt, encrypt } from "hono-sessions";
import { deviceName } from "../../actions/make_session.ts";
import type { Database } from "../../db/engine/database.ts";
import { sealKeys, secretHash } from "../../crypto/tokens.ts";
import {
  Browser,
  day,
  goodPassword,
  minute,
  newMember,
  openApp,
  signIn,
  testConfig,
  withApp,
} from "../support/harness.ts";
import { testBehindProxy } from "../support/stacks.ts";

Deno.test("a visitor gets no cookie from any page", async () => {
  await withApp({}, async (app) => {
    for (const path of ["/", "/login", "/userinfo", "/nothing", "/policy"]) {
      assert.deepEqual((await new Browser(app).get(path)).headers.getSetCookie(), [], path);
    }
  });
});

Deno.test("signing in sets one session cookie, with __Host-, HttpOnly, Secure and SameSite=Lax", async () => {
  await withApp({}, async (app) => {
    const browser = await newMember(app, "hong");
    const form = { user_id: "hong", password: goodPassword };
    const answer = await browser.send("POST", "/login", form);
    const cookies = answer.headers.getSetCookie();
    assert.equal(cookies.length, 1, "this device is known already");
    assert.match(
      cookies[0]!,
      /^__Host-annyeong=Fe26\.2\*[^;]+; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    );
    assert.deepEqual((await browser.get("/userinfo")).headers.getSetCookie(), []);
  });
});

Deno.test("each cookie is under 4096 bytes, with any name, user agent and number of accounts", async () => {
  await withApp({}, async (app) => {
    const names = Array.from({ length: 6 }, (_, n) => `${n}${"가".repeat(39)}`);
    const browser = new Browser(app, { "User-Agent": "x".repeat(8000) });
    const lengths = new Set<number>();
    for (const user_id of names) {
      const email = `${"x".repeat(60)}${user_id[0]}@${"y".repeat(60)}.example`;
      const form = { user_id, email, password: goodPassword };
      assert.equal((await browser.send("POST", "/register", form)).status, 201);
      const cookies = (await browser.send("POST", "/login", form)).headers.getSetCookie();
      assert.equal(cookies.length, 2, "session and device");
      for (const cookie of cookies) assert.ok(cookie.length < 4096, `${cookie.length} bytes`);
      lengths.add(cookies[0]!.length);
    }
    const plain = await newMember(app, "hong");
    lengths.add(
      (await plain.send("POST", "/login", { user_id: "hong", password: goodPassword }))
        .headers.getSetCookie()[0]!.length,
    );
    assert.equal(
      lengths.size,
      1,
      "the length of the session cookie depends on nothing that is sent",
    );
  });
});

Deno.test("over plain HTTP in development the cookies are neither Secure nor prefixed", async () => {
  await withApp({ env: { PUBLIC_ORIGIN: "http://127.0.0.1:8000" } }, async (app) => {
    const browser = await newMember(app, "hong");
    assert.deepEqual([...browser.cookies.keys()], ["annyeong", "annyeong-device"]);
  });
});

Deno.test("the cookie holds nothing personal, and the database no secret", async () => {
  await withApp({}, async (app) => {
    const browser = await newMember(app, "hong");
    const key = sealKeys(app.services.config.sessionSecrets[0]!) as never;
    const seal = JSON.parse(await decrypt(key, browser.session![1]) as string);
    assert.deepEqual(Object.keys(seal), ["typ", "secret", "seen"]);
    assert.match(seal.secret, /^[\w-]{43}$/);
    assert.ok(!JSON.stringify(seal).includes("hong"));
    const rows = JSON.stringify(await app.sql("SELECT * FROM sessions"));
    assert.ok(!rows.includes(seal.secret));
    assert.ok(rows.includes(secretHash(seal.secret)));
  });
});

Deno.test("a cookie that was tampered with, or sealed for something else, signs nobody in", async () => {
  await withApp({}, async (app) => {
    const browser = await newMember(app, "hong");
    const [name, value] = browser.session!;
    const key = sealKeys(app.services.config.sessionSecrets[0]!) as never;
    const other = sealKeys("another key of at least 32 characters") as never;
    const good = JSON.parse(await decrypt(key, value) as string);
    const shapes = [
      ...[5, null, [], "x", { _data: null }, { ...good, typ: "receipt" }, { ...good, typ: null }],
      ...[{ ...good, seen: undefined }, { ...good, seen: null }, {
        ...good,
        seen: "99999999999999",
      }],
      ...[{ ...good, secret: "x".repeat(43) }, { ...good, secret: [good.secret] }],
      ...[{ ...good, secret: "short" }, { ...good, secret: null }],
    ];
    const seals = await Promise.all([
      ...shapes.map((shape) => encrypt(key, JSON.stringify(shape))),
      encrypt(other, JSON.stringify(good)),
      encrypt(key, "not json"),
    ]);
    const parts = value.split("*");
    const flipped = parts.map((_, index) =>
      parts.map((part, at) =>
        at === index ? (part.startsWith("A") ? "B" : "A") + part.slice(1) : part
      )
        .join("*")
    );
    const plain = JSON.stringify(good);
    const unsealed = [
      encodeURIComponent(plain),
      btoa(plain),
      `${btoa('{"alg":"none"}')}.${btoa(plain)}.`,
    ];
    const [, ...rest] = parts;
    const keyed = ["other", "__proto__", "constructor"].map((id) =>
      ["Fe26.2", id, ...rest.slice(1)].join("*")
    );
    const macless = [...parts.slice(0, -1), ""].join("*");
    const others = [["Fe26.1", ...rest].join("*"), macless, ...keyed, ...unsealed];
    const answers = new Set<string>();
    for (
      const forged of ["", "x", value.slice(0, -1), `${value}x`, ...flipped, ...seals, ...others]
    ) {
      const thief = new Browser(app);
      thief.cookies.set(name, forged);
      const { status, text } = await thief.get("/userinfo");
      assert.equal(status, 401, forged.slice(0, 40));
      answers.add(text);
    }
    assert.equal(answers.size, 1, "nothing tells what was wrong with it");
    const sealedAgain = new Browser(app);
    sealedAgain.cookies.set(name, await encrypt(key, JSON.stringify(good)));
    assert.equal((await sealedAgain.get("/userinfo")).status, 200, "all else about them was right");
    assert.equal((await browser.get("/userinfo")).status, 200);
  });
});

Deno.test("of two session cookies in one request only the first counts", async () => {
  await withApp({}, async (app) => {
    const [hong, kim] = [await newMember(app, "hong"), await newMember(app, "kim")];
    const ask = async (...cookies: string[]) => {
      const answer = await new Browser(app).get("/userinfo", { Cookie: cookies.join("; ") });
      return answer.json.user_id ?? answer.status;
    };
    const forged = "__Host-annyeong=Fe26.2**forged";
    assert.equal(await ask(hong.cookieHeader(), kim.cookieHeader()), "hong");
    assert.equal(await ask(kim.cookieHeader(), hong.cookieHeader()), "kim");
    assert.equal(await ask(hong.cookieHeader(), forged), "hong");
    assert.equal(await ask(forged, hong.cookieHeader()), 401);
  });
});

Deno.test("no two sealed cookies share an initialization vector or a ciphertext", async () => {
  await withApp({}, async (app) => {
    const browser = await newMember(app, "hong");
    const seen = new Set<string>();
    for (let n = 0; n < 200; n++) {
      app.clock.pass(minute);
      assert.equal((await browser.get("/userinfo")).status, 200);
      const [, , , vector, sealed, , , mac] = browser.session![1].split("*");
      for (const part of [vector, sealed, mac]) seen.add(part!);
    }
    assert.equal(seen.size, 3 * 200);
  });
});

Deno.test("a cookie that a slow answer sets after sign-out opens no session", async () => {
  let held: (() => void) | null = null;
  const through = (db: Database): Database => ({
    ...db,
    read: async (statements) => {
      const results = await db.read(statements);
      if (hold) await new Promise<void>((resolve) => held = resolve);
      return results;
    },
  });
  let hold = false;
  await withApp({ through }, async (app) => {
    const browser = await newMember(app, "hong");
    const slow = browser.copy();
    app.clock.pass(2 * minute); // seen again, so sealed again
    hold = true;
    const answer = slow.get("/userinfo");
    while (!held) await new Promise((resolve) => setTimeout(resolve, 1));
    hold = false;
    assert.equal((await browser.send("POST", "/logout")).status, 200);
    held();
    assert.equal((await answer).headers.getSetCookie().length, 1);
    assert.equal((await slow.get("/userinfo")).status, 401);
  });
});

Deno.test("a session ends after the idle time, and not while it is used", async () => {
  await withApp({}, async (app) => {
    const idle = await newMember(app, "hong");
    const used = await signIn(app, "hong");
    for (let half = 0; half < 4; half++) {
      app.clock.pass(15 * minute);
      assert.equal((await used.get("/userinfo")).status, 200);
    }
    const ended = await idle.get("/userinfo");
    assert.equal(ended.status, 401);
    assert.match(ended.headers.get("Set-Cookie")!, /^__Host-annyeong=; Max-Age=0; Path=\//);
    app.clock.pass(30 * minute - 1);
    assert.equal((await used.copy().get("/userinfo")).status, 200);
    app.clock.pass(1);
    assert.equal((await used.copy().get("/userinfo")).status, 401);
  });
});

Deno.test("a refused request is a use of the session", async () => {
  await withApp({}, async (app) => {
    const browser = await newMember(app, "hong");
    app.clock.pass(20 * minute);
    const refused = await browser.send("DELETE", "/withdrawal");
    assert.deepEqual([refused.status, refused.json.code], [403, "confirmation_required"]);
    app.clock.pass(20 * minute);
    assert.equal((await browser.get("/userinfo")).status, 200);
  });
});

Deno.test("a session ends after its maximum age, however often it is used", async () => {
  await withApp({ env: { SESSION_IDLE_MINUTES: "1440", SESSION_MAX_DAYS: "2" } }, async (app) => {
    const browser = await newMember(app, "hong");
    for (let passed = 12; passed < 48; passed += 12) {
      app.clock.pass(day / 2);
      assert.equal((await browser.get("/userinfo")).status, 200);
    }
    app.clock.pass(day / 2);
    assert.equal((await browser.get("/userinfo")).status, 401);
  });
});

Deno.test("a GET writes nothing to the database", async () => {
  await withApp({}, async (app) => {
    const browser = await newMember(app, "hong");
    const version = async () => (await app.sql("PRAGMA data_version"))[0];
    const changes = async () => JSON.stringify(await app.sql("SELECT total_changes()"));
    const before = [await version(), await changes()];
    for (
      const path of ["/", "/userinfo", "/userinfo/sessions", "/userinfo/export", "/withdrawal"]
    ) {
      for (const method of ["GET", "HEAD"]) {
        app.clock.pass(2 * minute);
        assert.equal((await browser.send(method, path)).status, 200, path);
      }
    }
    for (const path of ["/logout", "/withdrawal?_method=DELETE", "/register", "/login"]) {
      await browser.send("GET", path, undefined, { "X-HTTP-Method-Override": "DELETE" });
    }
    assert.deepEqual([await version(), await changes()], before);
    assert.equal((await browser.get("/userinfo")).status, 200);
  });
});

Deno.test("signing out ends the session for every copy of its cookie, and always succeeds", async () => {
  await withApp({}, async (app) => {
    const browser = await newMember(app, "hong");
    const copy = browser.copy();
    const out = await browser.send("POST", "/logout");
    assert.deepEqual([out.status, out.json], [200, { message: "로그아웃되었습니다." }]);
    assert.equal(out.headers.getSetCookie().length, 1);
    assert.equal(out.headers.get("Clear-Site-Data"), '"cache", "storage"');
    assert.equal(browser.session, null);
    assert.equal((await copy.copy().get("/userinfo")).status, 401);
    assert.equal((await copy.send("DELETE", "/withdrawal")).status, 401);
    assert.equal((await copy.send("POST", "/logout")).status, 200);
    assert.equal((await new Browser(app).send("POST", "/logout")).status, 200);
    assert.equal((await app.sql("SELECT id FROM users")).length, 1);
  });
});

Deno.test("a cookie sealed with a retired key opens, and is sealed again with the first key", async () => {
  const [old, fresh] = ["o".repeat(43), "f".repeat(43)];
  const app = await openApp({ env: { SESSION_SECRET: old } });
  const browser = await newMember(app, "hong");
  const { createApp } = await import("../../app.ts");
  const rotated = (secrets: string) => {
    const config = testConfig({ SESSION_SECRET: secrets });
    const service = createApp({ ...app.services, config });
    return { ...app, fetch: async (request: Request) => await service.fetch(request) };
  };
  const during = new Browser(rotated(`${fresh},${old}`));
  browser.cookies.forEach((value, name) => during.cookies.set(name, value));
  app.clock.pass(2 * minute); // seen again, so sealed again
  assert.equal((await during.get("/userinfo")).status, 200);
  const after = new Browser(rotated(fresh));
  during.cookies.forEach((value, name) => after.cookies.set(name, value));
  assert.equal((await after.get("/userinfo")).status, 200);
  const retired = new Browser(rotated(fresh));
  browser.cookies.forEach((value, name) => retired.cookies.set(name, value));
  assert.equal((await retired.get("/userinfo")).status, 401);
  await app.close();
});

Deno.test("a member sees their sessions without secrets, and ends one of them", async () => {
  await withApp({}, async (app) => {
    const phone = await newMember(app, "hong");
    const laptop = await signIn(app, "hong", goodPassword, { "User-Agent": "laptop" });
    const { json } = await phone.get("/userinfo/sessions");
    assert.equal(json.sessions.length, 2);
    assert.deepEqual(Object.keys(json.sessions[0]), [
      "id",
      "created_at",
      "last_used_at",
      "expires_at",
      "user_agent",
      "current",
    ]);
    const target = json.sessions.find((one: { user_agent: string }) => one.user_agent === "laptop");
    const ended = await phone.send("DELETE", `/userinfo/sessions/${target.id}`);
    assert.equal(ended.status, 200);
    assert.equal((await laptop.get("/userinfo")).status, 401);
    assert.equal((await phone.get("/userinfo")).status, 200);
    assert.equal((await phone.send("DELETE", `/userinfo/sessions/${target.id}`)).status, 404);
    const left = (await phone.get("/userinfo/sessions")).json.sessions;
    assert.deepEqual(left.map(({ current }: { current: boolean }) => current), [true]);
  });
});

Deno.test("ending another member's session is 404, like ending one that does not exist", async () => {
  await withApp({}, async (app) => {
    const hong = await newMember(app, "hong");
    const kim = await newMember(app, "kim");
    const { id } = (await hong.get("/userinfo/sessions")).json.sessions[0];
    const foreign = await kim.send("DELETE", `/userinfo/sessions/${id}`);
    const missing = await kim.send("DELETE", "/userinfo/sessions/AAAAAAAAAAAAAAAAAAAAAA");
    assert.equal(foreign.status, 404);
    assert.deepEqual(foreign.json, missing.json);
    assert.equal((await hong.get("/userinfo")).status, 200);
  });
});

Deno.test("a password change asks for the current one and ends every other session", async () => {
  await withApp({}, async (app) => {
    const phone = await newMember(app, "hong");
    const laptop = await signIn(app, "hong");
    const before = phone.copy();
    const [row] = await app.sql("SELECT hash FROM passwords");
    const change = (current: unknown, password: unknown) =>
      phone.send("POST", "/userinfo/password", { current, password });
    assert.equal((await change("wrong", "battery staple 9")).json.code, "confirmation_failed");
    assert.deepEqual(Object.keys((await change(goodPassword, "short")).json.fields), ["password"]);
    assert.deepEqual(Object.keys((await change(undefined, "battery staple 9")).json.fields), [
      "current",
    ]);
    assert.deepEqual((await app.sql("SELECT hash FROM passwords"))[0], row);

    assert.equal((await change(goodPassword, "battery staple 9")).status, 200);
    assert.equal((await phone.get("/userinfo")).status, 200);
    assert.equal((await laptop.get("/userinfo")).status, 401);
    assert.equal((await before.get("/userinfo")).status, 401);
    await signIn(app, "hong", "battery staple 9");
    await assert.rejects(signIn(app, "hong", goodPassword));
  });
});

Deno.test("a user agent is stored without control characters, and never cut inside a character", () => {
  assert.equal(deviceName(`${"x".repeat(199)}😀`), `${"x".repeat(199)}\ufffd`);
  assert.equal(deviceName(`${"x".repeat(198)}😀`), `${"x".repeat(198)}😀`);
  assert.equal(deviceName("a\u0000b\r\nc"), "abc");
});

testBehindProxy(
  "ending a session succeeds when the database's first answer is lost",
  {},
  async (app, proxy) => {
    const phone = await newMember(app, "hong");
    const laptop = await signIn(app, "hong");
    const sessions = (await phone.get("/userinfo/sessions")).json.sessions;
    for (const current of [false, true]) {
      const { id } = sessions.find((one: { current: boolean }) => one.current === current);
      proxy.reset();
      proxy.fault = (n) => n === 1 ? "cut" : "none";
      assert.equal((await phone.send("DELETE", `/userinfo/sessions/${id}`)).status, 200);
    }
    proxy.reset();
    assert.equal((await laptop.get("/userinfo")).status, 401);
    assert.equal(phone.session, null);
  },
);

Deno.test("signing out or in deletes the row of a session that was idle too long", async () => {
  await withApp({}, async (app) => {
    const hong = await newMember(app, "hong");
    app.clock.pass(31 * minute);
    const again = hong.copy();
    await hong.send("POST", "/logout");
    assert.equal((await app.sql("SELECT id FROM sessions")).length, 0);
    await again.send("POST", "/login", { user_id: "hong", password: goodPassword });
    app.clock.pass(31 * minute);
    await again.send("POST", "/login", { user_id: "hong", password: goodPassword });
    assert.equal((await app.sql("SELECT id FROM sessions")).length, 1);
  });
});

Deno.test("concurrent requests never see each other's session", async () => {
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
