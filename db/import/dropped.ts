/**
 * Finds data of the source system that an import does not take over: second factors, bans, social
 * sign-ins, sessions and more. Only reads.
 */
import type { Database } from "../engine/database.ts";
import { quote } from "../map/sql.ts";
import type { Source } from "./source.ts";

/** Data that is not taken over. */
export interface Dropped {
  /** For each kind of data: the tables and columns that hold it, with their number of rows. */
  facts: { kind: string; places: string[] }[];
  /** Members who cannot sign in to the source system; `null` if there are none. */
  barred: Barred | null;
}

/** Banned, locked or deleted members. */
export interface Barred {
  /** The tables and columns that say so, with their number of rows. */
  places: string[];
  /** The ids of the members' rows, as far as known. */
  ids: string[];
}

/**
 * How to recognise a kind of data by names of tables and columns. The patterns match names in lower case
 * without underscores, so `isActive` and `is_active` are the same.
 */
interface Trait {
  kind: string;
  /** Tables that hold nothing else. */
  tables?: RegExp;
  /** Columns of a table that the SELECT reads or the import replaces. */
  columns?: RegExp;
}

/** Covers better-auth, Django (with allauth and django-otp), Laravel, Devise, Lucia and Auth.js. */
const traits: Trait[] = [
  {
    kind: "second factors",
    tables: /^(twofactors?|twofactorauth\w*|otp\w*device|mfa\w*|totp\w*)$/,
    columns:
      /^(twofactor\w*|(encrypted)?otp(secret|requiredforlogin|backupcodes|enabled)\w*|totp\w*|mfa\w*|2fa\w*|recoverycodes|backupcodes)$/,
  },
  { kind: "passkeys", tables: /^(passkeys?|webauthn\w*|fido\w*|authenticators?)$/ },
  {
    kind: "sessions and tokens",
    tables:
      /^(sessions?|(user|auth|django)sessions?|personalaccesstokens|passwordresets?|passwordresettokens?|verifications?|verificationtokens?|authtokentoken|(oauth)?(access|refresh)tokens?|apikeys?|remembertokens?)$/,
    columns:
      /^(remember(token|createdat)|(resetpassword|confirmation|unlock|reset|api|refresh)token)$/,
  },
  {
    kind: "groups and permissions",
    tables:
      /^(authusergroups|authuseruserpermissions|modelhas(roles|permissions)|usersroles|userroles?|roleuser)$/,
    columns: /^is(staff|superuser|admin)$/,
  },
  {
    kind: "verified addresses",
    columns: /^(email(verified|confirmed)(at)?|confirmedat|isverified)$/,
  },
  {
    kind: "sign-in history",
    columns: /^((last|current)(login|signin)(at|ip)?|signincount|failedattempts|loginattempts)$/,
  },
];

const social: Required<Trait> = {
  kind: "social sign-ins",
  tables:
    /^(accounts?|socialaccount(socialaccount)?|(user)?socialauth\w*|identities|oauthaccounts?|(user|auth)keys?)$/,
  columns:
    /^(provider|(google|github|facebook|kakao|naver|apple|twitter|discord|line|microsoft)(user)?id)$/,
};

/** Columns that mark a row as banned, locked or deleted, and the SQL condition on their value as text. */
const bans: [column: RegExp, isBarred: (text: string) => string][] = [
  [/^(is)?(banned|blocked|suspended|disabled|deactivated|locked|inactive|deleted|frozen)$/, isSet],
  [/^(is)?(active|enabled|activated)$/, (text) => `${text} IN ('0', 'false', 'f', 'n', 'no')`],
  [
    /^\w*(banned|blocked|suspended|disabled|deactivated|locked|deleted|discarded)(at|on|until)$/,
    isSet,
  ],
  [
    /^(account|user|member)?(status|state)$/,
    (text) =>
      `${text} IN ('banned', 'blocked', 'suspended', 'disabled', 'inactive', 'deactivated', 'locked',
        'deleted', 'closed', 'removed', 'withdrawn', '정지', '탈퇴', '휴면')`,
  ],
];
const banTables =
  /^(bans?|banned(users|members)?|(user|member)bans?|blocked(users|members)|suspensions?)$/;

