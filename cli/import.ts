/** `deno task import FILE.sql`: takes over members who are there already: see docs/existing-members.md. */
import { parseArgs } from "node:util";
import ownMap from "../data_map.ts";
import { dropStage, isAdopted, openStage, readPage, stage, swap } from "../db/import/import.ts";
import { createInventory } from "../db/map/inventory.ts";
import { type Database, RefusedStatement } from "../db/engine/database.ts";
import { lookAt, type Outlook, Source } from "../db/import/preflight.ts";
import { adopt as adoptRow, type Adopted, hashLength, type OldRow } from "../domain/import.ts";
import { AppError } from "../domain/error.ts";
import { createPasswords, type Passwords } from "../crypto/passwords.ts";
import { openForAdoption, type Parts } from "../runtime/mod.ts";

interface Terms {
  replaces: string;
  plainPasswords: boolean;
  withoutPasswords: boolean;
  yes: boolean;
}

/** What the rows are like, and what is wrong with them. */
interface Survey {
  forms: Map<string, number>;
  problems: string[];
  warnings: string[];
  /** Ids of rows whose password nobody can verify. */
  locked: string[];
}

const usage = "usage: adopt FILE.sql [--replaces TABLE] [--plain-passwords] " +
  "[--without-passwords] [--yes]";
const changedMeanwhile = "the rows changed meanwhile; stop what writes them";
const shown = 50;
/** Hashes under way at once. */
const atOnce = 4;

export async function importMembers(args: readonly string[], parts?: Parts): Promise<void> {
  const { path, terms } = parse(args);
  const source = new Source(
    await Deno.readTextFile(path).catch(() => {
      console.error(`${path} cannot be read`);
      Deno.exit(1);
    }),
  );
  const { db, cost } = await openForAdoption();
  try {
    Deno.exitCode = await run(db, source, terms, cost, parts) ? 0 : 1;
  } catch (error) {
    if (!(error instanceof AppError) && !(error instanceof RefusedStatement)) throw error;
    console.error(reasonOf(error));
    Deno.exitCode = 1;
  } finally {
    db.close();
  }
}

function parse(args: readonly string[]): { path: string; terms: Terms } {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        yes: { type: "boolean", default: false },
        replaces: { type: "string", default: "users" },
        "plain-passwords": { type: "boolean", default: false },
        "without-passwords": { type: "boolean", default: false },
      },
    });
    const [path, ...rest] = positionals;
    if (!path || rest.length > 0 || !/^\w+$/.test(values.replaces)) throw new Error(usage);
    const plainPasswords = values["plain-passwords"];
    const withoutPasswords = values["without-passwords"];
    return { path, terms: { ...values, plainPasswords, withoutPasswords } };
  } catch {
    console.error(usage);
    Deno.exit(2);
  }
}

/** @returns whether all is well: it was done, or could be. */
async function run(
  db: Database,
  source: Source,
  terms: Terms,
  cost: number,
  parts?: Parts,
): Promise<boolean> {
  if (await isAdopted(db)) {
    console.log('"users" is Annyeong\'s already, and in use: nothing is left to adopt');
    return true;
  }
  const now = Date.now();
  const outlook = await lookAt(db, source, terms.replaces);
  const survey = outlook.problems.length === 0 ? await look(db, source, outlook, terms, now) : null;
  describe(outlook, survey);
  const problems = [...outlook.problems, ...survey?.problems ?? []];
  for (const problem of problems.slice(0, shown)) console.error(`problem: ${problem}`);
  if (problems.length > shown) console.error(`… and ${problems.length - shown} problems more`);
  if (problems.length > 0 || !terms.yes) {
    console.log(
      problems.length > 0
        ? "nothing has been changed"
        : "nothing has been changed; --yes carries it out",
    );
    return problems.length === 0;
  }

  const passwords = createPasswords(cost, 1024);
  await openStage(db);
  try {
    for await (const rows of pages(db, source, outlook)) {
      await stage(db, await hashed(rows, passwords, now));
    }
    if (!await swap(db, source, outlook, now)) {
      console.error(`nothing has been adopted: ${changedMeanwhile}`);
      return false;
    }
  } finally {
    await dropStage(db);
  }
  await db.truncateLog();
  console.log(`${outlook.rows} members adopted`);
  await sayWhatIsLeft(db, outlook, parts);
  return true;
}

