/** What members hear of without having asked for it. */
import assert from "node:assert/strict";
import { runJobs } from "../../jobs/mod.ts";
import { eraseMember } from "../../actions/erase_member.ts";
import { restoreByOperator } from "../../actions/restore.ts";
import {
  Browser,
  day,
  dump,
  goodPassword,
  join,
  minute,
  newMember,
  recoveryPath,
  signIn,
  type TestApp,
  withApp,
} from "../support/harness.ts";
import { lastMail, mailsOf } from "../support/outbox_mails.ts";
import type { Mail, Sent } from "../../mail/transport.ts";

const env = { MAIL_URL: "app:", MAIL_FROM: "hi@haru.example", THROTTLE_SCALE: "1000" };
const password = "battery staple 9";

/** A transport that keeps what it is given, and answers as it is told. */
function keeping(answer: () => Sent = () => ({ verdict: "accepted" })) {
  const mails: Mail[] = [];
  const transport = (mail: Mail) => {
    mails.push(mail);
    return Promise.resolve(answer());
  };
  return { mails, transport };
}

async function kindsOf(app: TestApp, except = ["verification"]): Promise<string[]> {
  return (await mailsOf(app)).map(({ kind }) => kind).filter((kind) => !except.includes(kind));
}

Deno.test("a member hears of a sign-in on a device that was not used before, and of no other", async () => {
  await withApp({ env }, async (app) => {
    await join(app, "hong");
    const phone = await signIn(app, "hong");
    assert.deepEqual(await kindsOf(app), [], "the first sign-in of a new member");
    await phone.send("POST", "/logout");
    await phone.send("POST", "/login", { user_id: "hong", password: goodPassword });
    assert.deepEqual(await kindsOf(app), [], "the same device again");
    const ipad =
      "Mozilla/5.0 (iPad; CPU OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1";
    await signIn(app, "hong", goodPassword, { "User-Agent": ipad });
    const [notice] = (await mailsOf(app)).filter(({ kind }) => kind === "new_sign_in");
    assert.equal(notice!.device, "Safari · iPad");
    assert.equal(notice!.to, "hong@example.com");
    await signIn(app, "hong", goodPassword, { "User-Agent": "<b>Bank</b> http://evil.example" });
    const last = (await mailsOf(app)).at(-1)!;
    assert.equal(last.device, "", "no text of the client");
    await new Browser(app).send("POST", "/login", { user_id: "hong", password: "wrong" });
    assert.equal((await kindsOf(app)).length, 2);
    app.clock.pass(100 * day);
    await runJobs(app.services); // sweeps the sign-ins
    await app.sql("DELETE FROM outbox");
    await signIn(app, "hong");
    assert.deepEqual(await kindsOf(app), ["new_sign_in"], "an old account without sign-ins");
  });
});

Deno.test("who joins with a stranger's address cannot fill the stranger's mailbox with notices", async () => {
  await withApp({ env: { ...env, THROTTLE_SCALE: "1" } }, async (app) => {
    const noticesTo = async (address: string) =>
      (await mailsOf(app)).filter(({ kind, to }) => kind !== "verification" && to === address);
    const joinAndSignIn = async (name: string, times: number) => {
      const email = "kim@example.com";
      await new Browser(app).send("POST", "/register", {
        user_id: name,
        email,
        password: goodPassword,
      });
      for (let n = 0; n < times; n++) {
        const { json } = await (await signIn(app, name)).get("/userinfo");
        assert.equal(json.email, email);
      }
      return await signIn(app, name);
    };
    await joinAndSignIn("first", 8);
    const leaver = await signIn(app, "first");
    assert.equal((await leaver.send("DELETE", "/withdrawal")).status, 200);
    await joinAndSignIn("second", 8);
    assert.equal((await noticesTo("kim@example.com")).length <= 10, true);
    app.clock.pass(60 * minute);
    await signIn(app, "second");
    assert.equal((await noticesTo("kim@example.com")).at(-1)!.kind, "new_sign_in");

    // the owner verifies the address for another account: from now on it gets nothing about this one
    const owner = await newMember(app, "owner");
    await owner.send("POST", "/userinfo/email", { email: "kim@example.com" });
    await new Browser(app).send("POST", (await lastMail(app, "email_change")).path);
    const before = (await noticesTo("kim@example.com")).length;
    for (let n = 0; n < 12; n++) await signIn(app, "second");
    assert.equal((await noticesTo("kim@example.com")).length, before);
    for (let n = 0; n < 12; n++) await signIn(app, "owner");
    const toOwner = (await noticesTo("kim@example.com")).slice(before);
    assert.equal(toOwner.length, 12, "a verified member hears of everything");
    assert.ok(toOwner.every(({ name }) => name === "owner"));
    await (await signIn(app, "owner")).send("POST", "/userinfo/email", {
      email: "new@example.com",
    });
    await new Browser(app).send("POST", (await lastMail(app, "email_change")).path);
    const last = (await noticesTo("kim@example.com")).at(-1)!;
    assert.equal(last.kind, "email_changed", "the stranger has not used up the owner's limit");
  });
});

