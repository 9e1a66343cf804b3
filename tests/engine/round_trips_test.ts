import assert from "node:assert/strict";
import { sqldPath } from "../../cli/sqld.ts";
import { Browser, goodPassword, join, openApp, signIn } from "../support/harness.ts";
import { lastMail } from "../support/outbox_mails.ts";
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
    const mailing = await openApp({
      env: { TURSO_DATABASE_URL: proxy.url, MAIL_URL: "file:/dev/null", MAIL_FROM: "a@b.example" },
    });
    const visitor = new Browser(mailing);
    assert.equal(await trips(() => join(mailing, "lee")), 2);
    const { path } = await lastMail(mailing, "verification");
    assert.equal(await trips(() => visitor.get(path)), 1);
    assert.equal(await trips(() => visitor.send("POST", path)), 2);
    for (const user_id of ["lee", "nobody"]) {
      assert.equal(await trips(() => visitor.send("POST", "/recovery", { user_id })), 2);
    }
    const recovery = (await lastMail(mailing, "recovery")).path;
    assert.equal(await trips(() => visitor.get(recovery)), 1);
    assert.equal(await trips(() => visitor.send("POST", recovery, withPassword)), 2);
    const lee = await signIn(mailing, "lee");
    const email = "lee@new.example";
    assert.equal(await trips(() => lee.send("POST", "/userinfo/email", { email })), 2);
    const change = (await lastMail(mailing, "email_change")).path;
    assert.equal(await trips(() => visitor.send("POST", change)), 2);
    const undo = (await lastMail(mailing, "email_changed")).path;
    assert.equal(await trips(() => visitor.send("POST", undo)), 2);
    assert.equal(
      await trips(() => visitor.send("POST", "/leave", { email: "lee@example.com" })),
      2,
    );
    const leave = (await lastMail(mailing, "leave")).path;
    assert.equal(await trips(() => visitor.send("POST", leave)), 2);
    await mailing.close();
    proxy.close();
    await sqld.stop();
  },
});
