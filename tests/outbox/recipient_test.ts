/** What a recipient cannot do: send events elsewhere, or hold a delivery for ever. */
import assert from "node:assert/strict";
import { runJobs } from "../../jobs/mod.ts";
import { newMember, openApp } from "../support/harness.ts";

/** Serves `answer` on loopback; returns its URL and how often it was asked. */
function serve(answer: () => Response | Promise<Response>) {
  let asked = 0;
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    asked++;
    await request.body?.cancel();
    return await answer();
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}/hook`,
    asked: () => asked,
    close: () => server.shutdown(),
  };
}

function recipients(url: string) {
  const secret = `whsec_${btoa("x".repeat(32))}`;
  return JSON.stringify([{ name: "mailer", kind: "processor", url, secret }]);
}

Deno.test("a redirect by a recipient is not followed, with any status", async () => {
  const elsewhere = serve(() => new Response(null, { status: 200 }));
  const locations = [elsewhere.url, `${elsewhere.url}?2`];
  for (const status of [301, 302, 303, 307, 308]) {
    const recipient = serve(() =>
      new Response(null, { status, headers: { Location: locations[status % 2]! } })
    );
    const app = await openApp({ env: { RECIPIENTS: recipients(recipient.url) } });
    await (await newMember(app, "hong")).send("DELETE", "/withdrawal");
    await runJobs(app.services);
    assert.deepEqual([recipient.asked(), elsewhere.asked()], [1, 0], `${status}`);
    const [row] = await app.sql("SELECT status, problem FROM outbox");
    assert.deepEqual({ ...row }, { status: "waiting", problem: `status ${status}` });
    await app.close();
    await recipient.close();
  }
  await elsewhere.close();
});

Deno.test("a try that a recipient does not answer is cut off, and tried again", async () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => release = resolve);
  const recipient = serve(async () => {
    await held;
    return new Response(null, { status: 200 });
  });
  const app = await openApp({ env: { RECIPIENTS: recipients(recipient.url) } });
  await (await newMember(app, "hong")).send("DELETE", "/withdrawal");
  const limits: number[] = [];
  const { timeout } = AbortSignal;
  AbortSignal.timeout = (ms) => { // as it is, but a hundred times as fast
    limits.push(ms);
    return timeout.call(AbortSignal, ms / 100);
  };
  try {
    await runJobs(app.services);
  } finally {
    AbortSignal.timeout = timeout;
  }
  const [row] = await app.sql("SELECT status, problem, tries FROM outbox");
  release();
  assert.deepEqual({ ...row }, { status: "waiting", problem: "timeout", tries: 1 });
  assert.equal(limits.length, 1);
  assert.ok(limits[0]! >= 15_000 && limits[0]! <= 30_000, "as Standard Webhooks 1.0.0 asks");
  await app.close();
  await recipient.close();
});
