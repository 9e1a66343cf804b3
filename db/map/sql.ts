/** Makes SQL from the data map. `dataMap` has checked the names, and here they are quoted; values are bound. */
import type { InStatement, InValue } from "../engine/database.ts";
import {
  type BlockedBy,
  columnsOf,
  type DataMap,
  type Entry,
  expressionsOf,
  type KeepApart,
  parentOf,
  type Subject,
} from "../../domain/data_map.ts";
import { dateModifier, datesFrom, datesTo } from "../../domain/period.ts";

/** The data map and the tables that exist. All statements are made from it. */
export interface Places {
  subject: Subject;
  /** All entries of the map. */
  all: readonly Entry[];
  /** The entries whose tables exist. */
  entries: readonly Entry[];
  /** The tables of the map, except those that do not exist. Any other table stops an erasure. */
  tables: readonly string[];
  /** The virtual tables at the last refresh. Any other virtual table stops an erasure. */
  virtual: readonly Virtual[];
  blocks: readonly BlockedBy[];
}

/** A virtual table. The last three fields are false or empty unless it is a full-text index on the map. */
export interface Virtual {
  name: string;
  /** Its CREATE statement. */
  sql: string;
  /** FTS5: deleted words stay in the b-tree unless the option `secure-delete` is set. */
  needsSecureDelete: boolean;
  /** FTS3, FTS4, and FTS5 with contentless_delete: deleted words stay until the b-trees are merged. */
  needsOptimize: boolean;
  /** The triggers that must update the index when the indexed table changes. */
  triggers: readonly { table: string; event: "DELETE" | "UPDATE" }[];
}

/** The schema at the last refresh. */
export interface Seen {
  /** Tables on the map that did not exist. If one exists now, the claim fails as for an unmapped table. */
  absent: readonly string[];
  virtual: readonly Virtual[];
}

/** Makes the places of a map. An entry is absent if its table, or a table that it goes via, does not exist. */
export function placesOf(map: DataMap, { absent: missing, virtual }: Seen): Places {
  const absent = new Set(missing);
  const isThere = (entry: Entry): boolean =>
    !absent.has(entry.table) && (!entry.via || isThere(parentOf(entry, map.entries)));
  const entries = map.entries.filter(isThere);
  const tables = [...map.entries, ...map.nobody].map((entry) => entry.table)
    .filter((table) => !absent.has(table));
  const { subject, entries: all, blocks } = map;
  return { subject, all, entries, tables: [...new Set(tables)], virtual, blocks };
}

/**
 * Quotes a name of a table or column. Not in double quotes, because SQLite reads an unknown column in double
 * quotes as a string literal. A name with `]` is quoted in backticks, because brackets have no escape.
 */
export function quote(name: string): string {
  return name.includes("]") ? `\`${name.replaceAll("`", "``")}\`` : `[${name}]`;
}

/** SQL: the key of the subject's row, in a statement whose FROM has its table. */
export function subjectId({ table, key }: Subject): string {
  return `${quote(table)}.${quote(key)}`;
}

/** SQL: the same as text. Our own tables store it as text, so their indexes serve a key of any type. */
export function subjectText(subject: Subject): string {
  return subject.isOwn ? subjectId(subject) : `CAST(${subjectId(subject)} AS TEXT)`;
}

/** SQL: a column of the subject's table, or NULL if the table has none. */
export function subjectColumn({ table }: Subject, column: string | null): string {
  return column === null ? "NULL" : `${quote(table)}.${quote(column)}`;
}

/** SQL: whether a row of the entry's table is the member's. `member` is SQL for the member's id. */
export function belongsTo(places: Places, entry: Entry, member: string): string {
  if (entry.matching !== null) return narrowed(entry, expression(entry.matching, member), member);
  if (!entry.via) {
    const ties = entry.members.map((column) => `${quote(column)} = ${member}`).join(" OR ");
    return narrowed(entry, `(${ties})`, member);
  }
  const { column, table, key } = entry.via;
  const parents = tableBelongsTo(places, table, member);
  const tie = `${quote(column)} IN (SELECT ${quote(key)} FROM ${quote(table)} WHERE ${parents})`;
  return narrowed(entry, tie, member);
}

/** SQL: a condition and the entry's `where`, if it has one. */
export function narrowed(entry: Entry, condition: string, member: string): string {
  return entry.where === null ? condition : `(${condition} AND ${expression(entry.where, member)})`;
}

/** Puts SQL of the map into parentheses, and replaces `:member` by SQL for the member's id. */
export function expression(sql: string, member: string): string {
  return `(${sql.replaceAll(quotedOrMember, (token) => token === ":member" ? member : token)})`;
}

