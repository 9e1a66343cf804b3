/** What the suite asks of a system whose members leave. */
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import type { Services } from "../../actions/services.ts";
import type { DataMap } from "../../domain/data_map.ts";
import { type Answer, Browser } from "../../tests/support/harness.ts";

export const password = "correct horse 7";
export const origin = "https://members.example";

/** The app's own tables: one with a foreign key to the members, one without. `MEMBERS` is their table. */
export const appTables = [
  "CREATE TABLE note (id INTEGER PRIMARY KEY, owner TEXT REFERENCES MEMBERS (id), text TEXT)",
  "CREATE TABLE comment (id INTEGER PRIMARY KEY, owner TEXT, text TEXT)",
];

export interface Settings {
  /** Sessions are cached as the system's manual describes, if it has a cache. */
  cached?: boolean;
  /** The app's hook says no, if the system has one. */
  veto?: boolean;
}

/** A running system. */
export interface Place {
  fetch(request: Request): Promise<Response>;
  /** The table of the members. */
  members: string;
  join(browser: Browser, name: string): Promise<Answer>;
  signIn(browser: Browser, name: string): Promise<Answer>;
  /** The name of whom the app takes the browser for. */
  who(browser: Browser): Promise<string | null>;
  leave(browser: Browser, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** Whether an answer says that the member has left. */
  isGone(answer: Answer): boolean;
  /** Asks for what a mailed link does, and returns every path by which a member can be deleted. */
  deletionPaths(browser: Browser): Promise<string[]>;
  /** The preview of a withdrawal, or `null`. */
  preview(browser: Browser): Promise<Answer | null>;
  /** How often the app's hooks were called; `null` if there are none. */
  hooks: { before: number; after: number } | null;
  /** Makes an organisation with two members, of whom the first is the owner; `false` if there are none. */
  organise(owner: Browser, other: Browser, email: string): Promise<boolean>;
  /** Where ours is at work. */
  services: Services | null;
  map: DataMap | null;
  /** The embedded file. */
  file: string;
  close(): Promise<void>;
}

/** A system, and how to start it on a file of its own. */
export interface Subject {
  name: string;
  open(settings: Settings): Promise<Place>;
}

export function browserOf(place: Place): Browser {
  const service = {
    origin,
    fetch: (request: Request) => place.fetch(request),
    sql: () => Promise.resolve([]),
    close: () => Promise.resolve(),
  };
  return new Browser(service, { Origin: origin });
}

/** Runs a statement beside the system, as an operator would. */
export function query(place: Place, sql: string, ...args: SQLInputValue[]) {
  const database = new DatabaseSync(place.file, { timeout: 5000 });
  try {
    return database.prepare(sql).all(...args);
  } finally {
    database.close();
  }
}

/** Tables with a row that holds the text, in any column. */
export function tablesWith(place: Place, text: string): string[] {
  const tables = query(
    place,
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
  );
  return tables.map(({ name }) => String(name)).filter((name) =>
    query(place, `SELECT * FROM "${name}"`).some((row) => JSON.stringify(row).includes(text))
  );
}

/** Files of the database, its log and its journal that hold the bytes of the text. */
export async function filesWith(place: Place, text: string): Promise<string[]> {
  const found: string[] = [];
  for (const suffix of ["", "-wal", "-journal"]) {
    const bytes = await Deno.readFile(place.file + suffix).catch(() => null);
    if (bytes && new TextDecoder("latin1").decode(bytes).includes(text)) {
      found.push(`file${suffix}`);
    }
  }
  return found;
}
