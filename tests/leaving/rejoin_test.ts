import assert from "node:assert/strict";
import { eraseMember } from "../../actions/erase_member.ts";
import { unblock } from "../../actions/unblock.ts";
import { newId } from "../../crypto/tokens.ts";
import { proofSource } from "../../db/identity/proofs.ts";
import { byOperator } from "../../db/leaving/initiator.ts";
import { Browser, day, goodPassword, join, newMember, withApp } from "../support/harness.ts";
import { lastMail } from "../support/outbox_mails.ts";

const what = "Keyed hashes of the username and email";

Deno.test("preview, receipt and policy say what a rejoin block stores, why, and until when", async () => {
  await withApp({ env: { REJOIN_BLOCK_DAYS: "30" } }, async (app) => {
    const member = await newMember(app, "hong");
    const until = new Date(app.clock.now() + 30 * day).toISOString();
    const line = { what, count: 2, ground: "To prevent abuse while rejoining is blocked", until };
    const { keep } = (await member.get("/withdrawal?lang=en")).json;
    assert.deepEqual(keep, [line]);

    const { receipt_id, receipt } = (await member.send("DELETE", "/withdrawal")).json;
    const visitor = new Browser(app);
    const found = (await visitor.get(`/receipts/${receipt_id}?lang=en`)).json;
    assert.deepEqual(found.kept, [line]);
    const claims = JSON.parse(
      atob(receipt.split(".")[1].replaceAll("-", "+").replaceAll("_", "/")),
    );
    assert.equal(claims.kept.length, 1);
    assert.equal(claims.kept[0].until, until);
    assert.equal(claims.remaining, 0);

    const { stored } = (await visitor.get("/policy?lang=en")).json;
    const stated = stored.find((place: { what: string }) => place.what === what);
    assert.equal(stated.on_withdrawal, "keep");
    assert.deepEqual(stated.period, { days: 30 });
    const html = { Accept: "text/html" };
    for (const path of [`/receipts/${receipt_id}`, "/policy"]) {
      assert.ok((await visitor.get(`${path}?lang=en`, html)).text.includes(what), path);
    }
  });
});

Deno.test("with EMAIL_VERIFICATION=required a stranger's erasure does not keep the owner of an address out", async () => {
  const env = {
    ...{ MAIL_URL: "file:/dev/null", MAIL_FROM: "a@b.example", EMAIL_VERIFICATION: "required" },
    REJOIN_BLOCK_DAYS: "30",
  };
  await withApp({ env }, async (app) => {
    const erase = async (name: string) => {
      const [row] = await app.sql("SELECT id, email_verified_at FROM users WHERE name = ?", [name]);
      const member = {
        id: String(row!.id),
        name,
        email: "hong@example.com",
        emailVerified: !!row!.email_verified_at,
      };
      await eraseMember(app.services, {
        initiator: byOperator(
          app.services.inventory.subject,
          proofSource({ by: "operator", memberId: String(row!.id) }),
        ),
        ...{ member, receiptId: newId(), now: app.clock.now() },
      });
    };
    const register = async (user_id: string) => {
      const body = { user_id, email: "hong@example.com", password: goodPassword };
      return (await new Browser(app).send("POST", "/register", body)).status;
    };
    assert.equal(await register("squatter"), 201);
    await erase("squatter");
    assert.equal(await register("squatter"), 409);
    assert.equal(await register("hong"), 201);
    await new Browser(app).send("POST", (await lastMail(app, "verification")).path);
    await erase("hong");
    assert.equal(await register("hong2"), 409);
    const { receipt_id } = (await app.sql("SELECT receipt_id FROM erasures ORDER BY rowid"))[0]!;
    const { kept } = (await new Browser(app).get(`/receipts/${receipt_id}?lang=en`)).json;
    assert.equal(kept[0].count, 1);
  });
});

Deno.test("with a grace period the block is told from the deadline on", async () => {
  const env = { REJOIN_BLOCK_DAYS: "30", WITHDRAWAL_GRACE_DAYS: "7" };
  await withApp({ env }, async (app) => {
    const member = await newMember(app, "hong");
    const { keep } = (await member.get("/withdrawal")).json;
    assert.equal(keep[0].until, new Date(app.clock.now() + 37 * day).toISOString());
  });
});

Deno.test("without a rejoin block nothing is said of one", async () => {
  await withApp({}, async (app) => {
    const member = await newMember(app, "hong");
    assert.deepEqual((await member.get("/withdrawal?lang=en")).json.keep, []);
    const { receipt_id } = (await member.send("DELETE", "/withdrawal")).json;
    const visitor = new Browser(app);
    assert.deepEqual((await visitor.get(`/receipts/${receipt_id}`)).json.kept, []);
    assert.ok(!(await visitor.get("/policy?lang=en")).text.includes(what));
  });
});

Deno.test("an operator lifts the block of a name or of an address, and only that", async () => {
  await withApp({ env: { REJOIN_BLOCK_DAYS: "30" } }, async (app) => {
    await (await newMember(app, "hong")).send("DELETE", "/withdrawal");
    assert.equal((await join(app, "hong")).status, 409);
    const lift = (text: string) =>
      unblock(
        app.services,
        text,
        { operator: "o", host: "h", act: "unblock", memberId: null, why: "w" },
        app.clock.now(),
      );
    assert.equal(await lift("nobody"), 0);
    assert.equal(await lift("HONG@example.com"), 1);
    assert.equal((await join(app, "hong")).status, 409, "the name is still blocked");
    assert.equal(await lift("hong"), 1);
    assert.equal((await join(app, "hong")).status, 201);
    const lines = await app.sql("SELECT act FROM audit");
    assert.equal(lines.length, 2, "what lifted nothing leaves no line");
  });
});
