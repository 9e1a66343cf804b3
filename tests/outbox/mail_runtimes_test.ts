/** The same mails from whole processes: Deno that is killed, and workerd. */
import assert from "node:assert/strict";
import { openDatabase } from "../../db/engine/database.ts";
import { join, newMember } from "../support/harness.ts";
import { type Answer, openMailServer } from "../support/mail_server.ts";
import { startService } from "../support/process.ts";
import { onWorkers, openWorker } from "../support/stacks.ts";

const from = { MAIL_FROM: "Haru Tea <hi@haru.example>" };

/** Waits until `done`, at most half a minute. */
async function until(done: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (let n = 0; n < 600; n++) {
    if (await done()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail(what);
}

Deno.test("killed after the server has taken a mail, the service sends it again with the same Message-ID", async () => {
  const folder = await Deno.makeTempDir({ prefix: "annyeong-mail-" });
  const answers: Promise<Answer>[] = [];
  const server = await openMailServer({ answer: (n) => answers[n - 1] ?? "take" });
  const env = { ...from, MAIL_URL: `smtp://127.0.0.1:${server.port}` };
  let service = await startService(folder, { env });
  const killed = Promise.withResolvers<Answer>();
  answers.push(killed.promise);
  assert.equal((await join(service, "hong")).status, 201);
  await until(() => server.arrived.length === 1, "the mail arrives");
  await service.kill();
  killed.resolve("take"); // the server has the mail, and nobody is there to note it
  const url = `file:${folder}/test.db`;
  const db = await openDatabase({ url, authToken: undefined, timeoutMs: 5000 });
  const rows = async () =>
    (await db.read(["SELECT status, sealed IS NULL AS gone FROM outbox"]))[0]!.rows;
  assert.equal((await rows())[0]!.status, "waiting");
  await db.write(["UPDATE outbox SET leased_until = 0"]); // a lease lasts a minute
  db.close();
  service = await startService(folder, { env });
  await until(() => server.arrived.length === 2, "the mail arrives again");
  assert.equal(new Set(server.arrived).size, 1);
  await service.kill();
  const log = await service.log;
  assert.doesNotMatch(log, /hong|example\.com|verification\//);
  await server.close();
  await Deno.remove(folder, { recursive: true });
});

Deno.test({
  name: "workerd: mails go to an HTTP service with one idempotency key, right after the request",
  ignore: onWorkers.skip !== null,
  async fn() {
    const received: { path: string; headers: Headers; body: Record<string, unknown> }[] = [];
    const api = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
      const { pathname: path } = new URL(request.url);
      received.push({ path, headers: request.headers, body: await request.json() });
      return received.length === 1
        ? new Response("busy", { status: 503 })
        : Response.json({ id: "x" });
    });
    const { port } = api.addr as Deno.NetAddr;
    const service = await openWorker({
      env: {
        ...from,
        MAIL_URL: `resend://re_key@127.0.0.1:${port}`,
        PUBLIC_ORIGIN: "https://members.example",
      },
    });
    await join(service, "hong");
    await until(() => received.length === 1, "the request sends its mail");
    await service.sql("UPDATE outbox SET next_at = 0 WHERE channel = 'mail'");
    await fetch(`${service.origin}/__scheduled?cron=*+*+*+*+*`);
    await until(() => received.length === 2, "the clock sends it again");
    const [first, second] = received;
    assert.equal(first!.path, "/emails");
    assert.equal(first!.headers.get("authorization"), "Bearer re_key");
    const key = first!.headers.get("idempotency-key")!;
    assert.match(key, /^[\w-]{22}$/);
    assert.equal(second!.headers.get("idempotency-key"), key);
    assert.deepEqual(second!.body, first!.body, "the same mail, with the same link");
    assert.equal(first!.body.from, '"Haru Tea" <hi@haru.example>');
    assert.deepEqual(first!.body.to, ["hong@example.com"]);
    assert.match(String(first!.body.text), /https:\/\/members\.example\/verification\/[\w-]{43}\n/);
    const settled = async () =>
      (await service.sql("SELECT status, sealed FROM outbox"))[0]!.status === "confirmed";
    await until(settled, "it is settled");
    await service.close();
    await api.shutdown();
  },
});

Deno.test({
  name: "workerd: mails go through a send_email binding",
  ignore: onWorkers.skip !== null,
  async fn() {
    const service = await openWorker({
      env: { ...from, MAIL_URL: "binding:EMAIL", PUBLIC_ORIGIN: "https://members.example" },
      bindings: '[[send_email]]\nname = "EMAIL"',
    });
    await newMember(service, "hong");
    const settled = async () =>
      (await service.sql("SELECT status FROM outbox"))[0]?.status === "confirmed";
    await until(settled, "the mail is settled");
    await until(() => /Text: \S+\n/.test(service.log()), "wrangler has written it");
    const log = service.log();
    assert.match(log, /hong@example\.com/);
    const text = await Deno.readTextFile(/Text: (\S+)/.exec(log)![1]!);
    assert.match(text, /https:\/\/members\.example\/verification\/[\w-]{43}\n/);
    await service.close();
  },
});
