/**
 * The functions and types to write a data map with: where a member's data lives, and what leaving does with
 * it. Preview, export, erasure, retention, receipt, policy and `docs/storage.md` are derived from it.
 */

/** A text in each language of the service. */
export interface Words {
  ko: string;
  en: string;
}

/** The legal ground to keep rows after their member has left. */
export interface Ground extends Words {
  kind: "law" | "consent" | "claim";
}

/** A period of calendar time in UTC. Five years from 29 February end on 1 March. */
export type Period = { years: number } | { months: number } | { days: number };

/**
 * How a row belongs to a member. `member`: one or more columns hold the member's id. `via`: the column refers
 * to a row of a parent table, `to: "table.key"`, which belongs to the member. `matching`: SQL that is true for
 * the member's rows, where no column holds an id; `:member` is the member's id.
 */
export type Tie =
  | { member: string | readonly string[] }
  | { via: { column: string; to: string } }
  | { matching: string };

interface Place {
  label: Words;
  purpose: Words;
  /** How long rows are stored, if that is shorter than the membership. */
  lifetime?: Words;
  /** The columns that the export shows. */
  show?: readonly string[];
  /** What people call the columns. The preview, the receipt and the export name them so. */
  fields?: Readonly<Record<string, Words>>;
  /** The Korean counter of the rows. Default: 건. */
  counter?: string;
  /** A unique column to page through the table. Default: `rowid`. */
  key?: string;
  /** SQL: the entry covers only rows for which this is true. `:member` is the member's id. */
  where?: string;
}

/**
 * An SQL expression over the columns of the row. `:member` is the member's id. `:pseudonym` is a random string
 * of eight characters, which is the same in all rows of one erasure and is not stored elsewhere.
 */
export interface Expression {
  sql: string;
}
export type Value = string | number | null | Expression;

export type DestroyOptions = Place & Tie;
/** `set` has the new value of each column, a value or SQL. It must change every `member` column. */
export type AnonymiseOptions = Place & Tie & { set: Readonly<Record<string, Value>> };
/**
 * `columns` are kept; `copy` adds columns of the subject's table, such as `users.name`, under new names. The period begins at the instant in
 * the column `from`: ISO 8601 text in UTC, or seconds or milliseconds since the epoch.
 */
export type KeepApartOptions =
  & Place
  & Tie
  & Period
  & {
    columns: readonly string[];
    copy?: Readonly<Record<string, `${string}.${string}`>>;
    ground: Ground;
    from: string;
  };

interface Common {
  table: string;
  label: Words;
  purpose: Words;
  lifetime: Words | null;
  show: readonly string[];
  fields: Readonly<Record<string, Words>>;
  counter: string | null;
  key: string;
  where: string | null;
  members: readonly string[];
  matching: string | null;
  via: { column: string; table: string; key: string } | null;
}

/** An entry made by `destroy`. */
export interface Destroy extends Common {
  disposition: "destroy";
}
/** An entry made by `anonymise`. */
export interface Anonymise extends Common {
  disposition: "anonymise";
  set: Readonly<Record<string, Value>>;
}
/** An entry made by `keepApart`. */
export interface KeepApart extends Common {
  disposition: "keep";
  columns: readonly string[];
  copy: Readonly<Record<string, string>>;
  ground: Ground;
  from: string;
  period: Period;
}
/** An entry of the data map: a table with data of members. */
export type Entry = Destroy | Anonymise | KeepApart;
/** A table without data of members, and why that is so. */
export interface HoldsNobody {
  disposition: "nobody";
  table: string;
  why: string;
}

/** The sentence for a member whose withdrawal fails because of `by`. */
export interface BlockedBy {
  disposition: "blocked";
  /** A table whose rows block the withdrawal, or the message that a trigger raises. */
  by: string;
  words: Words;
}

/** The table with one row for each member. */
export interface Subject {
  table: string;
  /** The column of the member's id. */
  key: string;
  /** The columns of the login name and the e-mail, which a rejoin block hashes. `null`: there is none. */
  name: string | null;
  email: string | null;
  /** Whether Annyeong's own migrations make the table. */
  isOwn: boolean;
}

/** Annyeong's own `users`. */
export const ownSubject: Subject = {
  table: "users",
  key: "id",
  name: "name",
  email: "email",
  isOwn: true,
};

/** Names another system's table as the subject: its key as `table.column`, and columns of the same table. */
export interface SubjectOptions {
  subject: string;
  name?: string;
  email?: string;
}

/** A data map that `dataMap` has checked. */
export interface DataMap {
  subject: Subject;
  entries: readonly Entry[];
  nobody: readonly HoldsNobody[];
  blocks: readonly BlockedBy[];
}

/** Declares that an erasure deletes the member's rows of a table. */
export function destroy(table: string, options: DestroyOptions): Destroy {
  return { disposition: "destroy", ...common(table, options) };
}

/** Declares that an erasure changes the member's rows of a table so that they no longer refer to the member. */
export function anonymise(table: string, options: AnonymiseOptions): Anonymise {
  return { disposition: "anonymise", ...common(table, options), set: options.set };
}

