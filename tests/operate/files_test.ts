/** What the service and its commands write is readable only by the user they run as. */
import assert from "node:assert/strict";
import { freshSecrets } from "../../config/mod.ts";
import { answering, freePort } from "../../cli/sqld.ts";
import { goodPassword } from "../support/harness.ts";

const production = {
  ANNYEONG_ENV: "production",
  PUBLIC_ORIGIN: "http://127.0.0.1:8000",
  NO_COLOR: "1",
  ...await freshSecrets("production"),
};

/** Runs a task under the usual umask of a login shell, in which others may read new files. */
function task(words: string, env: Record<string, string>) {
  return new Deno.Command("sh", {
    args: ["-c", `umask 022; exec "$DENO" task -q ${words}`],
    env: { DENO: Deno.execPath(), ...production, ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

async function modesIn(folder: string): Promise<Record<string, string>> {
  const modes: Record<string, string> = {};
  for await (const { name } of Deno.readDir(folder)) {
    const { mode } = await Deno.stat(`${folder}/${name}`);
    modes[name] = (mode! & 0o777).toString(8);
  }
  return modes;
}

Deno.test("the database, its log and the ledger are 0600 in every folder", async () => {
  const folder = await Deno.makeTempDir({ prefix: "annyeong-files-" });
  await Deno.chmod(folder, 0o755);
  const port = freePort();
  const env = {
    TURSO_DATABASE_URL: `file:${folder}/members.db`,
    DENO_SERVE_ADDRESS: `tcp:127.0.0.1:${port}`,
  };
  const service = task("start", env);
  const log = Promise.all(
    [service.stdout, service.stderr].map((part) => new Response(part).text()),
  );
  await answering(`http://127.0.0.1:${port}/healthz`);
  const form = new URLSearchParams({ user_id: "hong", email: "h@b.co", password: goodPassword });
  const joined = await fetch(`http://127.0.0.1:${port}/register`, { method: "POST", body: form });
  assert.equal(joined.status, 201, await joined.text());
  assert.deepEqual(await modesIn(folder), {
    "members.db": "600",
    "members.db-shm": "600",
    "members.db-wal": "600",
  });
  service.kill("SIGTERM");
  await service.status;
  assert.doesNotMatch((await log).join(""), /umask/);

  const { code } = await task(`ledger export ${folder}/ledger.jsonl`, env).output();
  assert.equal(code, 0);
  assert.equal((await modesIn(folder))["ledger.jsonl"], "600");

  const other = { TURSO_DATABASE_URL: `file:${folder}/migrated.db` };
  assert.equal((await task("migrate", other).output()).code, 0);
  assert.equal((await modesIn(folder))["migrated.db"], "600");
  await Deno.remove(folder, { recursive: true });
});

Deno.test("the data folder is 0700, and what development keeps in it is 0600", async () => {
  const folder = await Deno.makeTempDir({ prefix: "annyeong-files-" });
  const main = new URL("../../main.ts", import.meta.url).pathname;
  const config = new URL("../../deno.json", import.meta.url).pathname;
  const port = freePort();
  const service = new Deno.Command("sh", {
    args: ["-c", `umask 022; exec "$DENO" serve -A --config ${config} ${main}`],
    cwd: folder,
    env: {
      DENO: Deno.execPath(),
      NO_COLOR: "1",
      ANNYEONG_ENV: "development",
      MAIL_URL: "off",
      TURSO_DATABASE_URL: "",
      DENO_SERVE_ADDRESS: `tcp:127.0.0.1:${port}`,
    },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  await answering(`http://127.0.0.1:${port}/healthz`);
  assert.deepEqual(await modesIn(folder), { data: "700" });
  assert.deepEqual(await modesIn(`${folder}/data`), {
    "annyeong.db": "600",
    "annyeong.db-shm": "600",
    "annyeong.db-wal": "600",
    "development-secrets.json": "600",
  });
  service.kill("SIGTERM");
  await service.status;
  await Deno.remove(folder, { recursive: true });
});
