import assert from "node:assert/strict";
import { freshSecrets } from "../../config/mod.ts";
import { openDatabase } from "../../db/engine/database.ts";
import { answering, freePort } from "../../cli/sqld.ts";
import { goodPassword } from "../support/harness.ts";
import { collect } from "../support/stacks.ts";

interface Run {
  origin: string;
  folder: string;
  process: Deno.ChildProcess;
  log: Promise<string>;
  /** What it has said so far. */
  said(): string;
}

/** Runs a task of deno.json as a newcomer does, on a port and a database of its own. */
async function run(task: string[], env: Record<string, string>): Promise<Run> {
  const folder = await Deno.makeTempDir({ prefix: "annyeong-start-" });
  const port = freePort();
  const process = new Deno.Command(Deno.execPath(), {
    args: ["task", ...task],
    env: {
      TURSO_DATABASE_URL: `file:${folder}/test.db`,
      DENO_SERVE_ADDRESS: `tcp:127.0.0.1:${port}`,
      ...env,
    },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const streams = [process.stdout, process.stderr].map(collect);
  const said = () => streams.map(({ text }) => text()).join("");
  const log = Promise.all(streams.map(({ ended }) => ended)).then(said);
  return { origin: `http://127.0.0.1:${port}`, folder, process, log, said };
}

const production = {
  ANNYEONG_ENV: "production",
  PUBLIC_ORIGIN: "http://127.0.0.1:8000",
  ...await freshSecrets("production"),
};

Deno.test("deno task dev answers without any configuration, and ends at SIGTERM", async () => {
  const { origin, process, log, folder } = await run(["dev"], {});
  await answering(origin);
  const response = await fetch(origin);
  assert.equal(response.status, 200);
  assert.deepEqual(await response.json(), { member: null });
  assert.equal((await (await fetch(`${origin}/readyz`)).json()).status, "ready");
  process.kill("SIGTERM");
  await process.status;
  assert.match(await log, new RegExp(`listening on ${origin}/`));
  await Deno.remove(folder, { recursive: true });
});

Deno.test("deno task dev prints where a mail lies, and its link", async () => {
  const mails = await Deno.makeTempDir({ prefix: "annyeong-mails-" });
  const { origin, process, said, folder } = await run(["dev"], { MAIL_URL: `file:${mails}` });
  await answering(origin);
  const form = { user_id: "hong", email: "hong@example.com", password: goodPassword };
  const headers = { "Content-Type": "application/json" };
  const request = { method: "POST", headers, body: JSON.stringify(form) };
  assert.equal((await fetch(`${origin}/register`, request)).status, 201);
  const printed = new RegExp(
    `mail: ${mails}/[\\w.-]+\\.eml\n  ${origin}/verification/[\\w-]{43}\n`,
  );
  for (let n = 0; n < 200 && !printed.test(said()); n++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  process.kill("SIGTERM");
  await process.status;
  assert.match(said(), printed);
  for (const path of [folder, mails]) await Deno.remove(path, { recursive: true });
});

Deno.test("deno task start runs in production, finishes what is under way at SIGTERM, and ends", async () => {
  const { origin, process, log, folder } = await run(["start"], {
    ...production,
    PASSWORD_COST: "16",
  });
  await answering(origin);
  const form = new URLSearchParams({ user_id: "hong", email: "h@b.co", password: goodPassword });
  const joining = fetch(`${origin}/register`, { method: "POST", body: form });
  await new Promise((resolve) => setTimeout(resolve, 300));
  const odd = await fetch(`${origin}/%25s`, { method: "%s%o", headers: { "User-Agent": "%c%d" } });
  assert.equal(odd.status, 404);
  await odd.body?.cancel();
  process.kill("SIGTERM");
  const joined = await joining;
  assert.equal(joined.status, 201);
  await joined.body?.cancel();
  assert.equal((await process.status).code, 0);
  const lines = (await log).split("\n").filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line));
  for (const { time } of lines) assert.match(time, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  const methods = lines.map(({ method }) => method).filter(Boolean);
  assert.deepEqual(methods.toSorted(), ["%s%o", "GET", "POST"], "no text of a client is a format");
  await Deno.remove(folder, { recursive: true });
});

Deno.test("production does not start without its secrets, and names what is missing", async () => {
  for (const name of ["SESSION_SECRET", "IDENTIFIER_KEY", "RECEIPT_PRIVATE_KEY", "PUBLIC_ORIGIN"]) {
    const { process, log, folder } = await run(["start"], { ...production, [name]: "" });
    assert.equal((await process.status).code, 1);
    assert.match(await log, new RegExp(`${name} is missing`));
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("in development an empty secret is as none at all, and the generated one is taken", async () => {
  const { process, log, folder } = await run(["jobs"], {
    ANNYEONG_ENV: "development",
    MAIL_URL: "off",
    SESSION_SECRET: "",
    IDENTIFIER_KEY: "",
    RECEIPT_PRIVATE_KEY: "",
  });
  assert.equal((await process.status).code, 0, await log);
  assert.match(await log, /^done; /m);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("migrate, jobs, ledger and keys run from the command line", async () => {
  const folder = await Deno.makeTempDir({ prefix: "annyeong-tasks-" });
  const task = async (...args: string[]) => {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["task", "-q", ...args],
      env: { ...production, TURSO_DATABASE_URL: `file:${folder}/test.db`, NO_COLOR: "1" },
    }).output();
    const text = new TextDecoder();
    return { code, out: text.decode(stdout), err: text.decode(stderr) };
  };
  assert.match(
    (await task("migrate")).out,
    /^migrated: 0001_members, 0002_leaving, 0003_operating, 0004_proofs, 0006_ledger/,
  );
  assert.match((await task("migrate")).out, /the schema is current/);
  assert.match((await task("jobs")).out, /^done; due and left: 0 deliveries, no erasures/);
  assert.match(
    (await task("ledger", "export", `${folder}/ledger.jsonl`)).out,
    /^0 erasures written/,
  );
  assert.match(await Deno.readTextFile(`${folder}/ledger.jsonl`), /^\{"v":1,.*"count":0,.*\}\n$/);
  assert.match(
    (await task("ledger", "replay", `${folder}/ledger.jsonl`, "--yes")).out,
    /0 members erased again/,
  );
  const wrong = await task("ledger", "burn");
  assert.equal(wrong.code, 2);
  assert.match(wrong.err, /^usage: /m);
  const keys = (await task("keys")).out.trim().split("\n");
  assert.deepEqual(keys.map((line) => line.split("=")[0]), [
    "SESSION_SECRET",
    "IDENTIFIER_KEY",
    "RECEIPT_PRIVATE_KEY",
  ]);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a recipient that says nothing does not hold up SIGTERM", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const connections: Deno.TcpConn[] = [];
  const silent = (async () => {
    for await (const connection of listener) connections.push(connection);
  })();
  const url = `http://127.0.0.1:${(listener.addr as Deno.NetAddr).port}/`;
  const { origin, process, log, folder } = await run(["start"], {
    ANNYEONG_ENV: "development",
    MAIL_URL: "off",
    PASSWORD_COST: "4",
    RECIPIENTS: JSON.stringify([{ name: "silent", url, secret: `whsec_${btoa("s".repeat(32))}` }]),
  });
  await answering(origin);
  const post = async (path: string, form: Record<string, string>) => {
    const response = await fetch(origin + path, {
      method: "POST",
      body: new URLSearchParams(form),
    });
    await response.body?.cancel();
    return response.headers.getSetCookie()[0]?.split(";")[0] ?? "";
  };
  await post("/register", { user_id: "hong", email: "h@b.co", password: goodPassword });
  const Cookie = await post("/login", { user_id: "hong", password: goodPassword });
  const left = await fetch(`${origin}/withdrawal`, { method: "DELETE", headers: { Cookie } });
  assert.equal(left.status, 200);
  await left.body?.cancel();
  while (connections.length === 0) await new Promise((resolve) => setTimeout(resolve, 50));
  process.kill("SIGTERM");
  const slow = setTimeout(() => assert.fail("still running after ten seconds"), 10_000);
  assert.equal((await process.status).code, 0);
  clearTimeout(slow);
  await log;
  connections.forEach((connection) => connection.close());
  listener.close();
  await silent;
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a request that is half sent does not hold up SIGTERM past ten seconds", async () => {
  const { origin, process, log, folder } = await run(["start"], {
    ANNYEONG_ENV: "development",
    MAIL_URL: "off",
    PASSWORD_COST: "4",
  });
  await answering(origin);
  const port = Number(new URL(origin).port);
  const head = "POST /login HTTP/1.1\r\nHost: x\r\n";
  const body = 'Content-Type: application/json\r\nContent-Length: 99\r\n\r\n{"user_id"';
  const clients = await Promise.all([head, head + body].map(async (text) => {
    const client = await Deno.connect({ hostname: "127.0.0.1", port });
    await client.write(new TextEncoder().encode(text));
    return client;
  }));
  await new Promise((resolve) => setTimeout(resolve, 500));
  process.kill("SIGTERM");
  const slow = setTimeout(() => process.kill("SIGKILL"), 10_000);
  assert.equal((await process.status).code, 0, "ended by itself, within ten seconds");
  clearTimeout(slow);
  assert.match(await log, /requests were still under way; ended without them/);
  clients.forEach((client) => client.close());
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a folder that is not there is named by its variable, without its path", async () => {
  const db = openDatabase({ url: "file:/nowhere/at/all.db", authToken: undefined, timeoutMs: 100 });
  await assert.rejects(db);
  const output = await new Deno.Command(Deno.execPath(), {
    args: ["task", "-q", "migrate"],
    env: { TURSO_DATABASE_URL: "file:/nowhere/canary.db", NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder().decode(output.stdout) + new TextDecoder().decode(output.stderr);
  assert.equal(output.code, 1);
  assert.match(text, /TURSO_DATABASE_URL cannot be opened.*check the owner and the mode/);
  assert.ok(!text.includes("canary"));
});

Deno.test("deno task migrate refuses plain http to a database in production", async () => {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "-q", "migrate"],
    env: { TURSO_DATABASE_URL: "http://canary.example", ANNYEONG_ENV: "production", NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  assert.equal(code, 1);
  assert.match(text, /TURSO_DATABASE_URL may be http:\/\/ only on loopback/);
  assert.ok(!text.includes("canary"));
});
