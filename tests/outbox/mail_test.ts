/** The channel of mails, against a real SMTP server. */
import assert from "node:assert/strict";
import { mailStatements } from "../../actions/mail.ts";
import { runJobs } from "../../jobs/mod.ts";
import type { MailContent, MailKind } from "../../domain/mail.ts";
import {
  captureLog,
  day,
  dump,
  goodPassword,
  minute,
  newMember,
  openApp,
  type Setup,
  type TestApp,
} from "../support/harness.ts";
import { type MailServer, type MailServerSetup, openMailServer } from "../support/mail_server.ts";

interface World {
  app: TestApp;
  server: MailServer;
  /** Writes a mail to a member, as an action does. */
  write(name: string, kind?: MailKind, details?: Partial<MailContent>): Promise<void>;
  rows(): Promise<{ status: string; problem: string | null; sealed: string | null }[]>;
}

const env = { THROTTLE_SCALE: "1000", MAIL_FROM: "Haru Tea <members@haru.example>" };

async function withMail(
  setup: MailServerSetup & { app?: Setup },
  test: (world: World) => Promise<void>,
): Promise<void> {
  const server = await openMailServer(setup);
  const MAIL_URL = `smtp://127.0.0.1:${server.port}`;
  const app = await openApp({ ...setup.app, env: { MAIL_URL, ...env, ...setup.app?.env } });
  const rows = async () => {
    const found = await app.sql("SELECT status, problem, sealed FROM outbox ORDER BY position");
    return found.map((row) => ({ ...row }));
  };
  try {
    await test({
      app,
      server,
      write: (name, kind, details) => writeMail(app, name, kind, details),
      rows: rows as unknown as World["rows"],
    });
  } finally {
    await app.close();
    await server.close();
  }
}

async function writeMail(
  app: TestApp,
  name: string,
  kind: MailKind = "password_changed",
  details: Partial<MailContent> = {},
): Promise<void> {
  const [member] = await app.sql("SELECT id, name, email, language FROM users WHERE name = ?", [
    name,
  ]);
  const notice = { kind, member: member as never, details };
  const always = { sql: "1", values: {} };
  await app.db.write(mailStatements(app.services, notice, app.clock.now(), always));
}

Deno.test("a mail arrives once, from MAIL_FROM to the member, with text, HTML and the link", async () => {
  await withMail({}, async ({ app, server, write, rows }) => {
    await newMember(app, "hong");
    await app.sql("DELETE FROM outbox");
    await write("hong", "verification");
    await runJobs(app.services);
    await runJobs(app.services);
    assert.equal(server.mails.length, 1);
    const [mail] = server.mails;
    assert.equal(mail!.from!.text, '"Haru Tea" <members@haru.example>');
    assert.deepEqual([mail!.to].flat().map((to) => to!.text), ["hong@example.com"]);
    assert.match(mail!.messageId!, /^<[\w-]{22}@haru\.example>$/);
    assert.equal(mail!.headers.get("auto-submitted"), "auto-generated");
    const link = /https:\/\/members\.example\/verification\/[\w-]{43}/;
    assert.match(mail!.text!, link);
    assert.ok((mail!.html as string).includes(link.exec(mail!.text!)![0]));
    assert.deepEqual(await rows(), [{ status: "confirmed", problem: null, sealed: null }]);
  });
});

Deno.test("a server that says 4xx gets the mail again with one Message-ID, and the mails of one member stay in order", async () => {
  await withMail({ answer: (n) => n < 3 ? 451 : "take" }, async ({ app, server, write, rows }) => {
    await newMember(app, "hong");
    await app.sql("DELETE FROM outbox");
    await write("hong", "passkey_added");
    await write("hong", "passkey_removed");
    for (let round = 0; round < 10; round++) {
      await runJobs(app.services);
      app.clock.pass(3 * minute);
    }
    assert.equal(server.mails.length, 2);
    assert.equal(new Set(server.arrived.slice(0, 3)).size, 1, "the first mail three times");
    assert.deepEqual(server.mails.map(({ messageId }) => messageId), server.arrived.slice(2));
    assert.match(server.mails[0]!.subject!, /추가/);
    assert.match(server.mails[1]!.subject!, /삭제/);
    assert.deepEqual((await rows()).map(({ status }) => status), ["confirmed", "confirmed"]);
  });
});

Deno.test("a permanent refusal ends that mail, and delays no other", async () => {
  const recipient = (address: string) => address.startsWith("hong@") ? 550 : null;
  const answer = (n: number) => n === 1 ? 554 : "take";
  await withMail({ recipient, answer }, async ({ app, server, write, rows }) => {
    for (const name of ["hong", "kim"]) await newMember(app, name);
    await app.sql("DELETE FROM outbox");
    await write("hong"); // refused at RCPT
    await write("kim", "passkey_added"); // refused after DATA
    await write("kim", "passkey_removed");
    await runJobs(app.services);
    assert.deepEqual(await rows(), [
      { status: "refused", problem: "status 550", sealed: null },
      { status: "refused", problem: "status 554", sealed: null },
      { status: "confirmed", problem: null, sealed: null },
    ]);
    assert.equal(server.mails.length, 1);
  });
});

Deno.test("a connection that is cut after the mail has arrived leads to a second mail with the same Message-ID", async () => {
  const answer = (n: number) => n === 1 ? "cut" : "take";
  await withMail({ answer }, async ({ app, server, write, rows }) => {
    await newMember(app, "hong");
    await app.sql("DELETE FROM outbox");
    await write("hong");
    await runJobs(app.services);
    assert.deepEqual((await rows()).map(({ status, problem }) => [status, problem]), [
      ["waiting", "connection closed"],
    ]);
    app.clock.pass(minute);
    await runJobs(app.services);
    assert.equal(server.arrived.length, 2);
    assert.equal(new Set(server.arrived).size, 1);
    assert.equal(server.mails.length, 1);
  });
});

