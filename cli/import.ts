/** `deno task import FILE.sql`: imports the members of an existing table. See docs/existing-members.md. */
import { parseArgs } from "node:util";
import ownMap from "../data_map.ts";
import {
  dropStage,
  isImported,
  openStage,
  readPage,
  stage,
  type StagedMember,
  swap,
} from "../db/import/import.ts";
import { createInventory } from "../db/map/inventory.ts";
import { type Database, RefusedStatement } from "../db/engine/database.ts";
import type { Barred } from "../db/import/dropped.ts";
import { type Preflight, runPreflight } from "../db/import/preflight.ts";
import { Source } from "../db/import/source.ts";
import { readRow, type SourceRow } from "../domain/import.ts";
import { hashLength } from "../domain/import_password.ts";
import { AppError } from "../domain/error.ts";
import { createPasswords, type Passwords } from "../crypto/passwords.ts";
import { openForImport, type Parts } from "../runtime/mod.ts";

interface Options {
  replaces: string;
  plainPasswords: boolean;
  withoutPasswords: boolean;
  dropBans: boolean;
  yes: boolean;
}

/** What the rows contain, and what is wrong with them. */
interface Survey {
  /** How many rows have each form of password. */
  forms: Map<string, number>;
  /** Ids of the rows without a usable password, by the kind of their value. */
  unusable: Map<string, string[]>;
  problems: string[];
  warnings: string[];
}

const usage = "usage: import FILE.sql [--replaces TABLE] [--plain-passwords] " +
  "[--without-passwords] [--drop-bans] [--yes]";
const changedMeanwhile =
  "the rows have changed since they were read; stop the service that writes them";
/** How many problems, or ids in a list, are printed. */
const shown = 50;
/** How many passwords are hashed at the same time. */
const atOnce = 4;

/**
 * Runs the command. Sets the exit code: 0 if the members were imported, or could be with `--yes`; 1 if not;
 * 2 for wrong arguments.
 * @param args without the name of the command
 * @param parts of the app whose database it is; default: Annyeong's own data map
 */
export async function importMembers(args: readonly string[], parts?: Parts): Promise<void> {
  const { path, options } = parse(args);
  const source = new Source(
    await Deno.readTextFile(path).catch(() => {
      console.error(`${path} cannot be read`);
      Deno.exit(1);
    }),
  );
  const { db, cost } = await openForImport();
  try {
    Deno.exitCode = await run(db, source, options, cost, parts) ? 0 : 1;
  } catch (error) {
    if (!(error instanceof AppError) && !(error instanceof RefusedStatement)) throw error;
    console.error(reasonOf(error));
    Deno.exitCode = 1;
  } finally {
    db.close();
  }
}

function parse(args: readonly string[]): { path: string; options: Options } {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        yes: { type: "boolean", default: false },
        replaces: { type: "string", default: "users" },
        "plain-passwords": { type: "boolean", default: false },
        "without-passwords": { type: "boolean", default: false },
        "drop-bans": { type: "boolean", default: false },
      },
    });
    const [path, ...rest] = positionals;
    if (!path || rest.length > 0 || !/^\w+$/.test(values.replaces)) throw new Error(usage);
    const options = {
      replaces: values.replaces,
      plainPasswords: values["plain-passwords"],
      withoutPasswords: values["without-passwords"],
      dropBans: values["drop-bans"],
      yes: values.yes,
    };
    return { path, options };
  } catch {
    console.error(usage);
    Deno.exit(2);
  }
}

/** Returns whether the members were imported, or could be with `--yes`. */
async function run(
  db: Database,
  source: Source,
  options: Options,
  cost: number,
  parts?: Parts,
): Promise<boolean> {
  if (await isImported(db)) {
    console.log('"users" already belongs to Annyeong and is in use: nothing is left to import');
    return true;
  }
  const now = Date.now();
  const preflight = await runPreflight(db, source, options.replaces);
  const survey = preflight.problems.length === 0
    ? await surveyRows(db, source, preflight, options, now)
    : null;
  describe(preflight, survey);
  const problems = [
    ...preflight.problems,
    ...options.dropBans ? [] : problemsOfBans(preflight),
    ...survey?.problems ?? [],
  ];
  for (const problem of problems.slice(0, shown)) console.error(`problem: ${problem}`);
  if (problems.length > shown) console.error(`… and ${problems.length - shown} more problems`);
  if (problems.length > 0 || !options.yes) {
    console.log(
      problems.length > 0
        ? "nothing has been changed"
        : "nothing has been changed; add --yes to import",
    );
    return problems.length === 0;
  }

  const passwords = createPasswords(cost, 1024);
  await openStage(db);
  try {
    for await (const rows of pages(db, source, preflight)) {
      await stage(db, await hashed(rows, passwords, now));
    }
    if (!await swap(db, source, preflight, now)) {
      console.error(`nothing has been imported: ${changedMeanwhile}`);
      return false;
    }
  } finally {
    await dropStage(db);
  }
  await db.truncateLog();
  console.log(`${preflight.rows} members imported`);
  await printRemaining(db, preflight, parts);
  return true;
}

async function* pages(
  db: Database,
  source: Source,
  preflight: Preflight,
): AsyncGenerator<SourceRow[]> {
  let after: { key: string; type: string } | null = null;
  do {
    const page: Awaited<ReturnType<typeof readPage>> = await readPage(db, source, preflight, after);
    yield page.rows;
    after = page.next;
  } while (after);
}

