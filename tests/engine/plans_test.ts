import assert from "node:assert/strict";
import { createClient, type InStatement } from "@libsql/client";
import { eraseDue } from "../../jobs/erasure.ts";
import { runJobs } from "../../jobs/mod.ts";
import { Browser, day, goodPassword, newMember, openApp, signIn } from "../support/harness.ts";

Deno.test("every statement of every request and job finds its rows by an index", async () => {
  const statements = new Map<string, InStatement>();
  const app = await openApp({
    env: {
      WITHDRAWAL_GRACE_DAYS: "1",
      REJOIN_BLOCK_DAYS: "1",
      RECIPIENTS: JSON.stringify([
        { name: "mailer", url: "http://127.0.0.1:1/", secret: `whsec_${"A".repeat(43)}=` },
      ]),
    },
    through: (db) => {
      const note = (list: InStatement[]) => {
        for (const statement of list) {
          const sql = typeof statement === "string" ? statement : statement.sql;
          statements.set(sql, statement);
        }
      };
      return {
        ...db,
        read: (list) => (note(list), db.read(list)),
        write: (list) => (note(list), db.write(list)),
      };
    },
  });
  const hong = await newMember(app, "hong");
  for (const path of ["/", "/userinfo", "/userinfo/sessions", "/userinfo/export", "/withdrawal"]) {
    await hong.get(path);
  }
  await hong.send("POST", "/userinfo/password", {
    current: goodPassword,
    password: "battery staple 9",
  });
  await hong.send("DELETE", "/userinfo/sessions/x");
  await hong.send("DELETE", "/withdrawal", { password: "battery staple 9", reason: "other" });
  const back = await signIn(app, "hong", "battery staple 9");
  await back.send("POST", "/restoration");
  const { receipt_id } = (await back.send("DELETE", "/withdrawal")).json;
  await new Browser(app).get(`/receipts/${receipt_id}`);
  await new Browser(app).get("/readyz/withdrawal");
  app.clock.pass(day);
  assert.equal((await eraseDue(app.services, Infinity)).erased, 1);
  await runJobs(app.services);
  assert.ok(statements.size > 50, `${statements.size} statements seen`);

  const reader = createClient({ url: app.services.config.database.url });
  const scans: string[] = [];
  for (const statement of statements.values()) {
    const { sql, args } = statement as { sql: string; args?: [] };
    const text = sql ?? String(statement);
    if (!/^\s*(SELECT|INSERT|UPDATE|DELETE)/i.test(text)) continue;
    if (/WHERE 0\)/.test(text)) continue; // asks for columns, never for rows
    const plan = await reader.execute({ sql: `EXPLAIN QUERY PLAN ${text}`, args: args ?? [] });
    for (const { detail } of plan.rows) {
      const scan = /^SCAN (\w+)(?! USING (COVERING )?INDEX)/.exec(String(detail));
      const small =
        /^(SCAN )?(live|t|sqlite_schema|CONSTANT|json_each|pragma|subquery|\(|migrations|failing_recipients|[a-z]*_?json)/i;
      if (
        scan && !small.test(String(detail)) &&
        !/VIRTUAL TABLE|CONSTANT ROW|SUBQUERY/.test(String(detail))
      ) {
        scans.push(`${detail}: ${text.replace(/\s+/g, " ").trim().slice(0, 160)}`);
      }
    }
  }
  assert.deepEqual(scans, []);
  reader.close();
  await app.close();
});
