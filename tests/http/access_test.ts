/** Runs every row of the table "Who may ask for what" in docs/security.md. */
import assert from "node:assert/strict";
import { createApp } from "../../app.ts";
import assets from "../../routes/assets.ts";
import { Browser, minute, newMember, signIn, type TestApp, withApp } from "../support/harness.ts";

interface Row {
  method: string;
  path: string;
  /** What a visitor, a member and a member who is leaving are told: a code, or "yes". */
  told: [string, string, string];
}

const text = await Deno.readTextFile("docs/security.md");
const rows: Row[] = Array.from(
  text.matchAll(/^\| `([A-Z]+) (\/[^`]*)` +\| +([\w ]+?) +\| +([\w ]+?) +\| +([\w ]+?) +\|$/gm),
  ([, method, path, ...told]) => ({ method: method!, path: path!, told: told as Row["told"] }),
);
const grace = { env: { WITHDRAWAL_GRACE_DAYS: "7", THROTTLE_SCALE: "1000" } };
const refusals = ["unauthenticated", "withdrawal_pending"];

async function askedBy(browser: Browser, { method, path }: Row, body?: string): Promise<string> {
  const carried = method === "GET" ? undefined : body;
  const { json } = await browser.send(method, path.replace(/:\w+/, "x"), carried);
  return refusals.includes(json?.code) ? json.code : "yes";
}

Deno.test("the table of docs/security.md names every route, and nothing else", async () => {
  await withApp({}, (app) => {
    const files = new Set(assets.routes.map(({ path }) => path));
    const routes = createApp(app.services).routes
      .filter(({ method, path }) => method !== "ALL" && !files.has(path))
      .map(({ method, path }) => `${method} ${path}`);
    const named = rows.map(({ method, path }) => `${method} ${path}`);
    assert.deepEqual(named.toSorted(), [...new Set(routes)].toSorted());
    return Promise.resolve();
  });
});

Deno.test("each route admits a visitor, a member and a leaving member as the table of docs/security.md says", async () => {
  await withApp(grace, async (app) => {
    let n = 0;
    const leaving = async () => {
      await (await newMember(app, `leaving${++n}`)).send("DELETE", "/withdrawal");
      return await signIn(app, `leaving${n}`);
    };
    for (const row of rows) {
      const told = [
        await askedBy(new Browser(app), row),
        await askedBy(await newMember(app, `member${++n}`), row),
        await askedBy(await leaving(), row),
      ];
      assert.deepEqual(told, row.told, `${row.method} ${row.path}`);
      for (const dead of await deadSessions(app, `dead${++n}`)) {
        assert.equal(await askedBy(dead, row), row.told[0], `${row.method} ${row.path}, dead`);
      }
    }
  });
});

Deno.test("without a live session every body is answered 401", async () => {
  await withApp(grace, async (app) => {
    let n = 0;
    const closed = rows.filter(({ told }) => told[0] === "unauthenticated");
    assert.ok(closed.length >= 9);
    for (const row of closed.filter(({ method }) => method !== "GET")) {
      for (const body of ["{", "[]", '{"password":5}', '{"reason":"x","current":1}']) {
        const devices = [new Browser(app), ...await deadSessions(app, `dead${++n}`)];
        for (const device of devices) {
          assert.equal(await askedBy(device, row, body), "unauthenticated", `${row.path} ${body}`);
        }
      }
    }
    const hong = await newMember(app, "hong");
    const told = await hong.send("POST", "/userinfo/password", { current: 1 });
    const fields = Object.keys(told.json.fields).toSorted();
    assert.deepEqual(fields, ["current", "password"], "to a member it is");
  });
});

/** One that was ended elsewhere, one that was idle too long, and one whose member is gone. */
async function deadSessions(app: TestApp, name: string): Promise<Browser[]> {
  const idle = await newMember(app, `${name}a`);
  app.clock.pass(31 * minute);
  const ended = await newMember(app, `${name}b`);
  await app.sql("DELETE FROM sessions WHERE user_id = (SELECT id FROM users WHERE name = ?)", [
    `${name}b`,
  ]);
  const gone = await newMember(app, `${name}c`);
  await app.sql("DELETE FROM users WHERE name = ?", [`${name}c`]);
  return [idle, ended, gone];
}
