/** The samples of `examples/deploy` for sqld: keys, a primary, a replica, a backup, a promotion. */
import assert from "node:assert/strict";
import { freePort, type Sqld, sqldPath, startSqld } from "../../cli/sqld.ts";
import { newMember, openApp, signIn } from "../support/harness.ts";
import { commandOf } from "../support/units.ts";

async function run(...words: string[]): Promise<void> {
  const [command, ...args] = words;
  const { code, stderr } = await new Deno.Command(command!, { args, stdout: "null" }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
}

/** Returns what a command prints, also if it fails. */
async function read(...words: string[]): Promise<string> {
  const [command, ...args] = words;
  const { stdout } = await new Deno.Command(command!, { args, stderr: "null" }).output();
  return new TextDecoder().decode(stdout);
}

/** Starts what a unit says on places of the test. */
async function startUnit(
  unit: string,
  places: { keys: string; folder: string; rpc: string },
): Promise<Sqld> {
  const words = await commandOf(unit, { "/etc/sqld": places.keys, "10.0.0.1:5001": places.rpc });
  const given = ["--no-welcome", "--db-path", "--http-listen-addr"];
  const options = words.slice(1).filter((word, at, all) =>
    !given.includes(word) && !given.slice(1).includes(all[at - 1] ?? "")
  );
  assert.ok(options.includes("--auth-jwt-key-file"), `${unit} asks for a token`);
  return await startSqld(places.folder, freePort(), { options });
}

/** What the replica's unit does after the start. */
async function wake(url: string, keys: string): Promise<void> {
  const text = await Deno.readTextFile("examples/deploy/sqld-replica.service");
  const [, script = ""] = /^ExecStartPost=\/bin\/sh -c '([^']+)'$/m.exec(text) ?? [];
  const places = script.replace("$$", "$").replace("/etc/sqld", keys)
    .replace("http://127.0.0.1:8080", url);
  assert.notEqual(places, "");
  await run("sh", "-c", places);
}

interface Reply {
  status: number;
  text: string;
}

