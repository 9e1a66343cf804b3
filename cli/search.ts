/** Searches a restored database, and its file, for members who have left. */
import { ownTables } from "../data_map.ts";
import type { Database } from "../db/engine/database.ts";
import { everyRow, type MemberValues } from "../db/leaving/traces.ts";
import { fold } from "../domain/member.ts";
import { createSearch, type Hit } from "../domain/search.ts";

const shortestId = 8; // an imported id may be a number, which is in many places for other reasons
const shortestRaw = 6; // bytes without columns around them say less
const chunkBytes = 1 << 20;

/** Annyeong's own tables that hold nobody: an opaque id may stay in them. */
const own = new Set(
  ownTables.flatMap((entry) => entry.disposition === "nobody" ? [entry.table] : []),
);
/** Rows that the law wants kept, with the values it wants kept. */
const retention = "retained";

type Kind = "id" | "name" | "email";

/** Whom to look for. */
export interface Leavers {
  ids: string[];
  /** Of those who had come back with the backup. */
  values: MemberValues[];
}

export interface Search {
  tables: number;
  columns: number;
  rows: number;
  /** Of the file and its log. */
  bytes: number;
  /** Cells of kept rows that hold a value of a member who left. */
  kept: number;
  /** One sentence for each place where somebody was found. */
  found: string[];
}

/** Looks at every cell. */
export async function searchTables(db: Database, leavers: Leavers): Promise<Search> {
  const needles = needlesOf(leavers);
  const look = createSearch(needles.keys());
  const search: Search = { tables: 0, columns: 0, rows: 0, bytes: 0, kept: 0, found: [] };
  const places = new Map<string, { cells: number; member: string }>();
  let last = "";
  for await (const { table, columns, rows } of everyRow(db)) {
    if (table !== last) {
      search.tables++;
      search.columns += columns.length;
      last = table;
    }
    search.rows += rows.length;
    for (const row of rows) {
      row.forEach((cell, index) => {
        for (const { kind, member } of tracesIn(cell, needles, look)) {
          if (kind === "id" && own.has(table)) continue;
          if (kind !== "id" && table === retention) {
            search.kept++;
            continue;
          }
          const place = `${table}.${columns[index]} holds the ${words[kind]} of`;
          const { cells } = places.get(place) ?? { cells: 0 };
          places.set(place, { cells: cells + 1, member });
        }
      });
    }
  }
  for (const [place, { cells, member }] of places) {
    search.found.push(`${place} a member who left: ${cells} times (member ${member}, for one)`);
  }
  return search;
}

/**
 * Looks at the bytes of a file, where deleted rows can live on. What is also in a copy without deleted
 * rows is a row, and for `searchTables` to judge.
 */
export async function searchFile(
  files: string[],
  withoutDeleted: string,
  { ids, values }: Leavers,
): Promise<{ bytes: number; found: string[] }> {
  const encoder = new TextEncoder();
  const needles = [...ids, ...values.flatMap(({ names, emails }) => [...names, ...emails])]
    .filter((needle) => encoder.encode(needle).length >= shortestRaw);
  const look = createSearch(needles);
  const longest = Math.max(0, ...needles.map((needle) => encoder.encode(needle).length));
  const live = await needlesIn(withoutDeleted, look, longest);
  let bytes = 0;
  const deleted = new Set<string>();
  for (const file of files) {
    const found = await needlesIn(file, look, longest);
    bytes += found.bytes;
    for (const needle of found.needles) if (!live.needles.has(needle)) deleted.add(needle);
  }
  const sentence = `${deleted.size} values of members who left are in deleted parts of the file`;
  return { bytes, found: deleted.size > 0 ? [sentence] : [] };
}

const words: Record<Kind, string> = { id: "id", name: "name", email: "e-mail" };

type Needles = Map<string, { kind: Kind; member: string }>;

/** By folded text, for a cell is folded before it is compared. */
function needlesOf({ ids, values }: Leavers): Needles {
  const needles: Needles = new Map();
  for (const id of ids) {
    if (id.length >= shortestId) needles.set(fold(id), { kind: "id", member: id });
  }
  for (const { id, names, emails } of values) {
    for (const name of names) needles.set(fold(name), { kind: "name", member: id });
    for (const email of emails) needles.set(fold(email), { kind: "email", member: id });
  }
  return needles;
}

function* tracesIn(
  cell: unknown,
  needles: Needles,
  look: (bytes: Uint8Array) => Generator<Hit>,
): Generator<{ kind: Kind; member: string }> {
  const text = cell instanceof ArrayBuffer || ArrayBuffer.isView(cell)
    ? new TextDecoder().decode(cell as ArrayBuffer)
    : typeof cell === "string"
    ? cell
    : "";
  if (text === "") return;
  const folded = fold(text);
  const whole = needles.get(folded);
  if (whole) {
    yield whole;
    return;
  }
  const bytes = new TextEncoder().encode(folded);
  for (const hit of look(bytes)) {
    const needle = needles.get(hit.needle)!;
    if (standsAlone(bytes, hit, needle.kind)) yield needle;
  }
}

/** An id or an e-mail is not a part of a longer one; a name is a text of its own within JSON. */
function standsAlone(bytes: Uint8Array, { at, end }: Hit, kind: Kind): boolean {
  const around = [bytes[at - 1], bytes[end]].map((byte) =>
    byte === undefined ? "" : String.fromCharCode(byte)
  );
  return kind === "name"
    ? around.every((char) => char === '"')
    : around.every((char) => !/[a-z0-9_.+%-]/.test(char) || char === ".");
}

/** A chunk begins with the end of the one before it, so nothing between two is missed. */
async function needlesIn(
  path: string,
  look: (bytes: Uint8Array) => Generator<Hit>,
  longest: number,
): Promise<{ bytes: number; needles: Set<string> }> {
  const needles = new Set<string>();
  let bytes = 0;
  const file = await Deno.open(path);
  let kept = new Uint8Array();
  try {
    const chunk = new Uint8Array(chunkBytes);
    for (let read = await file.read(chunk); read !== null; read = await file.read(chunk)) {
      bytes += read;
      const piece = new Uint8Array(kept.length + read);
      piece.set(kept);
      piece.set(chunk.subarray(0, read), kept.length);
      for (const { needle } of look(piece)) needles.add(needle);
      kept = piece.slice(Math.max(0, piece.length - longest));
    }
  } finally {
    file.close();
  }
  return { bytes, needles };
}
