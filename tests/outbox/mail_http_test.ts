/** What the answers of HTTP services, bindings and folders mean for a mail. */
import assert from "node:assert/strict";
import { freePort } from "../../cli/sqld.ts";
import { byBinding } from "../../mail/binding.ts";
import { intoFolder } from "../../mail/file.ts";
import { byPostmark, byResend } from "../../mail/http.ts";
import type { Mail } from "../../mail/transport.ts";

const mail: Mail = {
  id: "id",
  messageId: "<id@haru.example>",
  from: { name: "Haru", address: "hi@haru.example" },
  to: "hong@example.com",
  subject: "hello",
  text: "hello",
  html: "<p>hello</p>",
  at: 0,
};
const signal = new AbortController().signal;

/** Sends the mail to an endpoint that answers so. */
async function send(service: "resend" | "postmark", answer: () => Response) {
  const received: { headers: Headers; body: Record<string, unknown> }[] = [];
  const api = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    received.push({ headers: request.headers, body: await request.json() });
    return answer();
  });
  const endpoint = `http://127.0.0.1:${(api.addr as Deno.NetAddr).port}`;
  const open = service === "resend" ? byResend : byPostmark;
  const sent = await open({ kind: service, key: "key", endpoint })(mail, signal);
  await api.shutdown();
  return { sent, ...received[0]! };
}

Deno.test("Postmark is told to keep the Message-ID", async () => {
  const { sent, headers, body } = await send("postmark", () => Response.json({ ErrorCode: 0 }));
  assert.deepEqual(sent, { verdict: "accepted", status: 200 });
  assert.equal(headers.get("x-postmark-server-token"), "key");
  const { Headers: written, ...rest } = body;
  assert.deepEqual(rest, {
    From: '"Haru" <hi@haru.example>',
    To: "hong@example.com",
    Subject: "hello",
    TextBody: "hello",
    HtmlBody: "<p>hello</p>",
    MessageStream: "outbound",
  });
  assert.deepEqual(written, [
    { Name: "Message-ID", Value: "<id@haru.example>" },
    { Name: "X-PM-KeepID", Value: "true" },
    { Name: "Auto-Submitted", Value: "auto-generated" },
  ]);
});

Deno.test("only an answer about the mail refuses it; one about the key or the load is tried again", async () => {
  const json = (status: number, body: object = {}) => () => Response.json(body, { status });
  const answers: ["resend" | "postmark", () => Response, string][] = [
    ["resend", json(200), "accepted"],
    ["resend", json(422, { name: "validation_error" }), "refused"],
    ["resend", json(401), "failed"],
    ["resend", json(403), "failed"],
    ["resend", json(409), "failed"],
    ["resend", json(500), "failed"],
    ["postmark", json(422, { ErrorCode: 300 }), "refused"],
    ["postmark", json(422, { ErrorCode: 406 }), "refused"],
    ["postmark", json(422, { ErrorCode: 400 }), "failed"],
    ["postmark", json(401, { ErrorCode: 10 }), "failed"],
    ["postmark", () => new Response("<html>", { status: 502 }), "failed"],
    ["postmark", () => new Response(null, { status: 302, headers: { Location: "/" } }), "failed"],
  ];
  for (const [service, answer, verdict] of answers) {
    const { sent } = await send(service, answer);
    assert.equal(sent.verdict, verdict, `${service} ${sent.status}`);
  }
  const wait = () => new Response(null, { status: 429, headers: { "Retry-After": "30" } });
  assert.equal((await send("resend", wait)).sent.retryAfterMs, 30_000);
});

Deno.test("an endpoint that is down, or hangs, is tried again", async () => {
  const route = { kind: "resend", key: "key", endpoint: `http://127.0.0.1:${freePort()}` } as const;
  const down = await byResend(route)(mail, signal);
  assert.deepEqual(down, { verdict: "failed", cause: "connection refused" });
  const hang = Promise.withResolvers<Response>();
  const options = { hostname: "127.0.0.1", port: 0, onListen() {} };
  const api = Deno.serve(options, () => hang.promise);
  const endpoint = `http://127.0.0.1:${(api.addr as Deno.NetAddr).port}`;
  const late = await byResend({ ...route, endpoint })(mail, AbortSignal.timeout(100));
  assert.deepEqual(late, { verdict: "failed", cause: "timeout" });
  hang.resolve(new Response());
  await api.shutdown();
});

Deno.test("a binding refuses a suppressed address for good, and fails for anything else", async () => {
  const rejecting = (code: string) =>
    byBinding({ send: () => Promise.reject(Object.assign(new Error("hong@"), { code })) });
  assert.deepEqual(await rejecting("E_RECIPIENT_SUPPRESSED")(mail, signal), {
    verdict: "refused",
    cause: "address refused",
  });
  assert.deepEqual(await rejecting("E_RATE_LIMIT_EXCEEDED")(mail, signal), {
    verdict: "failed",
    cause: "binding failed",
  });
});

Deno.test("a folder gets one private file a mail, also at a second try, and no half of one", async () => {
  const parent = await Deno.makeTempDir({ prefix: "annyeong-folder-" });
  const folder = `${parent}/mails`;
  for (let n = 0; n < 2; n++) {
    assert.deepEqual(await intoFolder(folder)(mail, signal), { verdict: "accepted" });
  }
  const names = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
  assert.deepEqual(names, ["1970-01-01T00-00-00.000Z-id.eml"]);
  const file = `${folder}/${names[0]}`;
  assert.equal((await Deno.stat(file)).mode! & 0o777, 0o600);
  assert.equal((await Deno.stat(folder)).mode! & 0o777, 0o700);
  const text = await Deno.readTextFile(file);
  assert.match(text, /^Message-ID: <id@haru\.example>\r$/m);
  assert.match(text, /^Content-Type: multipart\/alternative;/m);
  const failed = { verdict: "failed", cause: "file not written" };
  assert.deepEqual(await intoFolder(`${file}/below`)(mail, signal), failed);
  await Deno.remove(parent, { recursive: true });
});
