/** Defects that were found by attacking the service, each kept from coming back. */
import assert from "node:assert/strict";
import { createBrokenApp } from "../../app.ts";
import { freshSecrets, parseConfig } from "../../config/mod.ts";
import { openDatabase } from "../../db/engine/database.ts";
import { clientNetwork } from "../../crypto/tokens.ts";
import { emailAddress, loginName } from "../../domain/member.ts";
import { deviceName } from "../../actions/make_session.ts";
import { openReceiptKeys } from "../../crypto/receipt_keys.ts";
import { stylesheet } from "../../pages/stylesheet.ts";
import {
  Browser,
  captureLog,
  day,
  goodPassword,
  minute,
  newMember,
  signIn,
  withApp,
} from "../support/harness.ts";
import { fillShop, shopMap, shopTables } from "../support/shop.ts";
import { embedded, onSqld, testBehindProxy, testOnWith } from "../support/stacks.ts";

Deno.test("a receipt key whose halves do not belong together stops the start", async () => {
  const [one, two] = [
    JSON.parse((await freshSecrets("generated")).RECEIPT_PRIVATE_KEY),
    JSON.parse((await freshSecrets("generated")).RECEIPT_PRIVATE_KEY),
  ];
  await openReceiptKeys([one, two]);
  await assert.rejects(openReceiptKeys([{ ...one, x: two.x }]));
  await assert.rejects(openReceiptKeys([{ ...one, d: "AA" }]));
  const { d: _, ...retired } = two;
  const keys = await openReceiptKeys([one, retired]);
  assert.equal(keys.jwks.keys.length, 2, "a retired key needs no private half");
});

for (const stack of [embedded, onSqld]) {
  testOnWith(
    stack,
    { map: shopMap, tables: shopTables },
    "a kept row whose date is in no calendar is kept from now on, and none vanishes",
    async (service) => {
      const hong = await newMember(service, "hong");
      const [user] = await service.sql("SELECT id FROM users");
      const now = service.origin.startsWith("https")
        ? Date.parse("2026-11-22T12:00:00Z")
        : Date.now();
      const dates = [
        ...["1795358366199.0", "1795358366.5", "1795358366", "1795358366199", "1795358366199000"],
        ...[
          "9e999",
          "-9e999",
          "-1",
          "0",
          "NULL",
          "x'00'",
          "''",
          "'soon'",
          "'9999-06-01'",
          "'-4000-01-01'",
        ],
        ...["'2026-02-29'", "'2024-02-29'", "'2026-11-22 12:00:00'", "'2017-01-01'"],
      ];
      for (const [n, date] of dates.entries()) {
        await service.sql(`INSERT INTO orders VALUES (?, ?, 1, ${date}, NULL)`, [
          `o${n}`,
          user!.id!,
        ]);
      }
      const left = await hong.send("DELETE", "/withdrawal");
      assert.equal(left.status, 200, left.text);
      const receipt = (await hong.get(`/receipts/${left.json.receipt_id}`)).json;
      const kept = receipt.kept[0].count;
      const destroyed = receipt.destroyed.find(({ what }: { what: string }) =>
        what === "주문"
      ).count;
      assert.equal(kept + destroyed, dates.length);
      const rows = await service.sql("SELECT row, starts_at, expires_at FROM retained");
      assert.equal(rows.length, kept);
      for (const { starts_at, expires_at } of rows) {
        assert.ok(Number.isInteger(starts_at) && Number.isInteger(expires_at));
        assert.ok(Number(expires_at) > now);
      }
      const startOf = (id: string) =>
        Number(rows.find(({ row }) => JSON.parse(String(row)).id === id)?.starts_at);
      assert.equal(startOf("o0"), 1795358366199, "milliseconds in a REAL column");
      assert.equal(startOf("o4"), now, "microseconds are no date");
    },
  );
}

