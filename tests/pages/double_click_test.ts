/** A form that is sent twice leads to one answer. `browser_test.ts` clicks twice in a real browser. */
import assert from "node:assert/strict";
import {
  Browser,
  goodPassword,
  join,
  newMember,
  recoveryPath,
  signIn,
  withApp,
} from "../support/harness.ts";

const html = { Accept: "text/html", "Content-Type": "application/x-www-form-urlencoded" };

/** The token in the form of a page. */
function onceIn(page: string): string {
  return /name="once" value="([^"]+)"/.exec(page)![1]!;
}

function form(fields: Record<string, string>): string {
  return new URLSearchParams(fields).toString();
}

for (const days of ["0", "7"]) {
  Deno.test(`a withdrawal that is sent twice shows its receipt twice, grace ${days} days`, async () => {
    await withApp({ env: { WITHDRAWAL_GRACE_DAYS: days } }, async (app) => {
      const member = await newMember(app, "hong");
      const body = form({ once: onceIn((await member.get("/withdrawal", html)).text), reason: "" });
      const other = member.copy();
      const answers = await Promise.all(
        [member, other].map((browser) => browser.send("POST", "/withdrawal", body, html)),
      );
      answers.push(await member.send("POST", "/withdrawal", body, html));
      answers.push(await new Browser(app).send("POST", "/withdrawal", body, html));
      const [receipt] = answers.map(({ headers }) => headers.get("Location"));
      assert.match(receipt!, /^\/receipts\/[\w-]{22}$/);
      for (const { status, headers } of answers) {
        assert.deepEqual([status, headers.get("Location")], [303, receipt]);
      }
      assert.equal((await new Browser(app).get(receipt!)).status, 200);
      assert.equal(member.session, null);
      const stranger = await new Browser(app).send(
        "POST",
        "/withdrawal",
        form({ reason: "" }),
        html,
      );
      assert.equal(stranger.status, 401, "without the token nobody is told anything");
    });
  });
}

Deno.test("a withdrawal by recovery link that is sent twice shows its receipt twice", async () => {
  await withApp({}, async (app) => {
    await join(app, "hong");
    const [{ id }] = await app.sql("SELECT id FROM users") as unknown as [{ id: string }];
    const path = await recoveryPath(app, id);
    const visitor = new Browser(app);
    const body = form({ once: onceIn((await visitor.get(path, html)).text) });
    const first = await visitor.send("POST", `${path}/withdrawal`, body, html);
    const second = await visitor.send("POST", `${path}/withdrawal`, body, html);
    assert.deepEqual([first.status, second.status], [303, 303]);
    assert.equal(first.headers.get("Location"), second.headers.get("Location"));
  });
});

Deno.test("a program that repeats a withdrawal under its own token gets the same receipt", async () => {
  await withApp({}, async (app) => {
    const member = await newMember(app, "hong");
    const body = { once: "0123456789abcdefghijkl", reason: "other" };
    const first = await member.send("DELETE", "/withdrawal", body);
    const second = await member.send("DELETE", "/withdrawal", body);
    assert.equal(first.status, 200);
    assert.deepEqual([second.status, second.json], [200, first.json]);
    assert.equal((await member.send("DELETE", "/withdrawal", { once: "short" })).status, 401);
  });
});

Deno.test("a registration that is sent twice succeeds twice, and makes one member", async () => {
  await withApp({}, async (app) => {
    const visitor = new Browser(app);
    const fields = {
      user_id: "hong",
      email: "hong@example.com",
      password: goodPassword,
      once: onceIn((await visitor.get("/register", html)).text),
    };
    const send = (changed: Record<string, string> = {}) =>
      visitor.send("POST", "/register", form({ ...fields, ...changed }), html);
    const answers = [...await Promise.all([send(), send()]), await send()];
    for (const { status, headers } of answers) {
      assert.deepEqual([status, headers.get("Location")], [303, "/?done=signedUp"]);
    }
    assert.equal((await app.sql("SELECT id FROM users")).length, 1);
    assert.equal((await send({ user_id: "kim" })).status, 409, "the same e-mail, another name");
    const another = await send({ user_id: "kim", email: "kim@example.com" });
    assert.equal(another.status, 303, "another member gets an id of their own");
    assert.equal((await app.sql("SELECT DISTINCT id FROM users")).length, 2);
    assert.equal((await send({ once: "" })).status, 409, "without the token the name is taken");
  });
});

Deno.test("an old registration form that is sent again never brings back the id of a member who left", async () => {
  await withApp({}, async (app) => {
    const visitor = new Browser(app);
    const once = onceIn((await visitor.get("/register", html)).text);
    const fields = { user_id: "hong", email: "hong@example.com", password: goodPassword, once };
    const ids = new Set<string>();
    for (let n = 0; n < 2; n++) {
      assert.equal((await visitor.send("POST", "/register", form(fields), html)).status, 303);
      const [row] = await app.sql("SELECT id FROM users");
      ids.add(String(row!.id));
      const left = await (await signIn(app, "hong")).send("DELETE", "/withdrawal");
      assert.equal(left.status, 200);
    }
    assert.equal(ids.size, 2);
  });
});
