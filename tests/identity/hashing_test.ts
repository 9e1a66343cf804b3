/** Hashing is bounded, so that it does not keep other requests waiting. */
import assert from "node:assert/strict";
import { createPasswords, type Turn } from "../../crypto/passwords.ts";
import { AppError } from "../../domain/error.ts";
import { createSemaphore, NotBegun } from "../../runtime/semaphore.ts";
import { Browser, goodPassword, join, openApp, withApp } from "../support/harness.ts";

const right = { user_id: "hong", password: goodPassword };

Deno.test("of many sign-ins at once only a few are hashed at a time, and all succeed in turn", async () => {
  await withApp({ env: { THROTTLE_SCALE: "1000" } }, async (app) => {
    await join(app, "hong");
    const inTurn = createSemaphore(2);
    let underWay = 0;
    let most = 0;
    const turn: Turn = (work) =>
      inTurn(10_000, async () => {
        most = Math.max(most, ++underWay);
        try {
          return await work();
        } finally {
          underWay--;
        }
      });
    app.services.passwords = createPasswords(4, 256, turn);
    const sent = Array.from({ length: 20 }, () => new Browser(app).send("POST", "/login", right));
    const statuses = (await Promise.all(sent)).map(({ status }) => status);
    assert.deepEqual(statuses, Array(20).fill(200));
    assert.equal(most, 2);
  });
});

Deno.test("work whose turn does not come in time is never begun", async () => {
  const inTurn = createSemaphore(1);
  let release = () => {};
  const first = inTurn(1000, () => new Promise<void>((resolve) => release = resolve));
  let begun = false;
  await assert.rejects(inTurn(20, () => Promise.resolve(begun = true)), NotBegun);
  release();
  await first;
  assert.equal(begun, false);
  assert.equal(await inTurn(20, () => Promise.resolve("free again")), "free again");
});

Deno.test("a sign-in whose turn to be hashed does not come is 503, and counts nowhere", async () => {
  const app = await openApp();
  await join(app, "hong");
  app.services.passwords = createPasswords(4, 256, () => {
    throw new AppError("unavailable", { retryAfterMs: 1000 });
  });
  const answer = await new Browser(app).send("POST", "/login", right);
  assert.deepEqual([answer.status, answer.headers.get("Retry-After")], [503, "1"]);
  assert.deepEqual(await app.sql("SELECT * FROM attempts WHERE subject LIKE 'pair%'"), []);
  await app.close();
});
