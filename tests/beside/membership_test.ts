import assert from "node:assert/strict";
import { type Context, Hono } from "hono";
import { setCookie } from "hono/cookie";
import { cors } from "hono/cors";
import { HTTPException } from "hono/http-exception";
import { dataMap, holdsNobody, type MemberEnv, membership, ownTables } from "../../mod.ts";
import type { App } from "../../runtime/mod.ts";
import { sqldPath } from "../../cli/sqld.ts";
import { openSqld } from "../support/stacks.ts";
import { submit } from "../support/customer.ts";
import {
  Browser,
  captureLog,
  goodPassword,
  minute,
  newMember,
  type TestApp,
  withApp,
} from "../support/harness.ts";

const page = { Accept: "text/html" };

const notes = `
-- A comment; with a semicolon.
CREATE TABLE notes (
  id   INTEGER PRIMARY KEY, -- one more; here
  text TEXT NOT NULL
) STRICT;
CREATE TRIGGER notes_are_loud AFTER INSERT ON notes BEGIN
  UPDATE notes SET text = upper(text) WHERE id = new.id;
END;
INSERT INTO notes (text) VALUES ('quiet')`;

const members = membership({
  dataMap: dataMap([...ownTables, holdsNobody("notes", "the house rules")]),
  migrations: [{ name: "0001_notes", sql: notes }],
  name: "Clubhouse",
  words: { en: { page: { tagline: "Members and their guests." } } },
  style: ":root { --accent: purple; }",
  memberPages: ["/desk"],
});

const club = new Hono()
  .get("/lobby", async (c) => c.json({ guest: (await members.member(c))?.name ?? null }))
  .get("/desk", members.requireMember, (c) => c.json(c.var.member))
  .post("/desk", members.requireMember, (c) => c.json({ done: c.var.member.name }))
  .get("/notes", async (c) => {
    const [found] = await members.db.read(["SELECT text FROM notes"]);
    return c.json(found!.rows.map(({ text }) => text));
  })
  .get("/file", members.requireMember, () => new Response("bytes"))
  .get("/gone", () => {
    throw new HTTPException(410, { message: "moved out" });
  })
  .get("/nowhere", () => {
    throw new HTTPException(404);
  })
  .get("/broken", () => {
    throw new Error("secret words of the club");
  })
  .route("/", members.app)
  .onError(members.onError);

const beside = {
  parts: members.parts,
  folder: ".",
  app(services: TestApp["services"]): App {
    members.open(services);
    return club;
  },
};

function inClub(test: (app: TestApp) => Promise<void>, env: Record<string, string> = {}) {
  return () => withApp({ env: { THROTTLE_SCALE: "1000", ...env }, beside }, test);
}

Deno.test(
  "an app asks who is there, and its members alone pass",
  inClub(async (app) => {
    const visitor = new Browser(app);
    assert.deepEqual((await visitor.get("/lobby")).json, { guest: null });
    const refused = await visitor.get("/desk?lang=en");
    assert.deepEqual([refused.status, refused.json], [401, {
      error: "Please sign in.",
      code: "unauthenticated",
    }]);
    const member = await newMember(app, "hong");
    assert.deepEqual((await member.get("/lobby")).json, { guest: "hong" });
    const desk = await member.get("/desk");
    assert.deepEqual(Object.keys(desk.json).toSorted(), [
      "email",
      "emailVerified",
      "id",
      "joinedAt",
      "language",
      "name",
      "rank",
    ]);
    assert.equal(desk.headers.get("Cache-Control"), "no-store");
    await member.copy().send("POST", "/logout");
    assert.equal((await member.get("/desk")).status, 401, "a session that was ended elsewhere");
  }),
);

Deno.test(
  "a browser is led to sign-in and back to the app's own page, and nowhere else",
  inClub(async (app) => {
    await newMember(app, "hong");
    const browser = new Browser(app, page);
    const sent = await browser.get("/desk");
    assert.deepEqual([sent.status, sent.headers.get("Location")], [303, "/login?next=/desk"]);
    const back = await submit(browser, "/login?next=/desk", {
      user_id: "hong",
      password: goodPassword,
    });
    assert.deepEqual([back.status, back.headers.get("Location")], [303, "/desk"]);
    const astray = await submit(new Browser(app, page), "/login?next=/notes", {
      user_id: "hong",
      password: goodPassword,
    });
    assert.equal(astray.headers.get("Location"), "/");
  }),
);

