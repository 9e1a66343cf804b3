/**
 * `deno task worker`: migrates the database and runs `wrangler dev` in development mode. If
 * TURSO_DATABASE_URL is not set, starts sqld in data/worker. Passes its arguments to wrangler.
 */
import { freshSecrets, variableNames } from "../config/mod.ts";
import { openDatabase } from "../db/engine/database.ts";
import { migrate } from "../db/engine/migrate.ts";
import { startSqld } from "./sqld.ts";

const folder = "data/worker";
await Deno.mkdir(folder, { recursive: true, mode: 0o700 });

const given = Deno.env.get("TURSO_DATABASE_URL");
const named = given || Deno.args.some((argument) => argument.startsWith("TURSO_DATABASE_URL:"));
const sqld = named ? null : await startSqld(`${folder}/sqld`);
const url = given || sqld?.url;
if (url) await migrateDatabase(url);

const variables: Record<string, string> = { ANNYEONG_ENV: "development", ...await secrets() };
if (url) variables.TURSO_DATABASE_URL = url;
for (const name of variableNames) {
  if (name !== "ANNYEONG_ENV" && name !== "TURSO_DATABASE_URL") copyVariable(name);
}
const file = `${folder}/variables`;
const lines = Object.entries(variables).map(([name, value]) => {
  const quote = value.includes("'") ? "`" : "'";
  return `${name}=${quote}${value}${quote}`;
});
await Deno.writeTextFile(file, lines.join("\n") + "\n", { mode: 0o600 });

const wrangler = new Deno.Command(Deno.execPath(), {
  args: ["run", "-A", "npm:wrangler", "dev", "--env-file", file, ...Deno.args],
}).spawn();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.addSignalListener(signal, () => wrangler.kill(signal));
}
const { code } = await wrangler.status;
await sqld?.stop();
Deno.exit(code);

/** Gives the worker a variable of this process, if it is set. */
function copyVariable(name: string): void {
  const value = Deno.env.get(name);
  if (value !== undefined) variables[name] = value;
}

async function migrateDatabase(url: string): Promise<void> {
  const authToken = Deno.env.get("TURSO_AUTH_TOKEN");
  const db = await openDatabase({ url, authToken, timeoutMs: 5000 });
  await migrate(db, Date.now());
  db.close();
}

/** Reads the secrets, or makes them the first time. They are stored so that sessions survive a restart. */
async function secrets(): Promise<Record<string, string>> {
  const path = `${folder}/secrets.json`;
  try {
    return JSON.parse(await Deno.readTextFile(path));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  const made = await freshSecrets("generated");
  await Deno.writeTextFile(path, JSON.stringify(made), { mode: 0o600 });
  return made;
}
