/** SQL derived from the data map. Names were checked by `dataMap`, and are quoted; values are bound. */
import type { InStatement, InValue } from "../engine/database.ts";
import {
  type BlockedBy,
  columnsOf,
  type DataMap,
  type Entry,
  expressionsOf,
  type KeepApart,
  parentOf,
} from "../../domain/data_map.ts";
import { dateModifier, datesFrom, datesTo } from "../../domain/retention.ts";

/** A map, as far as its tables exist: what every statement is made from. */
export interface Places {
  /** All of the map's entries; those whose table is absent count nothing. */
  all: readonly Entry[];
  /** Those whose tables exist. */
  entries: readonly Entry[];
  /** Every table that the map speaks of and that may exist: any other stops an erasure. */
  tables: readonly string[];
  /** The virtual tables that were there at the last look: any other stops an erasure. */
  virtual: readonly Virtual[];
  blocks: readonly BlockedBy[];
}

/** A virtual table. The fields about text are set only for a full-text index on the map. */
export interface Virtual {
  name: string;
  /** Its CREATE statement. */
  sql: string;
  /** Deleted words stay in its b-tree unless this option of FTS5 is set. */
  needsSecureDelete: boolean;
  /** Deleted words stay until its b-trees are merged: FTS3, FTS4, and FTS5 with contentless_delete. */
  needsOptimize: boolean;
  /** The triggers that must keep an index in step with the table whose rows it indexes. */
  triggers: readonly { table: string; event: "DELETE" | "UPDATE" }[];
}

/** What was seen of the live schema when it was last looked at. */
export interface Seen {
  /**
   * Tables on the map that were not in the database. One that has appeared since is as unknown as one
   * that is not on the map, and makes the claim fail.
   */
  absent: readonly string[];
  virtual: readonly Virtual[];
}

export function placesOf(map: DataMap, { absent: missing, virtual }: Seen): Places {
  const absent = new Set(missing);
  const isThere = (entry: Entry): boolean =>
    !absent.has(entry.table) && (!entry.via || isThere(parentOf(entry, map.entries)));
  const entries = map.entries.filter(isThere);
  const tables = [...map.entries, ...map.nobody].map((entry) => entry.table)
    .filter((table) => !absent.has(table));
  const { entries: all, blocks } = map;
  return { all, entries, tables: [...new Set(tables)], virtual, blocks };
}

/** In brackets: a name in double quotes that no column has would silently become a text. */
export function quote(name: string): string {
  return `[${name}]`;
}

/** The condition under which a row of an entry is the member's; `member` is SQL for the member's id. */
export function belongsTo(places: Places, entry: Entry, member: string): string {
  if (!entry.via) {
    const ties = entry.members.map((column) => `${quote(column)} = ${member}`).join(" OR ");
    return narrowed(entry, `(${ties})`, member);
  }
  const { column, table, key } = entry.via;
  const parents = tableBelongsTo(places, table, member);
  const tie = `${quote(column)} IN (SELECT ${quote(key)} FROM ${quote(table)} WHERE ${parents})`;
  return narrowed(entry, tie, member);
}

/** A condition, and the entry's own `where`. */
export function narrowed(entry: Entry, condition: string, member: string): string {
  return entry.where === null ? condition : `(${condition} AND ${expression(entry.where, member)})`;
}

/** SQL of the map, in brackets, with SQL for the member's id in the place of `:member`. */
export function expression(sql: string, member: string): string {
  return `(${sql.replaceAll(quotedOrMember, (token) => token === ":member" ? member : token)})`;
}

const quotedOrMember = /'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|:member\b/g;

/** The same for a table that several entries speak of. */
export function tableBelongsTo(places: Places, table: string, member: string): string {
  return places.entries.filter((entry) => entry.table === table)
    .map((entry) => belongsTo(places, entry, member)).join(" OR ");
}