/** Declares that an erasure moves the member's rows of a table to `retained` until their period ends. */
export function keepApart(table: string, options: KeepApartOptions): KeepApart {
  const { columns, copy = {}, ground, from } = options;
  const period: Period = "years" in options
    ? { years: options.years }
    : "months" in options
    ? { months: options.months }
    : { days: options.days };
  return { disposition: "keep", ...common(table, options), columns, copy, ground, from, period };
}

/** Declares that a table has no data of members. */
export function holdsNobody(table: string, why: string): HoldsNobody {
  return { disposition: "nobody", table, why };
}

/**
 * Declares what a member reads if the database refuses the withdrawal.
 * @param by the table whose rows block it, or the message that a trigger raises
 */
export function blockedBy(by: string, words: Words): BlockedBy {
  return { disposition: "blocked", by, words };
}

/**
 * Returns the list with further columns of a table in the export, such as an app's own columns of `users`.
 * Throws an `Error` if no entry has the table.
 */
export function alsoShow<E extends Entry | HoldsNobody>(
  list: readonly E[],
  table: string,
  columns: readonly string[],
): E[] {
  if (!list.some((entry) => entry.table === table && "show" in entry)) {
    throw new Error(
      `data map: "${table}" is not on the list, so alsoShow cannot add columns to it`,
    );
  }
  return list.map((entry) =>
    entry.table === table && "show" in entry
      ? { ...entry, show: [...new Set([...entry.show, ...columns])] }
      : entry
  );
}

/**
 * Makes a data map of a list. Throws an `Error` that says which entry is wrong and what to write instead.
 * @param options the subject, if the members are another system's; default: Annyeong's `users`
 */
export function dataMap(
  list: readonly (Entry | HoldsNobody | BlockedBy)[],
  options?: SubjectOptions,
): DataMap {
  const subject = options ? subjectOf(options) : ownSubject;
  const nobody = list.filter((entry) => entry.disposition === "nobody");
  const blocks = list.filter((entry) => entry.disposition === "blocked");
  const entries = list.filter((entry) =>
    entry.disposition !== "nobody" && entry.disposition !== "blocked"
  );
  for (const entry of entries) checkEntry(entry, entries, subject);
  for (const { table } of nobody) {
    identifier(table);
    if (entries.some((entry) => entry.table === table)) {
      throw new Error(`data map: "${table}" is declared to hold nobody, but has an entry as well`);
    }
  }
  const { table, key } = subject;
  const found = entries.filter((entry) => entry.table === table);
  if (found.length !== 1 || found[0]!.disposition !== "destroy" || found[0]!.members[0] !== key) {
    throw new Error(`data map: needs destroy("${table}", { member: "${key}", … }) exactly once`);
  }
  return Object.freeze({ subject, entries, nobody, blocks });
}

function subjectOf({ subject, name, email }: SubjectOptions): Subject {
  const [table = "", key = "", ...rest] = subject.split(".");
  if (key === "" || rest.length > 0) {
    throw new Error(`data map: the subject is "${subject}": write it as "table.column"`);
  }
  [table, key, ...(name ? [name] : []), ...(email ? [email] : [])].forEach(identifier);
  return { table, key, name: name ?? null, email: email ?? null, isOwn: false };
}

/** Sorts entries in the order of an erasure: children before parents, the subject last, otherwise as written. */
export function erasureOrder(entries: readonly Entry[], subject: Subject = ownSubject): Entry[] {
  const rank = (entry: Entry) => entry.table === subject.table ? -1 : depth(entry, entries);
  return entries.toSorted((a, b) => rank(b) - rank(a));
}

/** Returns the number of parents between a row and its member. Throws an `Error` for a cycle. */
function depth(entry: Entry, entries: readonly Entry[], seen: readonly string[] = []): number {
  if (!entry.via) return 0;
  if (seen.includes(entry.table)) {
    throw new Error(`data map: "${entry.table}" leads back to itself by via`);
  }
  const parent = parentOf(entry, entries);
  return 1 + depth(parent, entries, [...seen, entry.table]);
}

/** Returns the parent of an entry with `via`. Throws an `Error` if it is not on the map. */
export function parentOf(entry: Entry, entries: readonly Entry[]): Entry {
  const parent = entries.find((other) => other.table === entry.via?.table);
  if (!parent) {
    throw new Error(
      `data map: "${entry.table}" goes via "${entry.via?.table}", which is not on the map`,
    );
  }
  return parent;
}

/** The named fields of an entry by what leaving does with them. */
export interface Fields {
  gone: readonly Words[];
  stay: readonly Words[];
}

/**
 * Divides the named fields of an entry: `gone` are deleted, `stay` remain, anonymously or in the retention
 * store. Among what is deleted instants (`…_at`) are not named, because they say nothing to people.
 */
export function divideFields(entry: Entry): Fields {
  const stays = (column: string) =>
    entry.disposition === "anonymise"
      ? !(column in entry.set)
      : entry.disposition === "keep" && (entry.columns.includes(column) || column in entry.copy);
  const columns = Object.keys(entry.fields);
  const named = (columns: string[]) => columns.map((column) => entry.fields[column]!);
  return {
    gone: named(columns.filter((column) => !stays(column) && !column.endsWith("_at"))),
    stay: named(columns.filter(stays)),
  };
}

