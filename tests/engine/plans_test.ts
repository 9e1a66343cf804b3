/** Every plan of every statement that the service runs, on a database as large as years make it. */
import assert from "node:assert/strict";
import { ownTables } from "../../data_map.ts";
import type { Database, InStatement } from "../../db/engine/database.ts";
import { runJobs } from "../../jobs/mod.ts";
import { confirmWith, create, joinWithPasskey, signInWith } from "../support/authenticator.ts";
import { fill } from "../support/crowd.ts";
import {
  Browser,
  day,
  goodPassword,
  newMember,
  openApp,
  recoveryPath,
  signIn,
} from "../support/harness.ts";
import { lastMail } from "../support/outbox_mails.ts";

const members = 200_000;
/** Tables that stay small however many members there are. */
const small = [
  "migrations",
  "clock",
  "data_maps",
  "erasure_keys",
  "failing_recipients",
  "erasure_ledger",
  "erasure_ledger_copies",
];
/** More rows than this for one value of an index make it useless. */
const rowsPerValue = 1000;

interface Statement {
  sql: string;
  args: InStatement extends { args?: infer A } ? A : never;
}

/** Notes every statement on its way to the database. */
function listen(into: Map<string, InStatement>): (db: Database) => Database {
  const note = (list: InStatement[]) => {
    for (const one of list) into.set(typeof one === "string" ? one : one.sql, one);
  };
  return (db) => ({
    ...db,
    read: (list) => (note(list), db.read(list)),
    write: (list) => (note(list), db.write(list)),
  });
}

Deno.test("at 200,000 members every statement of every request and job finds its rows by an index", async () => {
  const statements = new Map<string, InStatement>();
  const app = await openApp({
    env: {
      WITHDRAWAL_GRACE_DAYS: "1",
      REJOIN_BLOCK_DAYS: "1",
      MAIL_URL: `file:${await Deno.makeTempDir()}`,
      LEDGER_URL: "http://127.0.0.1:1/",
      DATABASE_TIMEOUT_MS: "60000",
      RECIPIENTS: JSON.stringify([
        { name: "mailer", url: "http://127.0.0.1:1/", secret: `whsec_${"A".repeat(43)}=` },
      ]),
    },
    through: listen(statements),
  });
  await liveAWholeLife(app);
  assert.ok(statements.size > 60, `${statements.size} statements seen`);

  const tables = ownTables.map(({ table }) => table).filter((table) => !small.includes(table));
  // nothing here has to survive, and with 2 MiB of cache most of the time goes into reading pages again
  for (const pragma of ["synchronous = OFF", "cache_size = -500000", "secure_delete = OFF"]) {
    await app.db.read([`PRAGMA ${pragma}`]);
  }
  await fill(app.db, tables, members);
  const plans = await plansOf(app.db, statements); // as in production, where nobody runs ANALYZE
  // samples of rows tell of this made-up crowd, and a server keeps none
  await app.db.write(["ANALYZE", "DELETE FROM sqlite_stat4", "ANALYZE sqlite_schema"]);
  plans.push(...await plansOf(app.db, statements));
  const statistics = await statisticsOf(app.db);
  for (const table of ["users", "sessions", "sign_ins", "attempts", "withdrawals", "erasures"]) {
    const rows = statistics.get(table)?.rows ?? 0;
    assert.ok(rows >= members, `${table} has ${rows} rows`);
  }
  const slow = plans.filter((plan) => isSlow(plan, statistics));
  assert.deepEqual([...new Set(slow.map(({ detail, sql }) => `${detail}: ${sql}`))], []);
  await app.close();
});

type App = Awaited<ReturnType<typeof openApp>>;

/** Every request about passkeys. */
async function liveWithPasskeys(app: App): Promise<void> {
  const lee = new Browser(app);
  const passkey = await joinWithPasskey(lee, "lee");
  await signInWith(passkey, lee);
  await confirmWith(passkey, lee);
  const options = (await lee.send("POST", "/userinfo/passkeys/options", {})).json;
  const { answer } = create(options, app.origin);
  const added = await lee.send("POST", "/userinfo/passkeys", { passkey: answer });
  await lee.get("/userinfo/passkeys");
  await lee.send("DELETE", `/userinfo/passkeys/${added.json.passkey.id}`);
  await lee.send("DELETE", "/withdrawal");
  await app.sql("DELETE FROM users");
}