const quotedOrMember = /'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|:member\b/g;

/** SQL: whether a row of a table is the member's by any entry of the table. */
export function tableBelongsTo(places: Places, table: string, member: string): string {
  return places.entries.filter((entry) => entry.table === table)
    .map((entry) => belongsTo(places, entry, member)).join(" OR ");
}

/**
 * Makes a SELECT of one JSON object: index of the entry -> [rows destroyed or anonymised, rows kept apart,
 * end of the last kept row in ms]. The statement has the parameter `:now`.
 * @param belongs makes the condition of an entry
 */
export function selectCounts(places: Places, belongs: (entry: Entry) => string): string {
  const each = places.all.map((entry, index) => {
    const name = `${index === 0 ? "{" : ","}"${index}":`;
    return `'${name}' || ${places.entries.includes(entry) ? countsOf(entry) : "'[0,0,null]'"}`;
  });
  return `SELECT ${each.join(" || ")} || '}' AS counts`;

  function countsOf(entry: Entry): string {
    const rows = `FROM ${quote(entry.table)} WHERE ${belongs(entry)}`;
    if (entry.disposition !== "keep") return `json_array((SELECT count(*) ${rows}), 0, NULL)`;
    const expires = expiresAt(entry);
    return `(SELECT json_array(count(*) FILTER (WHERE ${expires} <= :now),
      count(*) FILTER (WHERE ${expires} > :now), max(${expires}) FILTER (WHERE ${expires} > :now)) ${rows})`;
  }
}

/**
 * Makes a SELECT that fails if a column of the map does not exist. It makes a withdrawal with a grace period
 * fail at once instead of at its deadline.
 */
export function selectColumns(places: Places): string {
  return `SELECT ${places.entries.map(columnsExist).join(" OR ")} AS never`;
}

/** SQL: false, or an error if a column that the entry names does not exist. */
export function columnsExist(entry: Entry): string {
  const columns = [
    ...columnsOf(entry).map(quote),
    ...expressionsOf(entry).map((sql) => expression(sql, "''").replace(/:pseudonym\b/g, "''")),
  ];
  return `EXISTS (SELECT ${columns.join(", ")} FROM ${quote(entry.table)} WHERE 0)`;
}

/** SQL: a column (ISO 8601 text in UTC, s or ms since the epoch) as ms with fractions; NULL if it is neither. */
export function instantIn(column: string): string {
  return `CASE typeof(${column})
    WHEN 'text' THEN unixepoch(${column}, 'subsec') * 1000
    WHEN 'integer' THEN ${column} * iif(abs(${column}) < 100000000000, 1000, 1)
    WHEN 'real' THEN ${column} * iif(abs(${column}) < 100000000000, 1000, 1)
    END`;
}

/**
 * SQL: when the period of a kept row began, ms. If `from` is not a date, the period begins now, because
 * keeping a row too long is better than destroying it too early.
 */
export function startsAt(entry: KeepApart): string {
  const instant = instantIn(quote(entry.from));
  return `iif((${instant}) BETWEEN ${datesFrom} AND ${datesTo},
    CAST(round(${instant}) AS INTEGER), :now)`;
}

/** SQL: when the period of a kept row ends, ms. Periods are calendar time in UTC. */
export function expiresAt(entry: KeepApart): string {
  const modifier = dateModifier(entry.period);
  return `CAST(round(unixepoch(${
    startsAt(entry)
  } / 1000.0, 'unixepoch', '${modifier}', 'subsec') * 1000) AS INTEGER)`;
}

/** SQL and the names of its parameters. */
export interface Template {
  sql: string;
  names: readonly string[];
}

/** Finds the parameters of a statement: names after `:` outside of quotes and brackets. */
export function template(sql: string): Template {
  const found = sql.matchAll(/'(?:[^']|'')*'|`(?:[^`]|``)*`|\[[^\]]*\]|:([a-z_][a-z0-9_]*)/gi);
  const names = Array.from(found, (match) => match[1]).filter((name) => name !== undefined);
  return { sql, names: [...new Set(names)] };
}

/** Makes a statement with the values of its parameters. Throws an `Error` if one has no value. */
export function fill(
  { sql, names }: Template,
  values: Readonly<Record<string, InValue>>,
): InStatement {
  const args: Record<string, InValue> = {};
  for (const name of names) {
    if (!(name in values)) throw new Error(`no value for :${name}`);
    args[name] = values[name]!;
  }
  return { sql, args };
}

/** Makes a statement of SQL that is used only once. Throws as `fill`. */
export function bind(sql: string, values: Readonly<Record<string, InValue>>): InStatement {
  return fill(template(sql), values);
}