Deno.test(
  "what another site asks for does not reach the app's own routes",
  inClub(async (app) => {
    const member = await newMember(app, "hong");
    assert.equal((await member.send("POST", "/desk")).status, 200);
    const crossed = await member.send("POST", "/desk", undefined, {
      "Sec-Fetch-Site": "cross-site",
    });
    assert.deepEqual([crossed.status, crossed.json.code], [403, "cross_site"]);
  }),
);

Deno.test(
  "who is about to leave passes no more, and is a visitor elsewhere",
  inClub(async (app) => {
    const member = await newMember(app, "hong");
    assert.equal((await member.send("DELETE", "/withdrawal")).status, 202);
    const again = new Browser(app);
    await again.send("POST", "/login", { user_id: "hong", password: goodPassword });
    assert.equal((await again.get("/desk")).json.code, "withdrawal_pending");
    assert.deepEqual((await again.get("/lobby")).json, { guest: null });
  }, { WITHDRAWAL_GRACE_DAYS: "7" }),
);

Deno.test(
  "a session stays alive by the app's own routes alone",
  inClub(async (app) => {
    const member = await newMember(app, "hong");
    for (let n = 0; n < 4; n++) {
      app.clock.pass(20 * minute);
      assert.equal((await member.get(n % 2 ? "/desk" : "/lobby")).status, 200);
    }
    assert.equal(
      (await member.get("/desk")).status,
      200,
      "idle for less than half an hour each time",
    );
    app.clock.pass(31 * minute);
    assert.equal((await member.get("/desk")).status, 401);
  }),
);

Deno.test("asking costs one query, and a visitor none", async () => {
  let trips = 0;
  await withApp({
    beside,
    through: (db) => ({
      ...db,
      read: (statements) => (trips++, db.read(statements)),
      write: (statements) => (trips++, db.write(statements)),
    }),
  }, async (app) => {
    const member = await newMember(app, "hong");
    trips = 0;
    await new Browser(app).get("/desk");
    assert.equal(trips, 0);
    await member.get("/desk");
    await member.get("/lobby");
    assert.equal(trips, 2);
  });
});

Deno.test(
  "the app's failures are told as ours are, in the caller's language, and say nothing of their own",
  inClub(async (app) => {
    let answer = { status: 0, json: {} as Record<string, string> };
    const log = await captureLog(async () => {
      answer = await new Browser(app).get("/broken?lang=en");
    });
    assert.deepEqual([answer.status, answer.json], [500, {
      error: "Something went wrong.",
      code: "internal",
    }]);
    assert.match(log, /secret words of the club/);
    const unknown = await new Browser(app, page).get("/nothing");
    assert.equal(unknown.status, 404);
    assert.ok(unknown.text.includes("Clubhouse"));
  }),
);

Deno.test({
  name: "a database that is gone is 503 on the app's routes as well",
  ignore: !sqldPath(),
  async fn() {
    const sqld = await openSqld();
    const env = { TURSO_DATABASE_URL: sqld.url, DATABASE_TIMEOUT_MS: "500" };
    await withApp({ env, beside }, async (app) => {
      const member = await newMember(app, "hong");
      await sqld.stop();
      for (const path of ["/desk", "/lobby", "/notes"]) {
        const answer = await member.get(path);
        assert.deepEqual([answer.status, answer.json?.code], [503, "unavailable"], path);
        assert.ok(answer.headers.get("Retry-After"));
      }
    });
  },
});

Deno.test(
  "words and style of the app's own take the place of ours, and the rest stays",
  inClub(async (app) => {
    const { text } = await new Browser(app, page).get("/?lang=en");
    assert.ok(text.includes("<title>Hello · Clubhouse</title>"));
    assert.ok(text.includes("Members and their guests."));
    assert.ok(text.includes(">Sign in</a>"));
    const [, path] = /href="(\/theme\.[^"]+)"/.exec(text)!;
    const style = await new Browser(app).get(path!);
    assert.equal(style.text, ":root { --accent: purple; }");
    assert.match(style.headers.get("Cache-Control")!, /immutable/);
    assert.equal(style.headers.get("X-Content-Type-Options"), "nosniff");
    const korean = await new Browser(app, page).get("/");
    assert.ok(korean.text.includes("안녕하세요 · Clubhouse"));
  }),
);

