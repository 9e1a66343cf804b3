/**
 * `deno task canary JOURNEY.ts --look PLACE …`: makes a member whose every value is a marker, runs a journey of
 * yours as that member, leaves, and searches the database, files and URLs for the markers.
 */
import { parseArgs } from "node:util";
import { openDatabase } from "../db/engine/database.ts";
import { everyRow } from "../db/leaving/traces.ts";
import { createCanarySearch, longestForm, type Marker, type Sighting } from "../domain/canary.ts";
import { parseDatabaseConfig } from "../config/mod.ts";

/** What a journey gets. */
export interface Canary {
  /** The service. */
  origin: string;
  name: string;
  email: string;
  password: string;
  /** A text with a marker of its own, to be written somewhere. The same label gives the same text. */
  text(label: string): string;
  /** Sends a request with the member's cookies; an object is sent as JSON. */
  send(method: string, path: string, body?: unknown, headers?: HeadersInit): Promise<Response>;
}

/** A journey: a module with a default export. `join` and `leave` take the place of Annyeong's own. */
export interface Journey {
  default(canary: Canary): Promise<void> | void;
  join?(canary: Canary): Promise<void>;
  leave?(canary: Canary): Promise<void>;
}

/** Where a marker was found, and how it was written there. */
export interface Leak {
  place: string;
  marker: string;
  form: string;
}

interface Options {
  journey: string;
  origin: string;
  look: string[];
  settleMs: number;
  json: boolean;
}

/** Rows that a law wants kept: they hold values, and are reported apart. */
const retention = "retained";

/** Ends the process: 1 if a marker was found or a step failed, 2 if the words are wrong. */
export async function canary(args: readonly string[]): Promise<void> {
  const options = parse(args);
  const flock = createCanary(options.origin);
  try {
    const journey: Journey = await import(new URL(options.journey, `file://${Deno.cwd()}/`).href);
    await (journey.join ?? join)(flock.canary);
    await journey.default(flock.canary);
    await (journey.leave ?? leave)(flock.canary);
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    Deno.exit(1);
  }
  await new Promise((resolve) => setTimeout(resolve, options.settleMs));
  const search = createCanarySearch(flock.markers());
  const report = { leaks: [] as Leak[], kept: [] as Leak[], looked: [] as string[] };
  for await (const { place, sightings } of everywhere(options.look, search)) {
    report.looked.push(place);
    const list = place === `table ${retention}` ? report.kept : report.leaks;
    for (const { marker, form, where } of sightings) {
      list.push({ place: where ?? place, marker, form });
    }
  }
  tell(report, options.json);
  Deno.exit(report.leaks.length === 0 ? 0 : 1);
}

function parse(args: readonly string[]): Options {
  try {
    const { values, positionals: [journey, ...rest] } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        look: { type: "string", multiple: true, default: [] },
        origin: { type: "string" },
        settle: { type: "string", default: "0" },
        json: { type: "boolean", default: false },
      },
    });
    const origin = values.origin ?? Deno.env.get("PUBLIC_ORIGIN") ?? "http://127.0.0.1:8000";
    const settleMs = Number(values.settle) * 1000;
    if (journey && rest.length === 0 && URL.canParse(origin) && settleMs >= 0) {
      return { journey, origin, look: values.look, settleMs, json: values.json };
    }
  } catch {
    // an option that there is not
  }
  console.error(
    "usage: canary JOURNEY.ts [--origin URL] [--look FILE | DIR | URL]… [--settle SECONDS] [--json]",
  );
  Deno.exit(2);
}

function createCanary(origin: string): { canary: Canary; markers(): Marker[] } {
  const markers = new Map<string, Marker>();
  const mark = (name: string, valueOf: (core: string) => string): string => {
    const known = markers.get(name);
    if (known) return known.value;
    const core = newCore();
    const value = valueOf(core);
    markers.set(name, { name, value, core });
    return value;
  };
  const cookies = new Map<string, string>();
  const canary: Canary = {
    origin,
    name: mark("name", (core) => core),
    email: mark("email", (core) => `${core}@example.com`),
    password: mark("password", (core) => `${core} 7`),
    text: (label) => mark(label, (core) => `카나리아 ${core} 새`),
    async send(method, path, body, headers) {
      const sent = new Headers(headers);
      sent.set("Origin", origin);
      sent.set("User-Agent", mark("user agent", (core) => `Canary/1.0 (${core})`));
      if (cookies.size > 0) {
        sent.set("Cookie", [...cookies].map(([name, value]) => `${name}=${value}`).join("; "));
      }
      const isText = typeof body === "string";
      if (body !== undefined && !isText) sent.set("Content-Type", "application/json");
      const response = await fetch(new URL(path, origin), {
        method,
        redirect: "manual",
        headers: sent,
        ...(body !== undefined && { body: isText ? body : JSON.stringify(body) }),
      });
      for (const cookie of response.headers.getSetCookie()) keep(cookies, cookie);
      return response;
    },
  };
  return { canary, markers: () => [...markers.values()] };
}