/** Reads every row once. Only ids of rows become part of a message. */
async function surveyRows(
  db: Database,
  source: Source,
  preflight: Preflight,
  options: Options,
  now: number,
): Promise<Survey> {
  const forms = new Map<string, number>();
  const problems: string[] = [];
  const unusable = new Map<string, string[]>();
  const lengths = new Set<number>();
  const taken = { name: new Map<string, string>(), "e-mail": new Map<string, string>() };
  for await (const rows of pages(db, source, preflight)) {
    for (const row of rows) {
      const member = readRow(row, now);
      if (Array.isArray(member)) {
        problems.push(...member.map((problem) => `row ${row.id}: ${problem}`));
        continue;
      }
      for (const [what, key] of [["name", member.nameKey], ["e-mail", member.emailKey]] as const) {
        const other = taken[what].get(key);
        if (other) problems.push(`rows ${other} and ${row.id} have the same ${what}`);
        taken[what].set(key, row.id);
      }
      const { password } = member;
      const { form } = password;
      if (password.form === "plain") lengths.add(hashLength(password.text));
      forms.set(form, (forms.get(form) ?? 0) + 1);
      if (password.form === "none") {
        const ids = unusable.get(password.kind) ?? [];
        unusable.set(password.kind, ids);
        ids.push(row.id);
      }
    }
  }
  if (forms.has("plain") && !options.plainPasswords) {
    problems.push(`${forms.get("plain")} passwords are plain text: --plain-passwords hashes them`);
  }
  const locked = [...unusable.values()].flat();
  if (locked.length > 0 && !options.withoutPasswords) {
    problems.push(
      `no password that can be taken over: rows ${listed(locked)}; with --without-passwords they ` +
        "are imported and need a recovery link",
    );
  }
  const plain = forms.get("plain") ?? 0;
  const [length] = lengths;
  const warnings = plain >= 3 && lengths.size === 1 && length
    ? [
      `all ${plain} plain passwords are ${length} letters long, as hashes are; if they are hashes, ` +
      "select NULL AS password, because otherwise the text of the hash becomes the password",
    ]
    : [];
  return { forms, unusable, problems, warnings };
}

/** Hashes plain text passwords, `atOnce` at a time, because the hasher refuses more than fit its memory. */
async function hashed(
  rows: readonly SourceRow[],
  passwords: Passwords,
  now: number,
): Promise<StagedMember[]> {
  const members = rows.map((row) => readRow(row, now));
  const done: StagedMember[] = [];
  for (let at = 0; at < members.length; at += atOnce) {
    done.push(
      ...await Promise.all(
        members.slice(at, at + atOnce).map(async (member) => {
          if (Array.isArray(member)) throw new RefusedStatement("constraint", changedMeanwhile);
          const { password, ...rest } = member;
          const passwordHash = password.form === "plain"
            ? await passwords.hash(password.text)
            : password.form === "none"
            ? null
            : password.ready;
          return { ...rest, passwordHash };
        }),
      ),
    );
  }
  return done;
}

function describe(preflight: Preflight, survey: Survey | null): void {
  const { rows, extras, replaced, referring, dropped, warnings } = preflight;
  if (rows > 0) console.log(`the SELECT finds ${rows} rows`);
  if (extras.length > 0) console.log(`columns that stay beside ours: ${extras.join(", ")}`);
  if (replaced) {
    console.log(`the table "${replaced.name}" with its ${replaced.rows} rows is replaced`);
    if (replaced.unnamed.length > 0) {
      console.log(`columns of it that are deleted: ${replaced.unnamed.join(", ")}`);
    }
    if (replaced.dropped.length > 0) console.log(`deleted with it: ${replaced.dropped.join(", ")}`);
  }
  if (referring.length > 0) console.log(`tables that refer to it: ${referring.join(", ")}`);
  if (survey) {
    const forms = [...survey.forms].map(([form, count]) => `${count} ${form}`);
    console.log(`passwords: ${forms.join(", ") || "none"}`);
    for (const [kind, ids] of survey.unusable) {
      console.log(`${kind}: rows ${listed(ids)} need a recovery link`);
    }
  }
  for (const { kind, places } of dropped.facts) {
    console.log(`not taken over: ${kind}: ${places.join(", ")}`);
  }
  if (dropped.barred) {
    console.log(`not taken over: bans, locks and deletions: ${barredIn(dropped.barred)}`);
  }
  for (const warning of [...warnings, ...survey?.warnings ?? []]) {
    console.warn(`warning: ${warning}`);
  }
}

/** Banned members are a problem unless the operator gives `--drop-bans`. */
function problemsOfBans({ dropped }: Preflight): string[] {
  if (!dropped.barred) return [];
  return [
    `members who are banned, locked or deleted could sign in after the import: ${
      barredIn(dropped.barred)
    }; exclude them with WHERE, or add --drop-bans`,
  ];
}

function barredIn({ places, ids }: Barred): string {
  return places.join(", ") + (ids.length > 0 ? `: rows ${listed(ids)}` : "");
}

function listed(ids: readonly string[]): string {
  const rest = ids.length > shown ? ` and ${ids.length - shown} more` : "";
  return ids.slice(0, shown).join(", ") + rest;
}

/** Returns why nothing was imported. A message of the database quotes the SELECT, but no row. */
function reasonOf(error: AppError | RefusedStatement): string {
  if (error instanceof AppError) return "the database does not answer; run the command again";
  const reason = error.kind === "schema" ? (error.cause as Error).message : changedMeanwhile;
  return `nothing has been imported: ${reason}`;
}

/** Prints what the operator has to do after the import. */
async function printRemaining(
  db: Database,
  { extras }: Preflight,
  parts: Parts | undefined,
): Promise<void> {
  const { problems } = await createInventory(db, parts?.dataMap ?? ownMap).refresh();
  for (const problem of problems) console.log(`left to do: ${problem}`);
  if (extras.length > 0) {
    console.log(`left to do: alsoShow(ownTables, "users", …) lets members see these columns`);
  }
}

if (import.meta.main) await importMembers(Deno.args);
