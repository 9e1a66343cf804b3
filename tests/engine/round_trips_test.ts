import assert from "node:assert/strict";
import { sqldPath } from "../../cli/sqld.ts";
import { Browser, goodPassword, join, openApp, signIn } from "../support/harness.ts";
import { openProxy } from "../support/proxy.ts";
import { openSqld } from "../support/stacks.ts";

Deno.test({
  name: "each request costs no more round trips to the database than are promised",
  ignore: !sqldPath(),
  async fn() {
    const sqld = await openSqld();
    const proxy = openProxy(sqld.url);
    const app = await openApp({ env: { TURSO_DATABASE_URL: proxy.url } });
    const trips = async (work: () => Promise<unknown>) => {
      proxy.reset();
      await work();
      return proxy.count;
    };
    await join(app, "warm");
    assert.equal(await trips(() => new Browser(app).get("/")), 0);
    assert.equal(await trips(() => join(app, "hong")), 2);
    const browser = new Browser(app);
    const form = { user_id: "hong", password: goodPassword };
    assert.equal(await trips(() => browser.send("POST", "/login", form)), 2);
    assert.equal(await trips(() => browser.get("/")), 1);
    assert.equal(await trips(() => browser.get("/userinfo")), 1);
    assert.equal(await trips(() => browser.get("/userinfo/sessions")), 1);
    assert.equal(await trips(() => browser.get("/userinfo/export")), 1);
    assert.equal(await trips(() => browser.get("/withdrawal")), 1);
    const withPassword = { password: goodPassword };
    assert.equal(await trips(() => browser.send("DELETE", "/withdrawal", withPassword)), 2);
    await join(app, "kim");
    const other = await signIn(app, "kim");
    assert.equal(await trips(() => other.copy().send("POST", "/logout")), 1);
    const third = await signIn(app, "kim");
    assert.equal(await trips(() => third.send("DELETE", "/withdrawal")), 2);
    assert.equal(await trips(() => third.get("/policy")), 0);
    await app.close();
    proxy.close();
    await sqld.stop();
  },
});
