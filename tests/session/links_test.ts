import assert from "node:assert/strict";
import { Browser, join, minute, recoveryPath, withApp } from "../support/harness.ts";

Deno.test("a recovery link works for 30 minutes, and opening its page does not use it", async () => {
  await withApp({}, async (app) => {
    await join(app, "hong");
    const [{ id }] = await app.sql("SELECT id FROM users") as unknown as [{ id: string }];
    const path = await recoveryPath(app, id);
    const visitor = new Browser(app);
    const body = { password: "battery staple 9" };
    app.clock.pass(30 * minute - 1);
    for (let n = 0; n < 2; n++) assert.equal((await visitor.get(path)).status, 200);
    app.clock.pass(1);
    assert.equal((await visitor.get(path)).status, 404);
    assert.equal((await visitor.send("POST", path, body)).status, 404);
    const fresh = await recoveryPath(app, id);
    app.clock.pass(30 * minute - 1);
    assert.equal((await visitor.send("POST", fresh, body)).status, 200);
  });
});
