/** The service or its database is killed under load: acknowledged acts are there, and no act is half done. */
import fc from "fast-check";
import assert from "node:assert/strict";
import { createClient } from "@libsql/client";
import { openDatabase } from "../../db/engine/database.ts";
import { freePort, sqldPath, startSqld } from "../../cli/sqld.ts";
import { join, openApp, type Service, withApp } from "../support/harness.ts";
import { checkLives, checkRows, type Life, liveTogether } from "../support/lives.ts";
import { startService } from "../support/process.ts";
import { runs } from "../support/rounds.ts";
import { tally } from "../support/tally.ts";

/** Checks what each member was told against the database. Throws for a lost act, and counts the rest. */
async function checkAll(killed: string, kills: number, service: Service, lives: Life[]) {
  await checkLives(service, lives);
  const count = (column: string, n: number) => tally("Kills under load", killed, column, n);
  count("kills", kills);
  count("members under way", lives.length);
  count("joins acknowledged", lives.filter(({ joining }) => joining === "told").length);
  count("withdrawals acknowledged", lives.filter(({ leaving }) => leaving === "told").length);
}

const moments = fc.array(fc.integer({ min: 300, max: 1300 }), { minLength: 3, maxLength: 3 });
const settings = () => ({ ...runs<[number[]]>(1), endOnFailure: true });

Deno.test("a service that is killed at any moment keeps what it acknowledged, and nothing half done", async () => {
  await fc.assert(
    fc.asyncProperty(moments, async (kills) => {
      const folder = await Deno.makeTempDir({ prefix: "annyeong-crash-" });
      const lives: Life[] = [];
      const port = freePort();
      let service = await startService(folder, { port });
      try {
        for (const [round, after] of kills.entries()) {
          let killed = false;
          const many = Array(8).fill(service); // so that commits are shared
          const members = liveTogether(many, lives, `m${round}`, () => killed);
          await new Promise((resolve) => setTimeout(resolve, after));
          killed = true;
          await service.kill();
          await members;
          service = await startService(folder, { port });
        }
        await checkAll("the service", kills.length, service, lives);
      } finally {
        await service.kill();
      }
      const db = await openDatabase({
        url: `file:${folder}/test.db`,
        authToken: undefined,
        timeoutMs: 5000,
      });
      await checkRows(db);
      db.close();
      assert.ok(
        lives.some(({ leaving }) => leaving === "told"),
        "somebody had left before the end",
      );
      await Deno.remove(folder, { recursive: true });
    }),
    settings(),
  );
});

Deno.test({
  name:
    "a database that is killed at any moment keeps what was acknowledged, and nothing half done",
  ignore: !sqldPath(),
  async fn() {
    await fc.assert(
      fc.asyncProperty(moments, async (kills) => {
        const folder = await Deno.makeTempDir({ prefix: "annyeong-sqld-" });
        const port = freePort();
        let sqld = await startSqld(folder, port);
        const app = await openApp({
          env: {
            TURSO_DATABASE_URL: sqld.url,
            THROTTLE_SCALE: "1000000",
            DATABASE_TIMEOUT_MS: "3000",
          },
        });
        const lives: Life[] = [];
        try {
          for (const [round, after] of kills.entries()) {
            let killed = false;
            const members = liveTogether(Array(8).fill(app), lives, `m${round}`, () => killed);
            await new Promise((resolve) => setTimeout(resolve, after));
            killed = true;
            await sqld.stop("SIGKILL");
            await members;
            sqld = await startSqld(folder, port);
          }
          await checkAll("the database", kills.length, app, lives);
          await checkRows(app.db);
        } finally {
          await app.close();
          await sqld.stop("SIGKILL");
        }
        assert.ok(
          lives.some(({ leaving }) => leaving === "told"),
          "somebody had left before the end",
        );
        await Deno.remove(folder, { recursive: true });
      }),
      settings(),
    );
  },
});

Deno.test("the embedded database syncs every commit to the disk, also after its connection is replaced", async () => {
  await withApp({}, async (app) => {
    const pragmas = async () => {
      const [sync] = await app.sql("PRAGMA synchronous");
      const [journal] = await app.sql("PRAGMA journal_mode");
      return [sync!.synchronous, journal!.journal_mode];
    };
    assert.deepEqual(await pragmas(), [2, "wal"], "FULL");
    const other = createClient({ url: app.services.config.database.url, concurrency: 1 });
    const held = await other.transaction("write");
    const joining = join(app, "hong"); // sees SQLITE_BUSY, and replaces the connection
    await new Promise((resolve) => setTimeout(resolve, 200));
    await held.rollback();
    other.close();
    assert.equal((await joining).status, 201);
    assert.deepEqual(await pragmas(), [2, "wal"], "FULL");
  });
});