Deno.test("a refused statement is a conflict, or unavailable, with a grace period as well", async () => {
  await withApp({ env: { WITHDRAWAL_GRACE_DAYS: "1" } }, async (app) => {
    const hong = await newMember(app, "hong");
    await app.db.write([
      "CREATE TRIGGER veto BEFORE INSERT ON withdrawals BEGIN SELECT RAISE(ABORT, 'no'); END",
    ]);
    assert.equal((await hong.send("DELETE", "/withdrawal")).json.code, "conflict");
    await app.db.write(["DROP TRIGGER veto", "ALTER TABLE reasons RENAME COLUMN day TO days"]);
    const reason = { reason: "other" };
    assert.equal((await hong.send("DELETE", "/withdrawal", reason)).json.code, "unavailable");
    assert.equal((await hong.get("/userinfo")).status, 200);
    await app.db.write(["ALTER TABLE reasons RENAME COLUMN days TO day"]);
    assert.equal((await hong.send("DELETE", "/withdrawal", reason)).status, 202);
  });
});

Deno.test("a column that the map names and the table lacks refuses a grace period at once", async () => {
  const tables = shopTables.map((sql) => sql.replace("total INTEGER", "sum INTEGER"));
  await withApp({ map: shopMap, tables, env: { WITHDRAWAL_GRACE_DAYS: "1" } }, async (app) => {
    const hong = await newMember(app, "hong");
    assert.equal((await hong.send("DELETE", "/withdrawal")).json.code, "unavailable");
    assert.equal((await hong.get("/userinfo")).status, 200);
  });
});

Deno.test("preview and export notice a mapped table that was created since", async () => {
  await withApp({ map: shopMap }, async (app) => {
    const hong = await newMember(app, "hong");
    const count = async (what: string) =>
      (await hong.get("/withdrawal")).json.destroy.find((line: { what: string }) =>
        line.what === what
      ).count;
    assert.equal(await count("장바구니"), 0);
    await app.db.write(shopTables);
    await fillShop(app, "hong", "markhong");
    assert.equal(await count("장바구니"), 1);
    const kim = await newMember(app, "kim");
    await app.db.write(["ALTER TABLE carts RENAME TO carts_away"]);
    assert.equal((await kim.get("/userinfo/export")).json.tables.carts, undefined);
    await app.db.write(["ALTER TABLE carts_away RENAME TO carts"]);
    assert.deepEqual((await kim.get("/userinfo/export")).json.tables.carts, []);
  });
});

Deno.test("a client's network is one however it is spelled, with a port or without", () => {
  const same: string[][] = [
    [
      "203.0.113.7",
      "203.0.113.7:4000",
      "::ffff:203.0.113.7",
      "::ffff:cb00:7107",
      "[::ffff:203.0.113.7]:80",
    ],
    [
      "2001:db8::1",
      "2001:0db8::1",
      "2001:DB8:0:0:ffff::9",
      "[2001:db8::1]:443",
      "2001:db8::1%eth0",
    ],
    ["2001:db8:1::", "2001:db8:1:0:1:2:3:4"],
    ["::1", "0:0:0:0:0:0:0:1"],
  ];
  const networks = same.map((group) => new Set(group.map(clientNetwork)));
  for (const network of networks) assert.equal(network.size, 1, [...network].join(" "));
  assert.equal(new Set(networks.map((network) => [...network][0])).size, same.length);
  assert.equal(clientNetwork("unknown"), "unknown");
});

Deno.test("names that cannot be seen, or told apart, are no names", () => {
  for (
    const name of [
      "bob\u3164",
      "bob\ufe0f",
      "\u3164\u3164",
      "b\u034fb",
      "b\u200db",
      "\u0301\u0301",
      "../..",
      "__",
    ]
  ) {
    assert.equal(loginName.safeParse(name).success, false, JSON.stringify(name));
  }
  for (const name of ["홍길동", "王小明", "jo", "a.b-c_d@e+f", "नमस्ते", "Jürgen"]) {
    assert.equal(loginName.safeParse(name).success, true, name);
  }
  for (
    const email of [
      "a\u200b@b.co",
      "a@-",
      "<script>@x",
      "a@b",
      "@b.co",
      "a@b..co",
      "a b@c.co",
      "a@.co",
    ]
  ) {
    assert.equal(emailAddress.safeParse(email).success, false, JSON.stringify(email));
  }
  for (const email of ["a@b.co", "a+b@sub.example.com", "홍@한국.kr", "o'neil@example.ie"]) {
    assert.equal(emailAddress.safeParse(email).success, true, email);
  }
});