/** SQL: whether a value, as text in lower case, is neither empty nor false. */
function isSet(text: string): string {
  return `${text} NOT IN ('', '0', 'false', 'f', 'n', 'no')`;
}

interface Table {
  name: string;
  columns: string[];
  /** The column that holds ids of the SELECT; `null` if none does. */
  key: string | null;
}

/**
 * Searches the database for data that the import would drop.
 * @param columns of the SELECT
 * @param replaced name of the table that the import replaces, in its original case
 * @throws `unavailable`
 */
export async function findDropped(
  db: Database,
  source: Source,
  columns: readonly string[],
  replaced: string | null,
): Promise<Dropped> {
  const ids = `(SELECT CAST(id AS TEXT) FROM ${source.from})`;
  const { aside, read } = await tablesOf(db, source, replaced);
  const members: Table[] = [];
  for (const table of read) members.push({ ...table, key: await keyOf(db, ids, table) });
  const selected = { name: "", columns: [...columns], key: "id" };

  const count = async (from: string, where: string): Promise<number> => {
    const [result] = await db.read([`SELECT count(*) AS n FROM ${from} WHERE ${where}`]);
    return Number(result!.rows[0]!.n);
  };
  const facts: Dropped["facts"] = [];
  for (const { kind, tables, columns } of [...traits, social]) {
    const places: string[] = [];
    for (const table of aside.filter(({ name }) => tables?.test(plain(name)))) {
      const where = kind === social.kind ? socialRows(table) : "true";
      const rows = where === null ? 0 : await count(quote(table.name), where);
      if (rows > 0) places.push(`"${table.name}" (${rows} rows)`);
    }
    for (const table of members) {
      for (const column of table.columns.filter((name) => columns?.test(plain(name)))) {
        const rows = await count(
          quote(table.name),
          `${isSet(textOf(column))} AND ${among(ids, table)}`,
        );
        if (rows > 0) places.push(`"${table.name}"."${column}" (${rows} rows)`);
      }
    }
    if (places.length > 0) facts.push({ kind, places });
  }
  const only = await count(source.from, onlySocial(aside, members));
  if (only > 0) {
    facts.push({ kind: "members whose only way in is a social sign-in", places: [`${only} rows`] });
  }

  const barred = { places: [] as string[], ids: new Set<string>() };
  const bar = async (from: string, place: string, key: string | null, where: string) => {
    const id = key === null ? "NULL" : `CAST(${quote(key)} AS TEXT)`;
    const [result] = await db.read([`SELECT ${id} AS id FROM ${from} WHERE ${where}`]);
    const rows = result!.rows;
    if (rows.length > 0) barred.places.push(`${place} (${rows.length} rows)`);
    for (const row of rows.filter((row) => row.id !== null)) barred.ids.add(String(row.id));
  };
  for (const table of [...members, selected]) {
    const from = table === selected ? source.from : quote(table.name);
    for (const column of table.columns) {
      const isBarred = bans.find(([name]) => name.test(plain(column)))?.[1];
      if (!isBarred) continue;
      const place = table === selected
        ? `"${column}" of the SELECT`
        : `"${table.name}"."${column}"`;
      await bar(from, place, table.key, `${isBarred(textOf(column))} AND ${among(ids, table)}`);
    }
  }
  for (const table of aside.filter(({ name }) => banTables.test(plain(name)))) {
    const key = memberColumn(table);
    const where = among(ids, { ...table, key });
    await bar(quote(table.name), `"${table.name}"`, key, where);
  }
  return {
    facts,
    barred: barred.places.length > 0 ? { places: barred.places, ids: [...barred.ids] } : null,
  };
}

