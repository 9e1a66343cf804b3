/** What tests stand on: the app on a real database, with a clock that stands still, and browsers. */
import { configureSync, type LogRecord, reset } from "@logtape/logtape";
import { makeRecoveryLink } from "../../actions/recover.ts";
import { createApp } from "../../app.ts";
import { type Config, freshSecrets, parseConfig } from "../../config/mod.ts";
import type { Services } from "../../actions/services.ts";
import ownMap from "../../data_map.ts";
import { secureFullText } from "../../db/map/full_text.ts";
import { createInventory } from "../../db/map/inventory.ts";
import { type Database, type InValue, openDatabase, type Row } from "../../db/engine/database.ts";
import { migrate } from "../../db/engine/migrate.ts";
import { ownMigrations } from "../../db/engine/own_migrations.ts";
import type { DataMap } from "../../domain/data_map.ts";
import type { App, Parts } from "../../runtime/mod.ts";
import { createPasswords } from "../../crypto/passwords.ts";
import { ownWords } from "../../messages/mod.ts";
import { withTheme } from "../../pages/stylesheet.ts";
import { byPostmark, byResend } from "../../mail/http.ts";
import { intoFolder } from "../../mail/file.ts";
import { bySmtp } from "../../mail/smtp.ts";
import type { Transport } from "../../mail/transport.ts";
import { openReceiptKeys } from "../../crypto/receipt_keys.ts";

export const minute = 60_000;
export const day = 24 * 60 * minute;

/** A clock that stands still until it is told to move. */
export class Clock {
  constructor(public ms = Date.parse("2026-11-22T12:00:00Z")) {}
  now = () => this.ms;
  pass(ms: number) {
    this.ms += ms;
  }
}

/** A service that can be asked, and its database, which can be looked into. */
export interface Service {
  origin: string;
  fetch(request: Request): Promise<Response>;
  sql(sql: string, args?: InValue[]): Promise<Row[]>;
  close(): Promise<void>;
}

export interface TestApp extends Service {
  clock: Clock;
  services: Services;
  db: Database;
  /** Where an embedded database lives. */
  folder: string;
}

const secrets = await freshSecrets("generated");

export interface Setup {
  env?: Record<string, string>;
  map?: DataMap;
  /** Another app than ours, with what it brings. */
  beside?: {
    parts: Parts;
    app(services: Services): App;
    /** Where its `wrangler.toml` is. */
    folder: string;
  };
  /** SQL that runs after the migrations: the operator's own tables. */
  tables?: string[];
  /** The address that requests come from. */
  address?: string;
  clock?: Clock;
  /** Takes the mails, in place of what `MAIL_URL` names. */
  transport?: Transport;
  /** Puts something between the service and its database. */
  through?: (db: Database) => Database;
}

export function testConfig(env: Record<string, string> = {}): Config {
  return parseConfig({
    ANNYEONG_ENV: "development",
    PASSWORD_COST: "4",
    PUBLIC_ORIGIN: "https://members.example",
    MAIL_URL: "off",
    ...secrets,
    ...env,
  }, "deno");
}

/** As the runtime opens it. */
function transportOf({ mail }: Config): Transport | null {
  switch (mail?.route.kind) {
    case "smtp":
      return bySmtp(mail.route);
    case "file":
      return intoFolder(mail.route.folder);
    case "resend":
      return byResend(mail.route);
    case "postmark":
      return byPostmark(mail.route);
    default:
      return null;
  }
}

/** The clock of a test passes as it says; tests/operate/clock_test.ts has one that jumps. */
const trusted = () => Promise.resolve(true);

