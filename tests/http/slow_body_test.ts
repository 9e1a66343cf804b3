/** Bodies that are held back, over real sockets. */
import assert from "node:assert/strict";
import { goodPassword, join, minute, newMember, openApp, signIn } from "../support/harness.ts";
import type { TestApp } from "../support/harness.ts";

/** Serves an app on a real socket while `test` runs. */
async function served(
  env: Record<string, string>,
  test: (app: TestApp, port: number) => Promise<void>,
): Promise<void> {
  const app = await openApp({ env: { PUBLIC_ORIGIN: "http://127.0.0.1:8000", ...env } });
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => app.fetch(request),
  );
  try {
    await test(app, server.addr.port);
  } finally {
    await server.shutdown();
    await app.close();
  }
}

/** A POST whose head is sent at once. The caller sends the body, and reads the answer. */
class HeldPost {
  private constructor(private readonly socket: Deno.TcpConn, private readonly body: string) {}

  static async open(port: number, path: string, body: object, cookie = ""): Promise<HeldPost> {
    const socket = await Deno.connect({ hostname: "127.0.0.1", port });
    const text = JSON.stringify(body);
    const head = [
      `POST ${path} HTTP/1.1`,
      "Host: 127.0.0.1:8000",
      "Content-Type: application/json",
      `Content-Length: ${text.length}`,
      ...(cookie ? [`Cookie: ${cookie}`] : []),
      "Connection: close",
    ];
    const held = new HeldPost(socket, text);
    await held.send(`${head.join("\r\n")}\r\n\r\n${text[0]}`);
    await new Promise((resolve) => setTimeout(resolve, 50)); // the service has begun to wait
    return held;
  }

  async finish(): Promise<void> {
    await this.send(this.body.slice(1));
  }

  /** Status and JSON of the answer. */
  // deno-lint-ignore no-explicit-any -- what the service answers
  async answer(): Promise<{ status: number; json: any }> {
    let text = "";
    for await (const part of this.socket.readable.pipeThrough(new TextDecoderStream())) {
      text += part;
      if (text.includes("}")) break; // Deno leaves the connection of an unread body open
    }
    const [head = "", ...rest] = text.split("\r\n\r\n");
    const json = /\{.*\}/s.exec(rest.join("\r\n\r\n"))?.[0] ?? "null";
    return { status: Number(head.split(" ")[1]), json: JSON.parse(json) };
  }

  private async send(text: string): Promise<void> {
    const writer = this.socket.writable.getWriter();
    await writer.write(new TextEncoder().encode(text));
    writer.releaseLock();
  }
}

Deno.test("a withdrawal whose body is held back is judged by the time at which it arrives", async () => {
  await served({}, async (app, port) => {
    const member = await newMember(app, "hong");
    const held = await HeldPost.open(
      port,
      "/withdrawal",
      { reason: "other" },
      member.cookieHeader(),
    );
    app.clock.pass(11 * minute);
    await held.finish();
    const { status, json } = await held.answer();
    assert.equal(status, 403);
    assert.equal(json.code, "confirmation_required");
    assert.equal((await app.sql("SELECT id FROM users")).length, 1);
  });
});

Deno.test("the receipt of a withdrawal whose body was held back has the time of its arrival", async () => {
  await served({ WITHDRAWAL_CONFIRM: "session" }, async (app, port) => {
    const member = await newMember(app, "hong");
    const held = await HeldPost.open(
      port,
      "/withdrawal",
      { reason: "other" },
      member.cookieHeader(),
    );
    app.clock.pass(20 * minute);
    await held.finish();
    const { status, json } = await held.answer();
    assert.equal(status, 200);
    assert.equal(json.erased_at, new Date(app.clock.now()).toISOString());
  });
});

Deno.test("sign-ins whose body is held back count against the limits", async () => {
  await served({}, async (app, port) => {
    await join(app, "hong");
    const wrong = { user_id: "hong", password: "wrong password" };
    for (let n = 0; n < 10; n++) {
      const held = await HeldPost.open(port, "/login", wrong);
      app.clock.pass(16 * minute); // longer than the window of the limit
      await held.finish();
      assert.equal((await held.answer()).status, 401);
      app.clock.pass(-16 * minute);
    }
    app.clock.pass(16 * minute);
    const held = await HeldPost.open(port, "/login", { ...wrong, password: goodPassword });
    await held.finish();
    assert.equal((await held.answer()).status, 429);
  });
});

Deno.test("a body that does not arrive in time is answered 408, and changes nothing", async () => {
  await served({ BODY_TIMEOUT_MS: "200" }, async (app, port) => {
    await join(app, "hong");
    const member = await signIn(app, "hong");
    const held = await HeldPost.open(
      port,
      "/withdrawal",
      { reason: "other" },
      member.cookieHeader(),
    );
    const { status, json } = await held.answer();
    assert.equal(status, 408);
    assert.equal(json.code, "request_timeout");
    assert.equal((await member.get("/userinfo")).status, 200);
  });
});