/** `read`: tables that the SELECT reads or the import replaces. `aside`: tables that hold only dropped data. */
async function tablesOf(db: Database, source: Source, replaced: string | null) {
  const [result] = await db.read([
    `SELECT list.name AS name, info.name AS "column"
     FROM sqlite_schema AS list JOIN pragma_table_info(list.name) AS info
     WHERE list.type IN ('table', 'view') AND list.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
       AND instr(list.name || info.name, ']') = 0
     ORDER BY list.name, info.cid`,
  ]);
  const columns = new Map<string, string[]>();
  for (const { name, column } of result!.rows) {
    columns.set(String(name), [...columns.get(String(name)) ?? [], String(column)]);
  }
  const aside: Table[] = [];
  const read: Table[] = [];
  for (const [name, names] of columns) {
    const table = { name, columns: names, key: null };
    const isAside = [...traits, social].some(({ tables }) => tables?.test(plain(name))) ||
      banTables.test(plain(name));
    if (isAside && name !== replaced) aside.push(table);
    else if (name === replaced || source.names(name)) read.push(table);
  }
  return { aside, read };
}

/** Returns the column that holds most ids of the SELECT; the first one if several hold equally many. */
async function keyOf(db: Database, ids: string, table: Table): Promise<string | null> {
  const counts = table.columns.map((column, n) => {
    const text = `CAST(${quote(column)} AS TEXT)`;
    return `count(DISTINCT CASE WHEN ${text} IN ${ids} THEN ${text} END) AS n${n}`;
  });
  const [result] = await db.read([`SELECT ${counts.join(", ")} FROM ${quote(table.name)}`]);
  const found = table.columns.map((_, n) => Number(result!.rows[0]![`n${n}`]));
  const most = Math.max(...found);
  return most === 0 ? null : table.columns[found.indexOf(most)]!;
}

/** SQL: whether the SELECT contains a row of the table. True for all rows of a table without ids. */
function among(ids: string, { key }: Table): string {
  return key === null ? "true" : `CAST(${quote(key)} AS TEXT) IN ${ids}`;
}

/**
 * SQL: whether a row of the table is a social sign-in; `null` if the table holds none. better-auth and
 * Lucia keep passwords in the same table, where only rows without one are social.
 */
function socialRows({ name, columns }: Table): string | null {
  const password = columns.find((column) => /^(hashed)?password(hash)?$/.test(plain(column)));
  if (password) return `coalesce(${quote(password)}, '') = ''`;
  const isSocial = /social|oauth/.test(plain(name)) ||
    columns.some((column) => /^provider(id|name)?$/.test(plain(column)));
  return isSocial ? "true" : null;
}

/** SQL: whether a row of the SELECT has a social sign-in and no password. */
function onlySocial(aside: readonly Table[], members: readonly Table[]): string {
  const known = [
    ...aside.filter(({ name }) => social.tables.test(plain(name))).map((table) => {
      const [member, where] = [memberColumn(table), socialRows(table)];
      return member && where && idsIn(table.name, member, where);
    }),
    ...members.flatMap((table) =>
      table.columns.filter((column) => table.key && social.columns.test(plain(column)))
        .map((column) => idsIn(table.name, table.key!, isSet(textOf(column))))
    ),
  ].filter((select) => select);
  if (known.length === 0) return "false";
  return `coalesce(CAST(password AS TEXT), '') = '' AND CAST(id AS TEXT) IN (${
    known.join(" UNION ")
  })`;
}

function idsIn(table: string, column: string, where: string): string {
  return `SELECT CAST(${quote(column)} AS TEXT) FROM ${quote(table)} WHERE ${where}`;
}

function memberColumn({ columns }: Table): string | null {
  return columns.find((column) => /^(user|member|account)(id)?$/.test(plain(column))) ?? null;
}

function textOf(column: string): string {
  return `lower(CAST(${quote(column)} AS TEXT))`;
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll("_", "");
}
