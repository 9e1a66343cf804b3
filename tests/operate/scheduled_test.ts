import assert from "node:assert/strict";
import { Webhook } from "standardwebhooks";
import { sqldPath } from "../../cli/sqld.ts";
import { Browser, newMember } from "../support/harness.ts";
import { openWorker } from "../support/stacks.ts";

Deno.test({
  name: "workerd: the cron trigger erases who is due, and tells the recipients",
  ignore: !sqldPath(),
  async fn() {
    const secret = `whsec_${btoa("s".repeat(32))}`;
    const types: string[] = [];
    const receiver = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      async (request) => {
        const headers = Object.fromEntries(request.headers);
        const body = new Webhook(secret).verify(await request.text(), headers) as { type: string };
        types.push(body.type);
        return new Response(null, { status: 204 });
      },
    );
    const url = `http://127.0.0.1:${(receiver.addr as Deno.NetAddr).port}/hook`;
    const worker = await openWorker({
      env: {
        WITHDRAWAL_GRACE_DAYS: "0.00001", // less than a second
        RECIPIENTS: JSON.stringify([{ name: "mailer", url, secret }]),
      },
    });
    const member = await newMember(worker, "hong");
    const asked = await member.send("DELETE", "/withdrawal");
    assert.equal(asked.status, 202);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const receipt = async () =>
      (await new Browser(worker).get(`/receipts/${asked.json.receipt_id}`)).json;
    for (let n = 0; n < 20 && (await receipt()).recipients?.[0].status !== "confirmed"; n++) {
      const trigger = await fetch(`${worker.origin}/cdn-cgi/handler/scheduled`);
      assert.equal(trigger.status, 200, await trigger.text());
    }
    assert.deepEqual(types, ["member.withdrawal_scheduled", "member.withdrawn"]);
    assert.equal((await receipt()).recipients[0].status, "confirmed");
    assert.deepEqual(await worker.sql("SELECT id FROM users"), []);
    await worker.close();
    await receiver.shutdown();
  },
});

Deno.test({
  name: "workerd: a clock far ahead of the database erases nobody until an operator accepts it",
  ignore: !sqldPath(),
  async fn() {
    const worker = await openWorker({ env: { WITHDRAWAL_GRACE_DAYS: "0.00001" } });
    const asked = await (await newMember(worker, "hong")).send("DELETE", "/withdrawal");
    assert.equal(asked.status, 202);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const monthAgo = Date.now() - 30 * 24 * 60 * 60_000;
    await worker.sql("UPDATE clock SET seen_at = ?", [monthAgo]);
    const runJobs = async () => {
      const trigger = await fetch(`${worker.origin}/cdn-cgi/handler/scheduled`);
      assert.equal(trigger.status, 200, await trigger.text());
    };
    await runJobs();
    assert.equal((await worker.sql("SELECT id FROM users")).length, 1);
    assert.equal((await new Browser(worker).get("/readyz")).status, 200);
    assert.equal((await new Browser(worker).get("/readyz/withdrawal")).status, 503);
    await worker.sql("UPDATE clock SET seen_at = ?", [Date.now()]); // as `admin clock accept` does
    await runJobs();
    assert.equal((await worker.sql("SELECT id FROM users")).length, 0);
    assert.equal((await new Browser(worker).get("/readyz/withdrawal")).status, 200);
    await worker.close();
  },
});