Deno.test("a dead session spends nobody's attempts", async () => {
  await withApp({}, async (app) => {
    const hong = await newMember(app, "hong");
    const dead = hong.copy();
    await hong.send("POST", "/logout");
    for (let n = 0; n < 12; n++) {
      const answer = await dead.copy().send("DELETE", "/withdrawal", { password: "wrong" });
      assert.equal(answer.status, 401);
    }
    assert.equal((await app.sql("SELECT * FROM attempts WHERE subject NOT LIKE 'reg%'")).length, 0);
    await signIn(app, "hong");
  });
});

Deno.test("a user agent is cut between characters, or a server would refuse the text", () => {
  assert.equal(deviceName(`${"x".repeat(199)}😀`), `${"x".repeat(199)}\ufffd`);
  assert.equal(deviceName(`${"x".repeat(198)}😀`), `${"x".repeat(198)}😀`);
  assert.equal(deviceName("a\u0000b\r\nc"), "abc");
});

testBehindProxy(
  "ending a session whose answer was lost is told as done",
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

testBehindProxy(
  "a withdrawal whose answer was lost gives the number that tells whether it was carried out",
  { DATABASE_TIMEOUT_MS: "400" },
  async (app, proxy) => {
    for (const [fault, status] of [["cut", 200], ["silent", 404]] as const) {
      const hong = await newMember(app, fault);
      proxy.reset();
      proxy.fault = (n) => n >= 2 ? fault : "none";
      const { receipt_id } = (await hong.send("DELETE", "/withdrawal")).json;
      proxy.reset();
      assert.equal((await hong.get(`/receipts/${receipt_id}`)).status, status);
    }
  },
);

Deno.test("signing out, or in again, ends the row of a session that was idle too long", async () => {
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

Deno.test("a broken configuration is answered like anything else: 503, headers, the caller's language", async () => {
  const app = createBrokenApp();
  const answer = await app.request("/userinfo", { headers: { "Accept-Language": "en" } });
  assert.equal(answer.status, 503);
  assert.equal(answer.headers.get("Retry-After"), "60");
  assert.ok(answer.headers.get("X-Request-Id") && answer.headers.get("Content-Security-Policy"));
  const { error, code } = await answer.json();
  assert.deepEqual([error, code], [
    "We cannot do this right now. Please try again in a moment.",
    "unavailable",
  ]);
});

Deno.test("what is public and kept by caches carries no cookie", async () => {
  await withApp({}, async (app) => {
    const browser = new Browser(app);
    browser.cookies.set("__Host-annyeong", "broken");
    for (const path of [stylesheet.path, "/.well-known/jwks.json", "/healthz", "/readyz"]) {
      const answer = await browser.copy().get(`${path}?lang=en`, { Accept: "text/html" });
      assert.equal(answer.status, 200, path);
      assert.deepEqual(answer.headers.getSetCookie(), [], path);
    }
  });
});

Deno.test("a table that only looks like the engine's own is a table", async () => {
  await withApp({}, async (app) => {
    const hong = await newMember(app, "hong");
    for (const name of ["libsql_people", "_litestream_people"]) {
      await app.db.write([`CREATE TABLE ${name} (user_id TEXT)`]);
      await captureLog(async () => {
        assert.equal((await hong.get("/readyz/withdrawal")).status, 503, name);
      });
      assert.equal((await hong.send("DELETE", "/withdrawal")).status, 503, name);
      await app.db.write([`DROP TABLE ${name}`]);
    }
  });
});

Deno.test("recipients are unique, and reached by https with a secret that is one", async () => {
  const production = {
    PUBLIC_ORIGIN: "https://members.example",
    ...await freshSecrets("production"),
  };
  const secret = `whsec_${
    btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))))
  }`;
  const entry = { name: "mailer", url: "https://mail.example/hook", secret };
  const parse = (...list: object[]) =>
    parseConfig({ ...production, RECIPIENTS: JSON.stringify(list) }, "deno");
  assert.equal(parse(entry, { ...entry, name: "other" }).recipients.length, 2);
  assert.throws(() => parse(entry, entry), /^ConfigError: RECIPIENTS repeats a name/);
  const inside = [
    "http://mail.example",
    "https://localhost/",
    "https://127.1/",
    "https://0x7f000001/",
  ];
  inside.push(
    "https://10.1.2.3/",
    "https://192.168.0.1/",
    "https://172.16.9.9/",
    "https://169.254.169.254/",
  );
  inside.push(
    "https://[::1]/",
    "https://[fd00::1]/",
    "https://[::ffff:10.0.0.1]/",
    "https://db.internal/",
  );
  inside.push(
    "https://0.0.0.0/",
    "https://printer.local/",
    "https://100.64.0.1/",
    "https://intranet/",
  );
  for (const url of inside) {
    assert.throws(() => parse({ ...entry, url }), /RECIPIENTS may name https/, url);
  }
  assert.throws(
    () => parse({ ...entry, secret: `whsec_${"A".repeat(40)}` }),
    /RECIPIENTS holds a generated/,
  );
});

Deno.test("a due erasure that is refused says why in the log", async () => {
  await withApp({ env: { WITHDRAWAL_GRACE_DAYS: "1" } }, async (app) => {
    const hong = await newMember(app, "hong");
    await hong.send("DELETE", "/withdrawal");
    await app.db.write(["CREATE TABLE reviews (id INTEGER PRIMARY KEY)"]);
    app.clock.pass(day);
    const { runJobs } = await import("../../jobs/mod.ts");
    const log = await captureLog(async () => {
      await runJobs(app.services);
    });
    assert.match(log, /an erasure that is due was refused/);
    assert.match(log, /table \\"reviews\\" is not on the data map/);
  });
});

Deno.test("a pending member's preview says when, and GET of a form describes it to programs", async () => {
  await withApp({ env: { WITHDRAWAL_GRACE_DAYS: "1" } }, async (app) => {
    const hong = await newMember(app, "hong");
    assert.equal("erase_at" in (await hong.get("/withdrawal")).json, false);
    const { erase_at } = (await hong.send("DELETE", "/withdrawal")).json;
    assert.equal((await (await signIn(app, "hong")).get("/withdrawal")).json.erase_at, erase_at);
    const form = (await hong.get("/register")).json;
    assert.deepEqual(form, { method: "POST", fields: ["user_id", "email", "password"] });
    const page = await hong.get("/login", { Accept: "text/html" });
    assert.match(page.text, /^<!DOCTYPE html><html lang="ko">/);
    const broken = await hong.send("POST", "/login", "{", { "Content-Type": "application/json" });
    assert.deepEqual(broken.json.fields, {});
  });
});

Deno.test("a folder that is not there is named by its variable, without its path", async () => {
  const db = openDatabase({ url: "file:/nowhere/at/all.db", authToken: undefined, timeoutMs: 100 });
  await assert.rejects(db);
  const output = await new Deno.Command(Deno.execPath(), {
    args: ["task", "-q", "migrate"],
    env: { TURSO_DATABASE_URL: "file:/nowhere/canary.db", NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder().decode(output.stdout) + new TextDecoder().decode(output.stderr);
  assert.equal(output.code, 1);
  assert.match(text, /TURSO_DATABASE_URL cannot be opened/);
  assert.ok(!text.includes("canary"));
});