async function* pages(db: Database, source: Source, outlook: Outlook): AsyncGenerator<OldRow[]> {
  let after: { key: string; type: string } | null = null;
  do {
    const page: Awaited<ReturnType<typeof readPage>> = await readPage(db, source, outlook, after);
    yield page.rows;
    after = page.next;
  } while (after);
}

/** Reads every row once. Nothing of a row but its id is ever printed. */
async function look(
  db: Database,
  source: Source,
  outlook: Outlook,
  terms: Terms,
  now: number,
): Promise<Survey> {
  const forms = new Map<string, number>();
  const problems: string[] = [];
  const locked: string[] = [];
  const lengths = new Set<number>();
  const taken = { name: new Map<string, string>(), "e-mail": new Map<string, string>() };
  for await (const rows of pages(db, source, outlook)) {
    for (const row of rows) {
      const member = adoptRow(row, now);
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
      if (form === "none") locked.push(row.id);
    }
  }
  if (forms.has("plain") && !terms.plainPasswords) {
    problems.push(`${forms.get("plain")} passwords are plain text: --plain-passwords hashes them`);
  }
  if (locked.length > 0 && !terms.withoutPasswords) {
    problems.push(
      `no password that can be taken over: rows ${listed(locked)}; with --without-passwords they ` +
        "are adopted and need a recovery link",
    );
  }
  const plain = forms.get("plain") ?? 0;
  const [length] = lengths;
  const warnings = plain >= 3 && lengths.size === 1 && length
    ? [
      `all ${plain} plain passwords are ${length} letters long, as hashes are; of hashes each ` +
      "would become its member's password: then let the SELECT say NULL AS password",
    ]
    : [];
  return { forms, problems, warnings, locked };
}

/** As many at once as the machine has use for; the rest waits here, not in the hasher. */
async function hashed(
  rows: readonly OldRow[],
  passwords: Passwords,
  now: number,
): Promise<(Omit<Adopted, "password"> & { passwordHash: string | null })[]> {
  const members = rows.map((row) => adoptRow(row, now));
  const done: (Omit<Adopted, "password"> & { passwordHash: string | null })[] = [];
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

function describe(outlook: Outlook, survey: Survey | null): void {
  const { rows, extras, replaced, referring, warnings } = outlook;
  if (rows > 0) console.log(`the SELECT finds ${rows} rows`);
  if (extras.length > 0) console.log(`columns that stay beside ours: ${extras.join(", ")}`);
  if (replaced) {
    console.log(`the table "${replaced.name}" with its ${replaced.rows} rows is replaced`);
    if (replaced.unnamed.length > 0) {
      console.log(`of it these columns go: ${replaced.unnamed.join(", ")}`);
    }
    if (replaced.dropped.length > 0) console.log(`so do: ${replaced.dropped.join(", ")}`);
  }
  if (referring.length > 0) console.log(`tables that refer to it: ${referring.join(", ")}`);
  if (survey) {
    const forms = [...survey.forms].map(([form, count]) => `${count} ${form}`);
    console.log(`passwords: ${forms.join(", ") || "none"}`);
    if (survey.locked.length > 0 && survey.problems.length === 0) {
      console.log(`rows that need a recovery link: ${listed(survey.locked)}`);
    }
  }
  for (const warning of [...warnings, ...survey?.warnings ?? []]) {
    console.warn(`warning: ${warning}`);
  }
}

function listed(ids: readonly string[]): string {
  const rest = ids.length > shown ? ` and ${ids.length - shown} more` : "";
  return ids.slice(0, shown).join(", ") + rest;
}

/** What the database says of the SELECT quotes the SELECT, and no row. */
function reasonOf(error: AppError | RefusedStatement): string {
  if (error instanceof AppError) return "the database does not answer; run it again";
  const reason = error.kind === "schema" ? (error.cause as Error).message : changedMeanwhile;
  return `nothing has been adopted: ${reason}`;
}

async function sayWhatIsLeft(
  db: Database,
  { extras }: Outlook,
  parts: Parts | undefined,
): Promise<void> {
  const { problems } = await createInventory(db, parts?.dataMap ?? ownMap).refresh();
  for (const problem of problems) console.log(`left to do: ${problem}`);
  if (extras.length > 0) {
    console.log(`left to do: alsoShow(ownTables, "users", …) for what members shall see of theirs`);
  }
}

if (import.meta.main) await importMembers(Deno.args);