/** The app in this process, on an embedded database of its own or on the server that `env` names. */
export async function openApp(setup: Setup = {}): Promise<TestApp> {
  const folder = await Deno.makeTempDir({ prefix: "annyeong-" });
  const config = testConfig({
    TURSO_DATABASE_URL: `file:${folder}/test.db`,
    ...setup.env,
  });
  const clock = setup.clock ?? new Clock();
  const db = await openDatabase(config.database);
  const { migrations, words, dataMap, erasing }: Parts = setup.beside?.parts ??
    { migrations: ownMigrations, words: ownWords, dataMap: ownMap };
  await migrate(db, clock.now(), migrations);
  if (setup.tables) await db.write(setup.tables);
  await secureFullText(db, setup.map ?? dataMap);
  const between = setup.through?.(db) ?? db;
  const services: Services = {
    config,
    db: between,
    inventory: createInventory(between, setup.map ?? dataMap),
    migrations,
    words: withTheme(words, config.theme),
    passwords: createPasswords(config.password.cost, 256),
    receiptKeys: await openReceiptKeys(config.receiptKeys),
    ...(erasing && { erasing }),
    transport: setup.transport ?? transportOf(config),
    linkOrigin: config.publicOrigin!,
    now: clock.now,
    clock: { trusts: trusted, allows: trusted },
  };
  const app: App = setup.beside?.app(services) ?? createApp(services);
  const address = setup.address ?? "192.0.2.1";
  return {
    origin: config.publicOrigin!,
    clock,
    services,
    db,
    folder,
    fetch: async (request) =>
      await app.fetch(request, {
        remoteAddr: { hostname: request.headers.get("x-test-address") ?? address },
      }),
    sql: async (sql, args = []) => (await db.write([{ sql, args }]))[0]!.rows,
    close: async () => {
      db.close();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** Runs a test on an app of its own. */
export async function withApp(setup: Setup, test: (app: TestApp) => Promise<void>): Promise<void> {
  const app = await openApp(setup);
  try {
    await test(app);
  } finally {
    await app.close();
  }
}

export interface Answer {
  status: number;
  headers: Headers;
  // deno-lint-ignore no-explicit-any -- whatever the service answered
  json: any;
  text: string;
}

/** A client with a cookie jar. */
export class Browser {
  readonly cookies = new Map<string, string>();

  constructor(readonly service: Service, readonly headers: Record<string, string> = {}) {}

  get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.send("GET", path, undefined, headers);
  }

  /** Sends JSON where there is a body. */
  async send(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const request = new Request(new URL(path, this.service.origin), {
      method,
      redirect: "manual",
      headers: {
        ...(body !== undefined && { "Content-Type": "application/json" }),
        ...this.headers,
        ...(this.cookies.size > 0 && { Cookie: this.cookieHeader() }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const response = await this.service.fetch(request);
    for (const cookie of response.headers.getSetCookie()) this.keep(cookie);
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, json: jsonOf(text) };
  }

  /** A second browser with the same cookies: somebody who copied them, or the same at another service. */
  copy(service = this.service): Browser {
    const copy = new Browser(service, this.headers);
    for (const [name, value] of this.cookies) copy.cookies.set(name, value);
    return copy;
  }

  /** The session cookie, `[name, value]`; `null` when signed out. */
  get session(): [string, string] | null {
    return [...this.cookies].find(([name]) => name.endsWith("annyeong")) ?? null;
  }

  cookieHeader(): string {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  }

  keep(cookie: string): void {
    const [pair = "", ...attributes] = cookie.split(/; */);
    const at = pair.indexOf("=");
    const name = pair.slice(0, at);
    if (attributes.some((attribute) => /^max-age=0$/i.test(attribute))) this.cookies.delete(name);
    else this.cookies.set(name, pair.slice(at + 1));
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export const goodPassword = "correct horse 7";

export function join(service: Service, user_id: string, password = goodPassword): Promise<Answer> {
  const email = `${user_id}@example.com`;
  return new Browser(service).send("POST", "/register", { user_id, email, password });
}

/** Signs in on a new device, through the front door. */
export async function signIn(
  service: Service,
  user_id: string,
  password = goodPassword,
  headers: Record<string, string> = {},
): Promise<Browser> {
  const browser = new Browser(service, headers);
  const answer = await browser.send("POST", "/login", { user_id, password });
  if (answer.status !== 200) throw new Error(`sign-in answered ${answer.status}: ${answer.text}`);
  return browser;
}

/** Joins and signs in. */
export async function newMember(service: Service, user_id: string): Promise<Browser> {
  const joined = await join(service, user_id);
  if (joined.status !== 201) throw new Error(`joining answered ${joined.status}: ${joined.text}`);
  return await signIn(service, user_id);
}

/** The path of a fresh recovery link, made as an operator makes it. */
export async function recoveryPath(app: TestApp, memberId: string): Promise<string> {
  const audit = { operator: "o", host: "h", act: "recovery", memberId, why: "w" };
  const token = await makeRecoveryLink(app.services, memberId, audit, app.clock.now());
  if (token === null) throw new Error("no member has this id");
  return `/recovery/${token}`;
}

/** Everything that is logged while `work` runs, one JSON text a line. */
export async function captureLog(work: () => Promise<void>): Promise<string> {
  const records: LogRecord[] = [];
  configureSync({
    reset: true,
    sinks: { memory: (record) => records.push(record) },
    loggers: [
      { category: "annyeong", lowestLevel: "debug", sinks: ["memory"] },
      { category: ["logtape", "meta"], lowestLevel: "error", sinks: [] },
    ],
  });
  try {
    await work();
  } finally {
    await reset();
  }
  return records.map((record) => JSON.stringify(record)).join("\n");
}

/** Every text and number of every column of every table, as one string a row. */
export async function dump(service: Service): Promise<Map<string, string[]>> {
  const tables = await service.sql(
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
  );
  const all = new Map<string, string[]>();
  for (const { name } of tables) {
    const rows = await service.sql(`SELECT * FROM [${name}]`);
    all.set(String(name), rows.map((row) => JSON.stringify(Object.values(row))));
  }
  return all;
}
