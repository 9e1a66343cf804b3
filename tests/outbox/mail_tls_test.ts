/** What the SMTP transport does about encryption, logins and servers that keep silent. */
import assert from "node:assert/strict";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { bySmtp } from "../../mail/smtp.ts";
import type { Mail, Sent } from "../../mail/transport.ts";
import { type MailServerSetup, openMailServer } from "../support/mail_server.ts";

const mail: Mail = {
  id: "id",
  messageId: "<id@haru.example>",
  from: { name: 'Haru, "Tea"', address: "hi@haru.example" },
  to: "hong@example.com",
  subject: "hello",
  text: "hello",
  html: "<p>hello</p>",
  at: 0,
};
const signal = new AbortController().signal;

type Route = Parameters<typeof bySmtp>[0];

/** Sends the mail to a server with these options. */
async function send(route: Partial<Route>, setup: MailServerSetup) {
  const server = await openMailServer(setup);
  const { port } = server;
  const sent = await bySmtp({
    ...{ kind: "smtp", host: "127.0.0.1", port, tls: "starttls", login: null },
    ...route,
  })(mail, signal);
  await server.close();
  return { sent, arrived: server.arrived };
}

Deno.test("off loopback a server without STARTTLS gets neither the login nor the mail", async () => {
  const login = { user: "haru", password: "canary" };
  let logins = 0;
  const onAuth = (_auth: unknown, _session: unknown, done: (e: null, r: object) => void) => {
    logins++;
    done(null, { user: "haru" });
  };
  const options = { onAuth, allowInsecureAuth: true, hideSTARTTLS: true };
  const { sent, arrived } = await send({ login }, { options });
  assert.equal(sent.verdict, "failed");
  assert.deepEqual(arrived, []);
  assert.equal(logins, 0);
});

Deno.test("a certificate that nobody vouches for stops the mail, by STARTTLS and from the first byte", async () => {
  const failed: Sent[] = [];
  for (const tls of ["starttls", "first"] as const) {
    const options = { secure: tls === "first", hideSTARTTLS: false };
    const { sent, arrived } = await send({ tls, host: "localhost" }, { options });
    assert.deepEqual(arrived, [], tls);
    failed.push(sent);
  }
  for (const { verdict, cause } of failed) {
    assert.equal(verdict, "failed");
    assert.match(cause!, /^(certificate refused|TLS failed|unknown CA)$/);
  }
});

Deno.test("a login that is refused is tried again, because it is not about the mail", async () => {
  const onAuth = (_auth: unknown, _session: unknown, done: (e: Error) => void) =>
    done(Object.assign(new Error("no"), { responseCode: 535 }));
  const login = { user: "haru", password: "wrong" };
  const options = { onAuth, allowInsecureAuth: true, authOptional: false };
  const { sent } = await send({ tls: "none", login }, { options });
  assert.deepEqual(sent, { verdict: "failed", status: 535, cause: "login refused" });
});

Deno.test("a server that keeps silent is left when the try is cut off, and no connection stays", async () => {
  let open = 0;
  const server = createServer((socket) => {
    open++;
    socket.on("error", () => {});
    socket.on("close", () => open--);
    socket.resume();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const transport = bySmtp({ kind: "smtp", host: "127.0.0.1", port, tls: "none", login: null });
  const sent = await transport(mail, AbortSignal.timeout(300));
  assert.deepEqual(sent, { verdict: "failed", cause: "timeout" });
  await new Promise<void>((resolve) => server.close(() => resolve())); // waits for every connection
  assert.equal(open, 0);
});

Deno.test("names and subjects of any content become one header each", async () => {
  const server = await openMailServer();
  const transport = bySmtp({
    ...{ kind: "smtp", host: "127.0.0.1", port: server.port, tls: "none", login: null },
  });
  const nasty = "홍길동\r\nBcc: evil@evil.example\r\n\r\nbody";
  const sent = await transport({ ...mail, subject: nasty }, signal);
  assert.equal(sent.verdict, "accepted");
  const [arrived] = server.mails;
  assert.equal(arrived!.bcc, undefined);
  assert.equal(arrived!.headers.has("bcc"), false);
  assert.deepEqual(arrived!.from!.value, [{ address: "hi@haru.example", name: 'Haru, "Tea"' }]);
  assert.match(arrived!.text!, /^hello/);
  await server.close();
});