Deno.test(
  "the app's migrations run after ours, triggers and comments included",
  inClub(async (app) => {
    assert.deepEqual((await new Browser(app).get("/notes")).json, ["QUIET"]);
    const rows = await app.sql("SELECT name FROM migrations ORDER BY rowid");
    assert.equal(rows.at(-1)!.name, "0001_notes");
    assert.equal((await new Browser(app).get("/readyz")).status, 200);
    await app.sql("DELETE FROM migrations WHERE name = '0001_notes'");
    assert.equal((await new Browser(app).get("/readyz")).status, 503);
  }),
);

Deno.test("a migration that takes a name of ours, or of another, is refused at once", () => {
  const map = dataMap([...ownTables]);
  const named = (...names: string[]) => () =>
    membership({ dataMap: map, migrations: names.map((name) => ({ name, sql: "" })) });
  assert.throws(
    named("0001_members"),
    /"0001_members" is there twice, or is one of Annyeong's own/,
  );
  assert.throws(named("a", "b", "a"), /"a" is there twice/);
  assert.throws(
    () => membership({ dataMap: map }).db,
    /nothing is open yet: export default await members.serve\(app\)/,
  );
});

Deno.test("a second process without our routes knows who signed in at the first", async () => {
  const extension = { dataMap: dataMap([...ownTables]) };
  const first = membership(extension);
  const second = membership(extension);
  const own = new Hono().get("/desk", second.requireMember, (c) => c.json(c.var.member.name));
  const both = {
    parts: first.parts,
    folder: ".",
    app(services: TestApp["services"]): App {
      first.open(services);
      second.open(services);
      return { fetch: (request, given) => first.app.fetch(request, given) };
    },
  };
  await withApp({ beside: both }, async (app) => {
    const member = await newMember(app, "hong");
    const ask = async (
      headers: HeadersInit,
    ) => (await own.request(`${app.origin}/desk`, { headers }));
    const cookie = { Cookie: member.cookieHeader() };
    assert.equal(await (await ask(cookie)).json(), "hong");
    await member.send("DELETE", "/withdrawal");
    assert.equal((await ask(cookie)).status, 401);
    const sent = await ask(page);
    assert.equal(sent.headers.get("Location"), "/login", "no member page of its own was named");
  });
});

Deno.test(
  "the app's own variables meet nothing of ours",
  inClub(async (app) => {
    const seen: string[] = [];
    const mine = new Hono<MemberEnv & { Variables: { session: string } }>()
      .use(async (c: Context, next) => {
        c.set("session", "the app's own");
        await next();
        seen.push(c.get("session"));
      })
      .get("/desk", members.requireMember, (c) => c.json({}))
      .route("/", members.app);
    const member = await newMember(app, "hong");
    const headers = { Cookie: member.cookieHeader() };
    await mine.request("https://members.example/desk", { headers });
    await mine.request("https://members.example/userinfo", { headers });
    assert.deepEqual(seen, ["the app's own", "the app's own"]);
  }),
);

Deno.test(
  "whatever a handler answers with, a member's page is not stored and the session stays alive",
  inClub(async (app) => {
    const member = await newMember(app, "hong");
    for (const path of ["/desk", "/lobby", "/file"]) {
      app.clock.pass(2 * minute);
      const { headers } = await member.get(path);
      assert.equal(headers.get("Cache-Control"), "no-store", path);
      assert.match(headers.get("Vary") ?? "", /Cookie/, path);
      assert.equal(headers.getSetCookie().length, 1, path);
    }
    const visited = await new Browser(app).get("/lobby");
    assert.match(visited.headers.get("Vary") ?? "", /Cookie/);
  }),
);