/**
 * A SELECT of one JSON text: entry -> [rows that go, rows kept apart, end of the last of these in ms].
 * @param belongs the condition for each entry; the statement also takes `:now`
 */
export function selectCounts(places: Places, belongs: (entry: Entry) => string): string {
  const each = places.all.map((entry, index) => {
    if (!places.entries.includes(entry)) return `SELECT ${index} AS entry, 0, 0, NULL`;
    const kept = entry.disposition === "keep";
    const expires = kept ? expiresAt(entry) : "0";
    return `
      SELECT ${index} AS entry,
        count(*) FILTER (WHERE ${kept ? `${expires} <= :now` : "1"}) AS gone,
        count(*) FILTER (WHERE ${kept ? `${expires} > :now` : "0"}) AS kept,
        ${kept ? `max(${expires}) FILTER (WHERE ${expires} > :now)` : "NULL"} AS until
      FROM ${quote(entry.table)} WHERE ${belongs(entry)}`;
  });
  return `
    SELECT json_group_object(CAST(entry AS TEXT), json_array(gone, kept, until)) AS counts
    FROM (SELECT NULL AS entry, 0 AS gone, 0 AS kept, NULL AS until UNION ALL ${
    each.join(" UNION ALL ")
  }) WHERE entry IS NOT NULL`;
}

/**
 * A SELECT of nothing that fails when the map names a column that is missing, so that a withdrawal with
 * a grace period is refused at once and not at its deadline.
 */
export function selectColumns(places: Places): string {
  return `SELECT ${places.entries.map(columnsExist).join(" OR ")} AS never`;
}

/** SQL that is false, or fails where a column is missing that the entry names. */
export function columnsExist(entry: Entry): string {
  const columns = [
    ...columnsOf(entry).map(quote),
    ...expressionsOf(entry).map((sql) => expression(sql, "''").replace(/:pseudonym\b/g, "''")),
  ];
  return `EXISTS (SELECT ${columns.join(", ")} FROM ${quote(entry.table)} WHERE 0)`;
}

/** A column as ms, with fractions: ISO 8601 text in UTC, seconds or milliseconds; NULL for anything else. */
export function instantIn(column: string): string {
  return `CASE typeof(${column})
    WHEN 'text' THEN unixepoch(${column}, 'subsec') * 1000
    WHEN 'integer' THEN ${column} * iif(abs(${column}) < 100000000000, 1000, 1)
    WHEN 'real' THEN ${column} * iif(abs(${column}) < 100000000000, 1000, 1)
    END`;
}

/**
 * When the period of a kept row began, ms: ISO text, seconds or milliseconds. Where that is no date the
 * period begins now, so that a row is rather kept too long than destroyed too early.
 */
export function startsAt(entry: KeepApart): string {
  const instant = instantIn(quote(entry.from));
  return `iif((${instant}) BETWEEN ${datesFrom} AND ${datesTo},
    CAST(round(${instant}) AS INTEGER), :now)`;
}

/** When it ends, ms: calendar time in UTC. */
export function expiresAt(entry: KeepApart): string {
  const modifier = dateModifier(entry.period);
  return `CAST(round(unixepoch(${
    startsAt(entry)
  } / 1000.0, 'unixepoch', '${modifier}', 'subsec') * 1000) AS INTEGER)`;
}

/** SQL and the names of the values that it takes. */
export interface Template {
  sql: string;
  names: readonly string[];
}

/** Finds the names that a text mentions outside of quotes. */
export function template(sql: string): Template {
  const found = sql.matchAll(/'(?:[^']|'')*'|\[[^\]]*\]|:([a-z_][a-z0-9_]*)/gi);
  const names = Array.from(found, (match) => match[1]).filter((name) => name !== undefined);
  return { sql, names: [...new Set(names)] };
}

/** A statement with those of the named values that it takes. */
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

/** The same for a text that is used once. */
export function bind(sql: string, values: Readonly<Record<string, InValue>>): InStatement {
  return fill(template(sql), values);
}
