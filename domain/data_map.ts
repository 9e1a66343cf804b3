/**
 * The language of the data map: where a member's data lives, and what leaving does with it.
 * Preview, export, erasure, retention, receipt, policy and `docs/storage.md` are derived from it.
 */

/** A text in every language the service speaks. */
export interface Words {
  ko: string;
  en: string;
}

/** Why rows may be kept apart after their member has left. */
export interface Ground extends Words {
  kind: "law" | "consent" | "claim";
}

/** Calendar time in UTC: five years from 29 February end on 1 March. */
export type Period = { years: number } | { months: number } | { days: number };

/** The column, or columns, that hold the member's id; or the parent row through which a row is theirs. */
export type Tie = { member: string | readonly string[] } | { via: { column: string; to: string } };

interface Place {
  label: Words;
  purpose: Words;
  /** How long rows live while the member stays, where that is shorter than the membership. */
  lifetime?: Words;
  /** The columns that the member sees in their export. */
  show?: readonly string[];
  /** A unique, ordered column for paging through the table; `rowid` unless the table has none. */
  key?: string;
  /** SQL: the entry covers only the rows for which this is true. `:member` is the member's id. */
  where?: string;
}

/**
 * SQL over the columns of the row. `:member` is the member's id; `:pseudonym` is a random text of eight
 * characters, the same in every row of one erasure and stored nowhere else.
 */
export interface Expression {
  sql: string;
}
export type Value = string | number | null | Expression;

export type DestroyOptions = Place & Tie;
/** `set` says what each column becomes: a value, or SQL. It must release every member column. */
export type AnonymiseOptions = Place & Tie & { set: Readonly<Record<string, Value>> };
/**
 * `columns` are copied apart, `copy` adds columns of `users` under new names. The period runs from the
 * instant in the column `from`: ISO 8601 text in UTC, or seconds or milliseconds since the epoch.
 */
export type KeepApartOptions =
  & Place
  & Tie
  & Period
  & {
    columns: readonly string[];
    copy?: Readonly<Record<string, `users.${string}`>>;
    ground: Ground;
    from: string;
  };

interface Common {
  table: string;
  label: Words;
  purpose: Words;
  lifetime: Words | null;
  show: readonly string[];
  key: string;
  where: string | null;
  members: readonly string[];
  via: { column: string; table: string; key: string } | null;
}

export interface Destroy extends Common {
  disposition: "destroy";
}
export interface Anonymise extends Common {
  disposition: "anonymise";
  set: Readonly<Record<string, Value>>;
}
export interface KeepApart extends Common {
  disposition: "keep";
  columns: readonly string[];
  copy: Readonly<Record<string, string>>;
  ground: Ground;
  from: string;
  period: Period;
}
/** A place where a member's data lives. */
export type Entry = Destroy | Anonymise | KeepApart;
/** A table that holds nobody, and why that is so. */
export interface HoldsNobody {
  disposition: "nobody";
  table: string;
  why: string;
}

/** What a member reads when `by` stops their withdrawal. */
export interface BlockedBy {
  disposition: "blocked";
  /** A table whose rows are in the way, or the message that a trigger raises. */
  by: string;
  words: Words;
}

export interface DataMap {
  entries: readonly Entry[];
  nobody: readonly HoldsNobody[];
  blocks: readonly BlockedBy[];
}

/** Rows that go when the member goes. */
export function destroy(table: string, options: DestroyOptions): Destroy {
  return { disposition: "destroy", ...common(table, options) };
}

/** Rows that stay, without the member. */
export function anonymise(table: string, options: AnonymiseOptions): Anonymise {
  return { disposition: "anonymise", ...common(table, options), set: options.set };
}

/** Rows that move to the retention store until their period ends. */
export function keepApart(table: string, options: KeepApartOptions): KeepApart {
  const { columns, copy = {}, ground, from } = options;
  const period: Period = "years" in options
    ? { years: options.years }
    : "months" in options
    ? { months: options.months }
    : { days: options.days };
  return { disposition: "keep", ...common(table, options), columns, copy, ground, from, period };
}

/** Declares that no row of a table is about a person. */
export function holdsNobody(table: string, why: string): HoldsNobody {
  return { disposition: "nobody", table, why };
}

/**
 * Says what a member reads when something is in the way of their withdrawal.
 *
 * @param by the table whose rows are in the way, or the message that a trigger raises
 */
export function blockedBy(by: string, words: Words): BlockedBy {
  return { disposition: "blocked", by, words };
}

/** The list with more columns of one table in the export: those that a team's own `users` brought along. */
export function alsoShow<E extends Entry | HoldsNobody>(
  list: readonly E[],
  table: string,
  columns: readonly string[],
): E[] {
  if (!list.some((entry) => entry.table === table && "show" in entry)) {
    throw new Error(`data map: "${table}" is not on the list, so nothing more of it can be shown`);
  }
  return list.map((entry) =>
    entry.table === table && "show" in entry
      ? { ...entry, show: [...new Set([...entry.show, ...columns])] }
      : entry
  );
}