Deno.test("a changed password is told, once, also when it was changed by a link", async () => {
  await withApp({ env }, async (app) => {
    const hong = await newMember(app, "hong");
    const wrong = { current: "wrong", password };
    assert.equal((await hong.send("POST", "/userinfo/password", wrong)).status, 403);
    assert.deepEqual(await kindsOf(app), []);
    const right = { current: goodPassword, password };
    assert.equal((await hong.send("POST", "/userinfo/password", right)).status, 200);
    assert.deepEqual(await kindsOf(app), ["password_changed"]);
    const [{ id }] = await app.sql("SELECT id FROM users") as unknown as [{ id: string }];
    const path = await recoveryPath(app, id);
    for (const status of [200, 404]) {
      assert.equal((await new Browser(app).send("POST", path, { password })).status, status);
    }
    assert.deepEqual(await kindsOf(app), ["password_changed", "password_changed"]);
  });
});

Deno.test("a scheduled withdrawal, its restoration and the erasure are told, with the number of the receipt", async () => {
  const { mails, transport } = keeping();
  const graced = { ...env, WITHDRAWAL_GRACE_DAYS: "7" };
  await withApp({ env: graced, transport }, async (app) => {
    const hong = await newMember(app, "hong");
    const first = (await hong.send("DELETE", "/withdrawal")).json;
    const back = await signIn(app, "hong");
    assert.equal((await back.send("POST", "/restoration")).status, 200);
    assert.equal((await back.send("POST", "/restoration")).status, 409);
    await (await signIn(app, "hong")).send("DELETE", "/withdrawal");
    const [{ id }] = await app.sql("SELECT id FROM users") as unknown as [{ id: string }];
    const audit = { operator: "o", host: "h", act: "restore", memberId: id, why: "w" };
    assert.ok(await restoreByOperator(app.services, id, audit, app.clock.now()));
    const { receipt_id } = (await (await signIn(app, "hong")).send("DELETE", "/withdrawal")).json;
    await runJobs(app.services);
    const told = mails.filter(({ text }) => !/verification|기기/.test(text));
    assert.match(told[0]!.subject, /탈퇴 신청이 접수/);
    assert.ok(told[0]!.text.includes(first.receipt_id));
    assert.match(told[0]!.text, /2026년 11월 29일.*까지/);
    assert.match(told[1]!.subject, /철회되었습니다/);
    assert.match(told[3]!.subject, /철회되었습니다/);
    mails.length = 0;
    app.clock.pass(8 * day);
    await runJobs(app.services);
    await runJobs(app.services);
    assert.equal(mails.length, 1);
    assert.match(mails[0]!.subject, /회원탈퇴가 완료/);
    assert.equal(mails[0]!.to, "hong@example.com");
    assert.ok(mails[0]!.text.includes(`https://members.example/receipts/${receipt_id}`));
    assert.deepEqual(await app.sql("SELECT id FROM outbox"), [], "nothing stays of the mails");
  });
});

Deno.test("leaving destroys the mails that were not sent, and nobody hears of a mail to somebody who has left", async () => {
  const failing = keeping(() => ({ verdict: "failed" }));
  await withApp({ env, transport: failing.transport }, async (app) => {
    const hong = await newMember(app, "hong");
    await newMember(app, "kim");
    await hong.send("POST", "/userinfo/password", { current: goodPassword, password });
    await runJobs(app.services);
    const { receipt_id } = (await hong.send("DELETE", "/withdrawal", { password })).json;
    const kinds = (await mailsOf(app)).filter(({ name }) => name === "hong").map(({ kind }) =>
      kind
    );
    assert.deepEqual(kinds, ["erased"]);
    const [row] = await app.sql("SELECT receipt_id FROM outbox WHERE type = 'erased'");
    assert.equal(row!.receipt_id, receipt_id);
    for (const [table, rows] of await dump(app)) {
      assert.doesNotMatch(rows.join("\n"), /hong/, table);
    }
    app.clock.pass(day);
    app.services.transport = null;
    await runJobs(app.services);
    assert.deepEqual(await app.sql("SELECT id FROM outbox WHERE type = 'erased'"), []);
  });
});

Deno.test("an erasure that is repeated after a restore of a backup tells nobody", async () => {
  await withApp({ env }, async (app) => {
    await newMember(app, "hong");
    const [member] = await app.sql("SELECT id, name, email FROM users");
    const erased = await eraseMember(app.services, {
      initiator: {
        from: "users",
        where: "users.id = :member_id",
        values: { member_id: member!.id as string },
        receiptId: ":receipt_id",
      },
      member: { id: String(member!.id), name: "hong", email: "hong@example.com" },
      receiptId: "r",
      now: app.clock.now() + minute,
    });
    assert.ok(erased);
    assert.deepEqual(await mailsOf(app), []);
  });
});

Deno.test("without mail nothing is written to the outbox", async () => {
  await withApp({ env: { MAIL_URL: "off" } }, async (app) => {
    const hong = await newMember(app, "hong");
    await signIn(app, "hong");
    await hong.send("POST", "/userinfo/password", { current: goodPassword, password });
    await hong.send("DELETE", "/withdrawal", { password });
    assert.deepEqual(await app.sql("SELECT id FROM outbox"), []);
  });
});