/** Every request and every job, so that each of their statements runs once. */
async function liveAWholeLife(app: App): Promise<void> {
  await liveWithPasskeys(app);
  const hong = await newMember(app, "hong");
  const pages = ["/", "/userinfo", "/userinfo/sessions", "/userinfo/export", "/withdrawal"];
  for (const path of pages) await hong.get(path);
  const password = "battery staple 9";
  await hong.send("POST", "/userinfo/password", { current: goodPassword, password });
  await hong.send("POST", "/confirmation", { password });
  await hong.send("DELETE", "/userinfo/sessions/x");

  await new Browser(app).send("POST", (await lastMail(app, "verification")).path);
  await hong.send("POST", "/userinfo/verification");
  await hong.send("POST", "/userinfo/email", { email: "hong@new.example" });
  await new Browser(app).send("POST", (await lastMail(app, "email_change")).path);
  await new Browser(app).send("POST", (await lastMail(app, "email_changed")).path);
  await new Browser(app).send("POST", "/recovery", { user_id: "hong" });
  const mailed = (await lastMail(app, "recovery")).path;
  await new Browser(app).send("POST", mailed, { password: goodPassword });

  await new Browser(app).send("POST", "/leave", { email: "hong@example.com" });
  await new Browser(app).get((await lastMail(app, "leave")).path);

  const [{ id }] = await app.sql("SELECT id FROM users") as unknown as [{ id: string }];
  await new Browser(app).send("POST", await recoveryPath(app, id), { password });
  const path = await recoveryPath(app, id);
  await new Browser(app).get(path);
  await new Browser(app).send("POST", `${path}/withdrawal`);
  const back = await signIn(app, "hong", password);
  await back.send("POST", "/restoration");
  await back.send("DELETE", "/withdrawal", { password, reason: "other" });
  const again = await signIn(app, "hong", password);
  await again.send("POST", "/restoration");
  const { receipt_id } = (await again.send("DELETE", "/withdrawal")).json;
  await new Browser(app).get(`/receipts/${receipt_id}`);
  app.clock.pass(day);
  await runJobs(app.services);
  assert.equal((await app.sql("SELECT id FROM users")).length, 0);
  for (const probe of ["/readyz", "/readyz", "/readyz/withdrawal"]) await again.get(probe);
  await (await newMember(app, "kim")).send("POST", "/logout");
  app.clock.pass(400 * day);
  await runJobs(app.services); // sweeps
}

interface Plan {
  detail: string;
  sql: string;
}

async function plansOf(db: Database, statements: ReadonlyMap<string, InStatement>) {
  const plans: Plan[] = [];
  for (const [text, statement] of statements) {
    if (!/^\s*(SELECT|INSERT|UPDATE|DELETE|WITH)/i.test(text)) continue;
    if (/WHERE 0\)/.test(text)) continue; // asks for columns, never for rows
    if (/LIMIT 20\)$/.test(text)) continue; // a sample of the newest rows
    const { args } = typeof statement === "string" ? { args: undefined } : statement as Statement;
    const sql = `EXPLAIN QUERY PLAN ${text}`;
    const [plan] = await db.read([args === undefined ? sql : { sql, args }]);
    const names = namesOf(text);
    for (const { detail } of plan!.rows) {
      const [, verb = "", name = "", rest = ""] =
        /^(SCAN|SEARCH) (\S+)(.*)$/.exec(String(detail)) ??
          [];
      if (!verb) continue;
      const table = names.get(name) ?? name;
      plans.push({
        detail: `${verb} ${table}${rest}`,
        sql: text.replace(/\s+/g, " ").trim(),
      });
    }
  }
  return plans;
}

/** Tables by the names that a statement gives them. */
function namesOf(sql: string): Map<string, string> {
  return new Map(Array.from(sql.matchAll(/(\w+) AS (\w+)/g), ([, table, name]) => [name!, table!]));
}

interface Statistics {
  rows: number;
  /** For each index: rows that share the first value, the first two, and so on. */
  indexes: Map<string, number[]>;
}

async function statisticsOf(db: Database): Promise<Map<string, Statistics>> {
  const tables = new Map<string, Statistics>();
  const [found] = await db.read(["SELECT tbl, idx, stat FROM sqlite_stat1"]);
  for (const { tbl, idx, stat } of found!.rows) {
    const [count = 0, ...shared] = String(stat).split(" ").map(Number);
    const table = tables.getOrInsertComputed(String(tbl), () => ({ rows: 0, indexes: new Map() }));
    table.rows = Math.max(table.rows, count);
    table.indexes.set(String(idx), shared);
  }
  return tables;
}

/** Whether a step of a plan reads a large part of a large table. */
function isSlow({ detail, sql }: Plan, statistics: ReadonlyMap<string, Statistics>): boolean {
  const [, verb, table = ""] = /^(SCAN|SEARCH) (\S+)/.exec(detail)!;
  const large = statistics.get(table);
  if (!large || large.rows < members / 2) return false;
  if (/^SEARCH \S+( USING (COVERING )?INDEX \w+)?$/.test(detail)) return false; // min() or max()
  if (detail.includes("INDEX erasure_ledger_unsealed")) return false; // it holds only what is not sealed
  if (verb === "SCAN" || detail.includes(" AUTOMATIC ") || !detail.includes(" USING ")) return true;
  const [, terms = ""] = /\((.*)\)/.exec(detail) ?? [];
  const columns = Array.from(terms.matchAll(/(\w+)=\?/g), ([, column]) => column!);
  // what is due by an instant is little, what comes after it is not
  if (columns.length === 0) return !terms.includes("<?");
  // a primary key without rowid has the name of its table; an empty partial index has no statistics
  const [, index = table] = / INDEX (\w+)/.exec(detail) ?? [];
  const shared = large.indexes.get(index);
  if (!shared) return false;
  const isWhole = index.startsWith("sqlite_autoindex_") && shared.length === columns.length;
  if (isWhole && !columns.some((column) => asksForNull(sql, column))) return false; // one row at most
  return shared[columns.length - 1]! > rowsPerValue;
}

/** Whether a statement looks for NULL, which a UNIQUE index may hold many times. */
function asksForNull(sql: string, column: string): boolean {
  return new RegExp(`(?<![+\\w.])(\\w+\\.)?${column} IS NULL`).test(sql);
}