/** Checks the list. Throws an `Error` that says which entry is wrong and what to write instead. */
export function dataMap(list: readonly (Entry | HoldsNobody | BlockedBy)[]): DataMap {
  const nobody = list.filter((entry) => entry.disposition === "nobody");
  const blocks = list.filter((entry) => entry.disposition === "blocked");
  const entries = list.filter((entry) =>
    entry.disposition !== "nobody" && entry.disposition !== "blocked"
  );
  for (const entry of entries) checkEntry(entry, entries);
  for (const { table } of nobody) {
    identifier(table);
    if (entries.some((entry) => entry.table === table)) {
      throw new Error(`data map: "${table}" is said to hold nobody and to hold members`);
    }
  }
  const users = entries.filter((entry) => entry.table === "users");
  if (users.length !== 1 || users[0]!.disposition !== "destroy" || users[0]!.members[0] !== "id") {
    throw new Error(`data map: needs destroy("users", { member: "id", … }) exactly once`);
  }
  return Object.freeze({ entries, nobody, blocks });
}

/** The order in which places are emptied: children before their parents, `users` last, else as written. */
export function erasureOrder(entries: readonly Entry[]): Entry[] {
  const rank = (entry: Entry) => entry.table === "users" ? -1 : depth(entry, entries);
  return entries.toSorted((a, b) => rank(b) - rank(a));
}

/** How many parents stand between a row and its member. Throws where the chain has no end. */
function depth(entry: Entry, entries: readonly Entry[], seen: readonly string[] = []): number {
  if (!entry.via) return 0;
  if (seen.includes(entry.table)) {
    throw new Error(`data map: "${entry.table}" leads back to itself by via`);
  }
  const parent = parentOf(entry, entries);
  return 1 + depth(parent, entries, [...seen, entry.table]);
}

/** The entry that an entry by `via` belongs to. */
export function parentOf(entry: Entry, entries: readonly Entry[]): Entry {
  const parent = entries.find((other) => other.table === entry.via?.table);
  if (!parent) {
    throw new Error(
      `data map: "${entry.table}" goes via "${entry.via?.table}", which is not on the map`,
    );
  }
  return parent;
}

/** Every column that an entry names. */
export function columnsOf(entry: Entry): string[] {
  const named = [...entry.members, ...entry.show];
  if (entry.via) named.push(entry.via.column);
  if (entry.key !== "rowid") named.push(entry.key);
  if (entry.disposition === "anonymise") named.push(...Object.keys(entry.set));
  if (entry.disposition === "keep") named.push(...entry.columns, entry.from);
  return [...new Set(named)];
}

/** The SQL that an entry brings along: its `where`, and the expressions in its `set`. */
export function expressionsOf(entry: Entry): string[] {
  const values = entry.disposition === "anonymise" ? Object.values(entry.set) : [];
  return [
    ...(entry.where === null ? [] : [entry.where]),
    ...values.filter(isExpression).map(({ sql }) => sql),
  ];
}

export function isExpression(value: Value): value is Expression {
  return typeof value === "object" && value !== null;
}

/** The tables that a map speaks of: everything else in the database is unknown to it. */
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
    key: options.key ?? "rowid",
    where: options.where ?? null,
    members: typeof member === "string" ? [member] : member,
    via: via && { column: via.column, table: parent, key },
  };
}

function checkEntry(entry: Entry, entries: readonly Entry[]): void {
  const fail = (problem: string) => {
    throw new Error(`data map: "${entry.table}" ${problem}`);
  };
  [entry.table, ...columnsOf(entry)].forEach(identifier);
  if (!entry.via && entry.members.length === 0) {
    fail('needs `member: "column"` or `via: { column, to: "table.key" }`');
  }
  if (entry.via) {
    identifier(entry.via.key);
    depth(entry, entries);
  }
  if (entry.where !== null) {
    const problem = problemOf(entry.where, ["member"]);
    if (problem) fail(`has a \`where\` that ${problem}`);
  }
  if (entry.disposition === "anonymise") {
    for (const [column, value] of Object.entries(entry.set)) {
      const problem = isExpression(value) && problemOf(value.sql, ["member", "pseudonym"]);
      if (problem) fail(`sets ${column} to SQL that ${problem}`);
    }
    const bound = entry.members.filter((column) => !(column in entry.set));
    if (bound.length > 0) {
      fail(`keeps its member in ${bound.join(", ")}: name what it becomes in \`set\``);
    }
    if (Object.keys(entry.set).length === 0) fail("is anonymised, but `set` changes no column");
  }
  if (entry.disposition === "keep") {
    Object.keys(entry.copy).forEach(identifier);
    for (const source of Object.values(entry.copy)) {
      const [table, column] = source.split(".");
      if (table !== "users" || !column) fail(`can copy only columns of users, not ${source}`);
      identifier(column!);
    }
    const [length = 0] = Object.values(entry.period);
    if (!Number.isInteger(length) || length <= 0) {
      fail("needs a whole number of years, months or days");
    }
  }
}

/** Quoted texts and names, which may hold anything, and what must not stand outside of them. */
const tokens =
  /'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|--|\/\*|:[A-Za-z_]\w*|[();?@$:'"`[\]]/g;

/** Why a text cannot be one expression inside a statement of ours, or `null`. */
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
  return depth === 0 ? null : "has a bracket without its other half";
}

/** Identifiers of the map become part of SQL texts, so they are words and nothing else. */
function identifier(name: string): void {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    throw new Error(`data map: ${JSON.stringify(name)} is not a name of a table or column`);
  }
}
