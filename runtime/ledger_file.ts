/** The ledger as a file on a disk of its own: written whole, or one line at a time. Deno only. */
import type { LedgerFile, Services } from "../actions/services.ts";
import { signedLines, signedTrailer } from "../actions/signed_ledger.ts";
import { hashOfLine, type LedgerHead, missingReceipts, sealLedger } from "../db/leaving/ledger.ts";
import { sha256 } from "../crypto/tokens.ts";
import type { LedgerTrailer } from "../domain/ledger.ts";

const tailBytes = 4096; // a trailer has some 400
const pageReceipts = 1000;
const newline = 10;
const encoder = new TextEncoder();

/** The last line of a ledger file, as bytes too, and where it begins. */
interface Tail {
  trailer: LedgerTrailer;
  bytes: Uint8Array;
  offset: number;
}

/**
 * Writes the whole ledger beside the file and renames it, file and folder synced. A file that is there
 * is replaced only if this database has every erasure that is in it. Throws an `Error` that says
 * why otherwise, `unavailable`, and errors of the file system. Returns the last line.
 */
export async function exportLedger(path: string, services: Services): Promise<LedgerHead> {
  return await withFolder(path, (folder) => writeWhole(path, folder, services));
}

/**
 * Adds the lines that the file does not have before its trailer, and returns the last line. Makes the
 * file where there is none, and writes it whole again where its end is not as it was written.
 */
export async function appendLedger(path: string, services: Services): Promise<LedgerHead> {
  return await withFolder(path, async (folder) => {
    const head = await sealLedger(services.db);
    const tail = await readTail(path);
    if (!tail || !await isOurs(tail.trailer, head, services)) {
      return await writeWhole(path, folder, services);
    }
    if (tail.trailer.count === head.sequence) return head;
    return await writeAfter(path, tail, services);
  });
}

/**
 * The file that `LEDGER_URL` names. One append serves all who ask while another is under way: it
 * begins after they asked, so their lines are in it.
 */
export function openLedgerFile(url: string): LedgerFile {
  const path = pathOf(url);
  let running: Promise<LedgerHead> | undefined;
  let next: Promise<LedgerHead> | undefined;
  return {
    place: sha256(`${Deno.hostname()} ${url}`), // each host has a file of its own
    append(services) {
      if (next) return next;
      const waiting = running?.catch(() => {}) ?? Promise.resolve();
      const turn = waiting.then(() => {
        next = undefined;
        return running = appendLedger(path, services);
      });
      return next = turn;
    },
  };
}

/** `file:/path`, `file:///path`, or `file:path` from where the process runs. */
function pathOf(url: string): string {
  return url.slice("file:".length).replace(/^\/\/(?=\/)/, "");
}

/** Runs while no other command or service writes a ledger in this folder. */
async function withFolder<T>(
  path: string,
  work: (folder: Deno.FsFile | null) => Promise<T>,
): Promise<T> {
  const folder = await openFolder(path.replace(/[^/]*$/, "") || ".");
  try {
    await folder?.lock(true);
    return await work(folder);
  } finally {
    folder?.close();
  }
}

/** A system that does not open folders (Windows) neither locks nor syncs them. */
async function openFolder(path: string): Promise<Deno.FsFile | null> {
  if (Deno.build.os === "windows") return null;
  return await Deno.open(path, { read: true });
}

async function writeWhole(path: string, folder: Deno.FsFile | null, services: Services) {
  await refuseToLose(path, services);
  const partial = `${path}.${crypto.randomUUID()}.partial`;
  try {
    const head = await writeTo(partial, services);
    await Deno.rename(partial, path);
    await folder?.sync();
    return head;
  } catch (error) {
    await Deno.remove(partial).catch(() => {}); // it may not have been made
    throw error;
  }
}

async function writeTo(partial: string, services: Services): Promise<LedgerHead> {
  const file = await Deno.open(partial, { write: true, createNew: true, mode: 0o600 });
  try {
    const head = await writeLines(services, (text) => writeAll(file, encoder.encode(text)));
    await file.sync();
    return head;
  } finally {
    file.close();
  }
}

/** Writes every line and the trailer with `write`. Returns the last line. */
export async function writeLines(
  services: Services,
  write: (text: string) => Promise<void>,
): Promise<LedgerHead> {
  const { ledger } = await sealLedger(services.db);
  let head: LedgerHead = { ledger, sequence: 0, hash: "" };
  for await (const page of signedLines(services, 0)) {
    await write(page.map(({ text }) => `${text}\n`).join(""));
    const { sequence, hash } = page.at(-1)!;
    head = { ledger, sequence, hash };
  }
  await write(`${await signedTrailer(services, head)}\n`);
  return head;
}