Deno.test("a server that is down is tried for a day; then the address is gone, and so it is when mail is off", async () => {
  await withMail({}, async ({ app, server, write, rows }) => {
    await newMember(app, "hong");
    await app.sql("DELETE FROM outbox");
    await server.close();
    await write("hong");
    const log = await captureLog(async () => {
      await runJobs(app.services);
      const [row] = await rows();
      assert.equal(row!.status, "waiting");
      assert.equal(row!.problem, "connection refused");
      assert.ok(row!.sealed!.length > 50);
      assert.doesNotMatch(
        JSON.stringify([...await dump(app)].filter(([name]) => name === "outbox")),
        /hong/,
      );
      for (let hour = 0; hour < 25; hour++) {
        app.clock.pass(60 * minute);
        await runJobs(app.services);
      }
    });
    assert.deepEqual((await rows()).map(({ status, sealed }) => [status, sealed]), [[
      "given_up",
      null,
    ]]);
    assert.match(log, /a recipient has failed for ten minutes/);
    assert.doesNotMatch(log, /hong|example\.com/);

    await write("hong");
    app.services.transport = null;
    app.clock.pass(day);
    await runJobs(app.services);
    const problems = (await rows()).map(({ sealed, problem }) => [sealed, problem]);
    assert.deepEqual(problems.at(-1), [null, "never sent"]);
  });
});

Deno.test("a mail with a link that has ended is not sent any more, and holds up no later mail", async () => {
  await withMail({ answer: (n) => n < 3 ? 451 : "take" }, async ({ app, server, write, rows }) => {
    await newMember(app, "hong");
    await app.sql("DELETE FROM outbox");
    await write("hong", "recovery");
    await write("hong");
    await runJobs(app.services);
    app.clock.pass(29.9 * minute);
    await runJobs(app.services);
    await runJobs(app.services);
    assert.deepEqual((await rows()).map(({ status, sealed }) => [status, sealed === null]), [
      ["given_up", true],
      ["confirmed", true],
    ]);
    assert.deepEqual(server.mails.map(({ subject }) => /비밀번호가 변경/.test(subject!)), [true]);
  });
});

Deno.test("an imported address that is none, or is several, gets nothing", async () => {
  await withMail({}, async ({ app, server, write, rows }) => {
    const addresses = [
      "hong@example.com, evil@evil.example",
      "Hong <hong@example.com>",
      "hong@example.com\r\nBcc: evil@evil.example",
      "<hong@example.com> SIZE=1",
      "",
    ];
    await newMember(app, "hong");
    await app.sql("DELETE FROM outbox");
    for (const email of addresses) {
      await app.sql("UPDATE users SET email = ?", [email]);
      await write("hong");
    }
    await runJobs(app.services);
    await runJobs(app.services);
    const refused = { status: "refused", problem: "address refused", sealed: null };
    assert.deepEqual(await rows(), addresses.map(() => refused));
    assert.deepEqual(server.arrived, []);
  });
});

Deno.test("an address in another script gets its mail", async () => {
  await withMail({}, async ({ app, server, write, rows }) => {
    await newMember(app, "hong");
    await app.sql("DELETE FROM outbox");
    await app.sql("UPDATE users SET email = '홍길동@예시.example'");
    await write("hong");
    await runJobs(app.services);
    assert.equal((await rows())[0]!.status, "confirmed");
    const [to] = [server.mails[0]!.to].flat();
    assert.match(to!.value[0]!.address!, /^홍길동@/);
  });
});

Deno.test("the Host of a request never reaches a mail", async () => {
  await withMail({}, async ({ app, server }) => {
    const body = { user_id: "hong", email: "hong@example.com", password: goodPassword };
    const headers = {
      "Content-Type": "application/json",
      Host: "evil.example",
      "X-Forwarded-Host": "evil.example",
      Forwarded: "host=evil.example",
    };
    const init = { method: "POST", headers, body: JSON.stringify(body) };
    const joined = await app.fetch(new Request("https://evil.example/register", init));
    assert.equal(joined.status, 201);
    await runJobs(app.services);
    const [mail] = server.mails;
    assert.match(mail!.text!, /https:\/\/members\.example\/verification\//);
    assert.doesNotMatch(`${mail!.text}${mail!.html}`, /evil/);
  });
});

Deno.test("a slow member's mail does not hold up those of others", async () => {
  const slow = Promise.withResolvers<void>();
  const answer = async (_n: number, mail: { subject?: string | undefined }) => {
    if (/추가/.test(mail.subject!)) await slow.promise;
    return "take" as const;
  };
  await withMail({ answer }, async ({ app, server, write }) => {
    for (const name of ["hong", "kim", "lee"]) await newMember(app, name);
    await app.sql("DELETE FROM outbox");
    await write("hong", "passkey_added");
    await write("kim", "passkey_removed");
    const first = runJobs(app.services);
    while (server.mails.length < 1) await new Promise((resolve) => setTimeout(resolve, 10));
    await write("lee", "passkey_removed");
    await runJobs(app.services); // as another process does, or a request that wrote a mail
    assert.deepEqual(server.mails.flatMap(({ to }) => to).map((to) => to!.text), [
      "kim@example.com",
      "lee@example.com",
    ]);
    slow.resolve();
    await first;
    assert.equal(server.mails.length, 3);
  });
});