/** Returns all columns that an entry names. */
export function columnsOf(entry: Entry): string[] {
  const named = [...entry.members, ...entry.show];
  if (entry.via) named.push(entry.via.column);
  if (entry.key !== "rowid") named.push(entry.key);
  if (entry.disposition === "anonymise") named.push(...Object.keys(entry.set));
  if (entry.disposition === "keep") named.push(...entry.columns, entry.from);
  return [...new Set(named)];
}

/** Returns the SQL of an entry: its `where` and `matching`, and the expressions in its `set`. */
export function expressionsOf(entry: Entry): string[] {
  const values = entry.disposition === "anonymise" ? Object.values(entry.set) : [];
  return [
    ...(entry.where === null ? [] : [entry.where]),
    ...(entry.matching === null ? [] : [entry.matching]),
    ...values.filter(isExpression).map(({ sql }) => sql),
  ];
}

/** Returns whether a value of `set` is SQL. */
export function isExpression(value: Value): value is Expression {
  return typeof value === "object" && value !== null;
}

/** Returns the tables of a map. */
export function tablesOf(map: DataMap): Set<string> {
  return new Set([...map.entries, ...map.nobody].map((entry) => entry.table));
}

function common(table: string, options: Place & Tie): Common {
  const via = "via" in options ? options.via : null;
  const member = "member" in options ? options.member : [];
  const [parent = "", key = ""] = via?.to.split(".") ?? [];
  return {
    table,
    label: options.label,
    purpose: options.purpose,
    lifetime: options.lifetime ?? null,
    show: options.show ?? [],
    fields: options.fields ?? {},
    counter: options.counter ?? null,
    key: options.key ?? "rowid",
    where: options.where ?? null,
    members: typeof member === "string" ? [member] : member,
    matching: "matching" in options ? options.matching : null,
    via: via && { column: via.column, table: parent, key },
  };
}

function checkEntry(entry: Entry, entries: readonly Entry[], subject: Subject): void {
  const fail = (problem: string) => {
    throw new Error(`data map: "${entry.table}" ${problem}`);
  };
  [entry.table, ...columnsOf(entry), ...Object.keys(entry.fields)].forEach(identifier);
  if (!entry.via && entry.matching === null && entry.members.length === 0) {
    fail('needs `member: "column"`, `via: { column, to: "table.key" }` or `matching: "SQL"`');
  }
  if (entry.via) {
    identifier(entry.via.key);
    depth(entry, entries);
  }
  for (const name of ["where", "matching"] as const) {
    const problem = entry[name] !== null && problemOf(entry[name], ["member"]);
    if (problem) fail(`has a \`${name}\` that ${problem}`);
  }
  if (entry.disposition === "anonymise") {
    for (const [column, value] of Object.entries(entry.set)) {
      const problem = isExpression(value) && problemOf(value.sql, ["member", "pseudonym"]);
      if (problem) fail(`sets ${column} to SQL that ${problem}`);
    }
    const bound = entry.members.filter((column) => !(column in entry.set));
    if (bound.length > 0) {
      fail(`keeps the member's id in ${bound.join(", ")}: give it another value in \`set\``);
    }
    if (Object.keys(entry.set).length === 0) fail("is anonymised, but `set` changes no column");
  }
  if (entry.disposition === "keep") {
    Object.keys(entry.copy).forEach(identifier);
    for (const source of Object.values(entry.copy)) {
      const [table, column] = source.split(".");
      if (table !== subject.table || !column) {
        fail(`can copy only columns of ${subject.table}, not ${source}`);
      }
      identifier(column!);
    }
    const [length = 0] = Object.values(entry.period);
    if (!Number.isInteger(length) || length <= 0) {
      fail("needs a whole number of years, months or days");
    }
  }
}

/** Matches quoted strings and names, which may contain anything, and tokens that are not allowed outside. */
const tokens =
  /'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|--|\/\*|:[A-Za-z_]\w*|[();?@$:'"`[\]]/g;

/** Returns why a text is not a single SQL expression, or `null`. */
function problemOf(sql: string, parameters: readonly string[]): string | null {
  if (sql.trim() === "") return "is empty";
  let depth = 0;
  for (const [token] of sql.matchAll(tokens)) {
    if (token === "(") depth++;
    else if (token === ")") depth--;
    else if (token.startsWith(":") && parameters.includes(token.slice(1))) continue;
    else if (token.length === 1 || /^(--|\/\*|:)/.test(token)) {
      const allowed = parameters.map((name) => `:${name}`).join(" and ");
      return `contains ${token}: write one expression, without comments; it may use ${allowed}`;
    }
    if (depth < 0) break;
  }
  return depth === 0 ? null : "has an unmatched bracket";
}

/** Throws an `Error` unless the name is an ASCII word, because names of the map become part of SQL. */
function identifier(name: string): void {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    throw new Error(
      `data map: ${JSON.stringify(name)} is not a name of a table or column: ` +
        "use letters, digits and underscores",
    );
  }
}