/** 80 random bits that a text does not contain by chance. It begins with a letter, as login names do. */
function newCore(): string {
  const letters = "abcdefghijklmnopqrstuvwxyz234567";
  const random = crypto.getRandomValues(new Uint8Array(16));
  return `k${Array.from(random, (byte) => letters[byte & 31]).join("")}`;
}

function keep(cookies: Map<string, string>, cookie: string): void {
  const [pair = "", ...attributes] = cookie.split(/; */);
  const at = pair.indexOf("=");
  const isOver = attributes.some((attribute) => /^max-age=0$/i.test(attribute));
  if (isOver) cookies.delete(pair.slice(0, at));
  else cookies.set(pair.slice(0, at), pair.slice(at + 1));
}

async function join({ send, name, email, password }: Canary): Promise<void> {
  await expect("joining", send("POST", "/register", { user_id: name, email, password }));
  await expect("signing in", send("POST", "/login", { user_id: name, password }));
}

async function leave({ send, password }: Canary): Promise<void> {
  await expect("leaving", send("DELETE", "/withdrawal", { password }));
}

async function expect(what: string, asked: Promise<Response>): Promise<void> {
  const answer = await asked;
  const text = await answer.text();
  if (answer.status >= 300) throw new Error(`${what} answered ${answer.status}: ${text}`);
}

type Search = (bytes: Uint8Array) => Sighting[];
interface Looked {
  place: string;
  sightings: (Sighting & { where?: string })[];
}

/** Looks into the database, unless none is named, and into each place. */
async function* everywhere(places: readonly string[], search: Search): AsyncGenerator<Looked> {
  if (Deno.env.get("TURSO_DATABASE_URL")) yield* inTables(search);
  for (const place of places) {
    if (/^https?:/.test(place)) yield await atUrl(place, search);
    else yield* inFiles(place, search);
  }
}

async function* inTables(search: Search): AsyncGenerator<Looked> {
  const db = await openDatabase(parseDatabaseConfig(Deno.env.toObject()));
  const encoder = new TextEncoder();
  try {
    for await (const { table, columns, rows } of everyRow(db)) {
      const sightings = rows.flatMap((row) =>
        row.flatMap((cell, index) => {
          const bytes = cell instanceof ArrayBuffer
            ? new Uint8Array(cell)
            : typeof cell === "string"
            ? encoder.encode(cell)
            : null;
          const where = `table ${table}, column ${columns[index]}`;
          return bytes ? search(bytes).map((sighting) => ({ ...sighting, where })) : [];
        })
      );
      yield { place: `table ${table}`, sightings };
    }
  } finally {
    db.close();
  }
}

async function atUrl(url: string, search: Search): Promise<Looked> {
  const response = await fetch(url, { redirect: "manual" });
  const head = JSON.stringify([...response.headers]);
  const bytes = new Uint8Array(await response.arrayBuffer());
  return { place: url, sightings: [...search(new TextEncoder().encode(head)), ...search(bytes)] };
}

/** A file, or every file below a folder. */
async function* inFiles(path: string, search: Search): AsyncGenerator<Looked> {
  const { isDirectory } = await Deno.stat(path);
  if (!isDirectory) {
    yield { place: path, sightings: await inFile(path, search) };
    return;
  }
  for await (const { name, isSymlink } of Deno.readDir(path)) {
    if (!isSymlink) yield* inFiles(`${path.replace(/\/$/, "")}/${name}`, search);
  }
}

async function inFile(path: string, search: Search): Promise<Sighting[]> {
  const file = await Deno.open(path);
  const isZipped = path.endsWith(".gz");
  const stream = isZipped
    ? file.readable.pipeThrough(new DecompressionStream("gzip"))
    : file.readable;
  const found = new Map<string, Sighting>();
  let rest = new Uint8Array();
  let begin = 0;
  for await (const chunk of stream) {
    const bytes = new Uint8Array(rest.length + chunk.length);
    bytes.set(rest);
    bytes.set(chunk, rest.length);
    for (const sighting of search(bytes)) {
      const at = begin + sighting.at;
      found.set(`${sighting.marker} ${sighting.form} ${at}`, { ...sighting, at });
    }
    rest = bytes.slice(-longestForm);
    begin += bytes.length - rest.length;
  }
  return [...found.values()];
}

function tell(
  report: { leaks: Leak[]; kept: Leak[]; looked: string[] },
  json: boolean,
): void {
  if (json) return console.log(JSON.stringify(report));
  const lines = (leaks: Leak[]) =>
    [...Map.groupBy(leaks, ({ place, marker, form }) => `${place}: ${marker}, ${form}`)]
      .map(([line, same]) => same.length > 1 ? `${line} (${same.length} times)` : line);
  console.log(`looked into ${report.looked.length} places`);
  for (const line of lines(report.kept)) console.log(`kept apart: ${line}`);
  for (const line of lines(report.leaks)) console.log(`LEAK: ${line}`);
  console.log(
    report.leaks.length === 0 ? "no trace of the member is left" : "the member is still there",
  );
}

if (import.meta.main) await canary(Deno.args);