async function ask(url: string, token: string | null, sql: string, path = "/v2/pipeline") {
  const body = path === "/"
    ? { statements: [sql] }
    : { requests: [{ type: "execute", stmt: { sql } }] };
  try {
    const response = await fetch(url + path, {
      method: path === "/dump" ? "GET" : "POST",
      headers: token === null ? {} : { Authorization: `Bearer ${token}` },
      ...(path !== "/dump" && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(4000),
    });
    return { status: response.status, text: await response.text() } satisfies Reply;
  } catch {
    return { status: 0, text: "" } satisfies Reply;
  }
}

/** What Hrana over WebSocket says to somebody who asks for the members at once. */
async function listen(url: string, jwt: string | null): Promise<string> {
  const socket = new WebSocket(url.replace("http", "ws"), ["hrana2"]);
  const { promise, resolve } = Promise.withResolvers<string>();
  const said: string[] = [];
  const stmt = { sql: "SELECT name FROM users", want_rows: true };
  socket.onopen = () => {
    socket.send(JSON.stringify({ type: "hello", jwt }));
    const requests = [
      { type: "open_stream", stream_id: 1 },
      { type: "execute", stream_id: 1, stmt },
    ];
    requests.forEach((request, request_id) =>
      socket.send(JSON.stringify({ type: "request", request_id, request }))
    );
  };
  socket.onmessage = ({ data }) => said.push(data) === 3 && socket.close();
  socket.onclose = () => resolve(said.join("\n"));
  socket.onerror = () => resolve(said.join("\n"));
  setTimeout(() => socket.close(), 3000);
  return await promise;
}

Deno.test({
  name:
    "sqld as in examples/deploy: without a token nobody gets anything of a primary or a replica",
  ignore: !sqldPath(),
  async fn() {
    const root = await Deno.makeTempDir({ prefix: "annyeong-keys-" });
    const keys = `${root}/keys`;
    const strangers = `${root}/strangers`;
    for (const folder of [keys, strangers]) await run("examples/deploy/sqld-keys.sh", folder);
    assert.equal(Deno.statSync(`${keys}/jwt.key`).mode! & 0o077, 0, "for its owner only");
    const textOf = (name: string) => Deno.readTextFile(name).then((text) => text.trim());
    const token = await textOf(`${keys}/token`);
    const reading = await textOf(`${keys}/token.read`);
    const forged = await textOf(`${strangers}/token`);
    const rpc = `127.0.0.1:${freePort()}`;
    const primary = await startUnit("sqld-primary.service", { keys, folder: `${root}/p`, rpc });
    const replica = await startUnit("sqld-replica.service", { keys, folder: `${root}/r`, rpc });
    const app = await openApp({
      env: { TURSO_DATABASE_URL: primary.url, TURSO_AUTH_TOKEN: token },
    });
    await newMember(app, "canary");
    const find = "SELECT name FROM users";
    const caughtUp = async () => (await ask(replica.url, reading, find)).text.includes("canary");
    for (let n = 0; n < 100 && !await caughtUp(); n++) await new Promise((r) => setTimeout(r, 50));
    assert.ok(await caughtUp(), "the replica has the member, for a token that reads");

    const paths = ["/v1/execute", "/v2/pipeline", "/v3/pipeline", "/v3/cursor", "/", "/dump"];
    for (const { url } of [primary, replica]) {
      for (const wrong of [null, forged, `${token}x`]) {
        for (const path of paths) {
          const { status, text } = await ask(url, wrong, find, path);
          assert.ok([401, 404].includes(status), `${url}${path} answered ${status}: ${text}`);
          assert.doesNotMatch(text, /canary/);
        }
        assert.doesNotMatch(await listen(url, wrong), /canary|hello_ok/);
      }
      assert.match(await listen(url, token), /canary/, "the same question with a token");
      const written = await ask(url, reading, "DELETE FROM users");
      assert.doesNotMatch(written.text, /"type":"ok"/, "a token that reads writes nothing");
    }

    // The line between them: neither another's certificate nor none gets a copy.
    const unknown = { keys: strangers, folder: `${root}/s`, rpc };
    const stranger = await startUnit("sqld-replica.service", unknown);
    const plain = await startSqld(`${root}/o`, freePort(), {
      options: ["--primary-grpc-url", `http://${rpc}`],
    });
    const [fromStranger, fromPlain] = await Promise.all([
      ask(stranger.url, forged, find),
      ask(plain.url, null, find),
    ]);
    for (const { status, text } of [fromStranger, fromPlain]) {
      assert.notEqual(status, 200);
      assert.doesNotMatch(text, /canary/);
    }
    await app.close();
    for (const sqld of [stranger, plain, replica, primary]) await sqld.stop("SIGKILL");
    await Deno.remove(root, { recursive: true });
  },
});

Deno.test({
  name: "sqld: a dump restores on an empty machine, and a replica is promoted, with every member",
  ignore: !sqldPath(),
  async fn() {
    const root = await Deno.makeTempDir({ prefix: "annyeong-keys-" });
    const keys = `${root}/keys`;
    await run("examples/deploy/sqld-keys.sh", keys);
    const token = (await Deno.readTextFile(`${keys}/token`)).trim();
    const rpc = `127.0.0.1:${freePort()}`;
    const primary = await startUnit("sqld-primary.service", { keys, folder: `${root}/p`, rpc });
    const replica = await startUnit("sqld-replica.service", { keys, folder: `${root}/r`, rpc });
    const on = (url: string) =>
      openApp({ env: { TURSO_DATABASE_URL: url, TURSO_AUTH_TOKEN: token } });
    const app = await on(primary.url);
    for (const name of ["hong", "kim"]) await newMember(app, name);
    const rows = async (url: string) =>
      (await ask(url, token, "SELECT name, email, joined_at FROM users ORDER BY id")).text
        .match(/"rows":(\[\[.*?\]\])/)?.[1];
    const before = await rows(primary.url);
    assert.ok(before);
    // Until it has caught up, the replica answers out of the primary: its file is what counts.
    const copied = async () =>
      (await read(
        "sqlite3",
        `file:${root}/r/dbs/default/data?mode=ro`,
        "SELECT count(*) FROM users",
      ))
        .trim() === "2";
    await wake(replica.url, keys);
    for (let n = 0; n < 100 && !await copied(); n++) await new Promise((r) => setTimeout(r, 100));
    assert.ok(await copied(), "the replica has every member in its own file");
    const { text: dump } = await ask(primary.url, token, "", "/dump");
    await app.close();
    for (const sqld of [replica, primary]) await sqld.stop("SIGKILL");

    // What the replica has not written into its file would be lost to a primary.
    await run("sqlite3", `${root}/r/dbs/default/data`, "PRAGMA wal_checkpoint(TRUNCATE)");
    await Deno.mkdir(`${root}/n/dbs/default`, { recursive: true });
    await Deno.writeTextFile(`${root}/dump.sql`, dump);
    await run("sqlite3", `${root}/n/dbs/default/data`, `.read ${root}/dump.sql`);
    const places = { rpc: `127.0.0.1:${freePort()}`, keys };
    for (const [what, folder] of [["restored", `${root}/n`], ["promoted", `${root}/r`]] as const) {
      const sqld = await startUnit("sqld-primary.service", { ...places, folder });
      assert.equal(await rows(sqld.url), before, what);
      const again = await on(sqld.url);
      const hong = await signIn(again, "hong");
      assert.equal((await hong.send("DELETE", "/withdrawal")).status, 200, what);
      await again.close();
      await sqld.stop("SIGKILL");
    }
    await Deno.remove(root, { recursive: true });
  },
});