Deno.test(
  "cookies of the app and ours do not take each other's place",
  inClub(async (app) => {
    for (const before of [cors(), (_: Context, next: () => Promise<void>) => next()]) {
      const around = new Hono()
        .use(before)
        .use(async (c, next) => {
          setCookie(c, "visit", "1");
          await next();
        })
        .route("/", members.app)
        .get("/desk", members.requireMember, (c) => c.json({}));
      const service = { ...app, fetch: async (request: Request) => await around.fetch(request) };
      const browser = await newMember(service, `hong${before.length}${before.name.length}`);
      assert.deepEqual([...browser.cookies.keys()].toSorted(), [
        "__Host-annyeong",
        "__Host-annyeong-device",
        "visit",
      ]);
      assert.equal((await browser.get("/userinfo")).status, 200);
      const out = await browser.send("POST", "/logout");
      assert.equal(out.headers.getSetCookie().length, 2);
      assert.match(out.headers.get("Vary")!, /Accept-Language/);
    }
  }),
);

Deno.test(
  "what the app says of caching does not reach what is ours",
  inClub(async (app) => {
    const around = new Hono()
      .use(async (c, next) => {
        c.header("Cache-Control", "public, max-age=60");
        await next();
      })
      .get("/desk", members.requireMember, (c) => c.json({}))
      .route("/", members.app);
    const service = { ...app, fetch: async (request: Request) => await around.fetch(request) };
    const member = await newMember(service, "hong");
    for (const path of ["/userinfo", "/userinfo/export", "/withdrawal", "/desk"]) {
      assert.equal((await member.get(path)).headers.get("Cache-Control"), "no-store", path);
    }
    const refused = await new Browser(service).get("/desk");
    assert.deepEqual([refused.status, refused.headers.get("Cache-Control")], [401, "no-store"]);
  }),
);

Deno.test(
  "an HTTPException of the app's answers as it says, and one of 404 as ours",
  inClub(async (app) => {
    const gone = await new Browser(app).get("/gone");
    assert.deepEqual([gone.status, gone.text], [410, "moved out"]);
    assert.equal((await new Browser(app).get("/nowhere")).json.code, "not_found");
  }),
);

const front = "https://shop.example";

Deno.test("a front end on an allowed origin asks with cookies and reads answers, and no other does", async () => {
  await withApp({ env: { ALLOWED_ORIGINS: `${front},https://www.shop.example` } }, async (app) => {
    const member = await newMember(app, "hong");
    const asked = (origin: string, method = "GET") =>
      member.send(method, method === "GET" ? "/userinfo" : "/logout", undefined, {
        Origin: origin,
        "Sec-Fetch-Site": "same-site",
      });
    const allowed = await asked(front);
    assert.equal(allowed.headers.get("Access-Control-Allow-Origin"), front);
    assert.equal(allowed.headers.get("Access-Control-Allow-Credentials"), "true");
    assert.match(allowed.headers.get("Vary")!, /\bOrigin\b/);
    assert.equal(
      (await asked("https://evil.example")).headers.get("Access-Control-Allow-Origin") ??
        (await asked("https://evil.example")).headers.get("Access-Control-Allow-Credentials"),
      null,
    );

    const preflight = (origin: string) =>
      new Browser(app).send("OPTIONS", "/withdrawal", undefined, {
        Origin: origin,
        "Access-Control-Request-Method": "DELETE",
        "Access-Control-Request-Headers": "content-type",
      });
    const may = await preflight(front);
    assert.equal(may.status, 204);
    assert.match(may.headers.get("Access-Control-Allow-Methods")!, /DELETE/);
    assert.match(may.headers.get("Access-Control-Allow-Headers")!, /Content-Type/i);
    assert.equal(
      (await preflight("https://evil.example")).headers.get("Access-Control-Allow-Origin"),
      null,
    );

    assert.equal((await asked("https://evil.example", "POST")).json.code, "cross_site");
    const failed = await new Browser(app).send("GET", "/userinfo", undefined, { Origin: front });
    assert.equal(failed.status, 401);
    assert.equal(
      failed.headers.get("Access-Control-Allow-Origin"),
      front,
      "failures can be read, too",
    );
    assert.equal((await asked(front, "POST")).status, 200);
  });
});

Deno.test("without allowed origins nothing is shared with anybody", async () => {
  await withApp({}, async (app) => {
    const answer = await new Browser(app).send("GET", "/", undefined, { Origin: front });
    assert.equal(answer.headers.get("Access-Control-Allow-Origin"), null);
  });
});