/**
 * Writes over the trailer. On an error, such as a full disk, the old trailer is put back, so that what
 * was there stays a whole ledger.
 */
async function writeAfter(path: string, { trailer, bytes, offset }: Tail, services: Services) {
  const file = await Deno.open(path, { read: true, write: true });
  try {
    try {
      await file.seek(offset, Deno.SeekMode.Start);
      let head = { ledger: trailer.ledger, sequence: trailer.count, hash: trailer.head };
      let text = "";
      for await (const page of signedLines(services, trailer.count)) {
        await writeAll(file, encoder.encode(text));
        text = page.map((line) => `${line.text}\n`).join("");
        const { sequence, hash } = page.at(-1)!;
        head = { ...head, sequence, hash };
      }
      await writeAll(file, encoder.encode(`${text}${await signedTrailer(services, head)}\n`));
      await file.sync();
      return head;
    } catch (error) {
      await file.seek(offset, Deno.SeekMode.Start);
      await writeAll(file, bytes); // its blocks are still there, so a full disk has room for it
      await file.truncate(offset + bytes.length);
      await file.sync();
      throw error;
    }
  } finally {
    file.close();
  }
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  while (bytes.length > 0) bytes = bytes.subarray(await file.write(bytes));
}

/** The trailer that a file ends with, or `null` where it does not end with one. */
async function readTail(path: string): Promise<Tail | null> {
  const file = await openExisting(path);
  if (!file) return null;
  try {
    const { size } = await file.stat();
    const from = Math.max(0, size - tailBytes);
    await file.seek(from, Deno.SeekMode.Start);
    const end = new Uint8Array(size - from);
    if (await file.read(end) !== end.length || end.at(-1) !== newline) return null;
    const begin = end.subarray(0, -1).lastIndexOf(newline) + 1;
    const bytes = end.subarray(begin);
    const trailer = objectIn(new TextDecoder().decode(bytes)) as LedgerTrailer | null;
    if (!trailer || !("count" in trailer)) return null;
    return { trailer, bytes, offset: from + begin };
  } finally {
    file.close();
  }
}

/** Whether a file with this trailer is the beginning of this database's ledger. */
async function isOurs({ ledger, count, head }: LedgerTrailer, last: LedgerHead, { db }: Services) {
  if (ledger !== last.ledger || count > last.sequence) return false;
  return head === (count === 0 ? "" : await hashOfLine(db, count));
}

/** Throws where the file holds anything that this database does not have. */
async function refuseToLose(path: string, { db }: Services): Promise<void> {
  const { ledger } = await sealLedger(db);
  const refuse = (why: string): never => {
    throw new Error(`${path} ${why}; it was left as it is`);
  };
  let page: string[] = [];
  const ask = async () => {
    const { length } = await missingReceipts(db, page);
    if (length > 0) {
      refuse(
        "has erasures that this database does not have: replay it first, or name another file",
      );
    }
    page = [];
  };
  let torn = 0; // the line at which an append was cut off, which is then the last
  let number = 0;
  for await (const text of linesOf(path)) {
    number++;
    const line = objectIn(text);
    if (torn || !line && !text.startsWith('{"v":1,"ledger":"')) {
      refuse(`is not a ledger: see its line ${torn || number}`);
    }
    if (!line) torn = number;
    if (line?.ledger !== undefined && line.ledger !== ledger) {
      refuse("is the ledger of another database");
    }
    if (typeof line?.receipt_id === "string") page.push(line.receipt_id);
    else if (line && !("count" in line)) refuse(`is not a ledger: see its line ${number}`);
    if (page.length === pageReceipts) await ask();
  }
  await ask();
}

/** The lines of a file; none where there is no file. A line break at the end begins no line. */
export async function* linesOf(path: string): AsyncGenerator<string> {
  const file = await openExisting(path);
  if (!file) return;
  let rest = "";
  for await (const part of file.readable.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + part).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
  if (rest) yield rest;
}

async function openExisting(path: string): Promise<Deno.FsFile | null> {
  try {
    return await Deno.open(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

function objectIn(text: string): Record<string, unknown> | null {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}
