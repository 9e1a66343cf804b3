/** What others make of `/openapi.json`: two generators of clients, and Prism as a validating proxy. */
import assert from "node:assert/strict";
import { createClient } from "@hey-api/openapi-ts";
import { getHttpOperationsFromSpec } from "@stoplight/prism-http";
import { createServer } from "@stoplight/prism-http-server";
import openapiTS, { astToString } from "openapi-typescript";
import { AppError } from "../../domain/error.ts";
import {
  Browser,
  goodPassword as password,
  join,
  minute,
  openApp,
  type Service,
  type Setup,
  signIn,
  type TestApp,
} from "../support/harness.ts";
import { Description } from "../support/openapi.ts";

const document = JSON.parse(await Deno.readTextFile("routes/openapi.json"));
const description = new Description(document);

/** Runs `test` in a folder with the types of one generator and the client of the other. */
async function withGenerated(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "annyeong-generated-" });
  try {
    await Deno.writeTextFile(`${folder}/types.ts`, astToString(await openapiTS(document)));
    await createClient({
      input: document,
      output: { path: `${folder}/client`, module: { extension: ".ts" } },
      logs: { level: "silent" },
    });
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("two generators know the sentence and the codes of every failure", async () => {
  const lines = [
    'import type { components, paths } from "./types.ts";',
    'import type * as client from "./client/types.gen.ts";',
    "type Same<A, B> = [A] extends [B] ? [B] extends [A] ? true : never : never;",
    "type Is<Problem extends { error: string }, Code> = Problem extends { code: infer C }",
    "  ? Same<C, Code> : never;",
    "export const all: true[] = [];",
  ];
  const check = (problem: string, codes: string[]) =>
    lines.push(`all.push(true satisfies Is<${problem}, ${codes.join(" | ")}>);`);
  for (const { method, path, operation } of description.operations()) {
    const { operationId: id } = operation;
    const errors = `client.${id[0].toUpperCase()}${id.slice(1)}Errors`;
    for (const [status, codes] of description.failures(operation)) {
      const quoted = codes.map((code) => JSON.stringify(code));
      const response = `paths["${path}"]["${method}"]["responses"][${status}]`;
      check(`${response}["content"]["application/json"]`, quoted);
      check(`${errors}[${status}]`, quoted);
    }
  }
  for (const body of ["components['schemas']['Registration']", "client.Registration"]) {
    lines.push(`({ user_id: "", email: "", password: "" }) satisfies ${body};`);
    lines.push(`({ userid: "", email: "", userpw: "" }) satisfies ${body};`);
    lines.push(`// @ts-expect-error a body without an e-mail address`);
    lines.push(`({ user_id: "", password: "" }) satisfies ${body};`);
  }
  assert.ok(lines.length > 200, `${lines.length} lines`);
  await withGenerated(async (folder) => {
    await Deno.writeTextFile(`${folder}/use.ts`, lines.join("\n"));
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["check", "--no-config", `${folder}/use.ts`],
      env: { NO_COLOR: "1" },
    }).output();
    assert.equal(code, 0, new TextDecoder().decode(stderr).slice(0, 2000));
  });
});

interface Proxied extends Service {
  /** What Prism found wrong since it was last asked. */
  violations(): string[];
}

/** Prism between the client and a real service on a socket. */
async function throughPrism(
  setup: Setup,
  test: (proxied: Proxied, app: TestApp) => Promise<void>,
): Promise<void> {
  const app = await openApp(setup);
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) => app.fetch(request),
  );
  const quiet = { info() {}, warn() {}, error() {}, debug() {}, trace() {}, success() {} };
  const logger = { ...quiet, child: () => logger };
  const prism = createServer(await getHttpOperationsFromSpec(document), {
    cors: false,
    // deno-lint-ignore no-explicit-any -- Prism asks for a whole pino logger
    components: { logger: logger as any },
    config: {
      isProxy: true,
      upstream: new URL(`http://127.0.0.1:${server.addr.port}`),
      upstreamProxy: undefined,
      checkSecurity: true,
      validateRequest: true,
      validateResponse: true,
      mock: { dynamic: false },
      errors: false,
    },
  });
  const origin = await prism.listen(0, "127.0.0.1");
  let found: string[] = [];
  const proxied: Proxied = {
    origin,
    sql: app.sql,
    close: app.close,
    async fetch(request) {
      const response = await fetch(request);
      for (const one of JSON.parse(response.headers.get("sl-violations") ?? "[]")) {
        found.push(`${request.method} ${request.url}: ${one.location.join(".")} ${one.message}`);
      }
      return response;
    },
    violations() {
      const all = found;
      found = [];
      return all;
    },
  };
  try {
    await test(proxied, app);
  } finally {
    await prism.close();
    await server.shutdown();
    await app.close();
  }
}

const recipients = JSON.stringify([{
  name: "mailer",
  url: "https://mailer.example/hooks",
  secret: `whsec_${btoa("a".repeat(32))}`,
}]);

/** Prism checks the requests as well, so what is refused for its body or cookie violates on purpose. */
const onlyRequests = (violations: string[]) =>
  violations.filter((violation) => !/: request\b/.test(violation));

Deno.test("a member's journey passes Prism, a validating proxy, without a violation", async () => {
  const env = { RECIPIENTS: recipients, BACKUP_DAYS: "35", THROTTLE_SCALE: "1000" };
  await throughPrism({ env }, async (prism, app) => {
    const visitor = new Browser(prism);
    const statuses: number[] = [];
    const ask = async (browser: Browser, method: string, path: string, body?: unknown) => {
      const answer = await browser.send(method, path, body);
      statuses.push(answer.status);
      assert.deepEqual(prism.violations(), [], `${method} ${path}: ${answer.text.slice(0, 300)}`);
      return answer.json;
    };
    for (
      const path of [
        ...["/", "/register", "/login", "/logout", "/policy?lang=en", "/openapi.json"],
        ...["/healthz", "/readyz", "/readyz/withdrawal", "/.well-known/jwks.json"],
      ]
    ) await ask(visitor, "GET", path);
    const body = { user_id: "hong", email: "hong@example.com", password };
    await ask(visitor, "POST", "/register", body);
    await ask(visitor, "POST", "/register", body); // conflict
    await ask(visitor, "POST", "/login", { userid: "hong", userpw: "wrong" });
    const hong = new Browser(prism);
    await ask(hong, "POST", "/login", { userid: "hong", userpw: password });
    await signIn(app, "hong");
    for (const path of ["/", "/userinfo", "/userinfo/export", "/withdrawal"]) {
      await ask(hong, "GET", path);
    }
    const { sessions } = await ask(hong, "GET", "/userinfo/sessions");
    const other = sessions.find(({ current }: { current: boolean }) => !current);
    await ask(hong, "DELETE", `/userinfo/sessions/${other.id}`);
    await ask(hong, "DELETE", `/userinfo/sessions/${other.id}`); // not found
    await ask(hong, "POST", "/userinfo/password", { current: "wrong", password });
    await ask(hong, "POST", "/userinfo/password", { current: password, password: "password1234" });
    await ask(hong, "POST", "/userinfo/password", { current: password, password });
    await ask(hong, "POST", "/restoration"); // nothing is pending
    await ask(hong, "DELETE", "/withdrawal", { phrase: "no" });
    app.clock.pass(11 * minute);
    await ask(hong, "DELETE", "/withdrawal"); // the sign-in is not fresh
    const { receipt_id } = await ask(hong, "DELETE", "/withdrawal", { password, reason: "other" });
    await ask(visitor, "GET", `/receipts/${receipt_id}`);
    await ask(visitor, "GET", "/receipts/unknown");
    for (const status of [200, 201, 400, 401, 403, 404, 409]) {
      assert.ok(statuses.includes(status), `${status} is met`);
    }
  });

  await throughPrism({ env: { ...env, WITHDRAWAL_GRACE_DAYS: "7" } }, async (prism, app) => {
    await join(app, "hong");
    const hong = new Browser(prism);
    const enter = { user_id: "hong", password };
    await hong.send("POST", "/login", enter);
    const { json } = await hong.send("POST", "/withdrawal");
    await hong.send("GET", `/receipts/${json.receipt_id}`);
    await hong.send("POST", "/login", enter);
    assert.equal((await hong.get("/userinfo")).json.code, "withdrawal_pending");
    await hong.get("/withdrawal");
    assert.equal((await hong.send("POST", "/restoration")).status, 200);
    await hong.send("POST", "/logout");
    assert.deepEqual(prism.violations(), []);
  });
});

Deno.test("failures that any request can meet pass Prism without a violation", async () => {
  let fault: Error | null = null;
  const setup: Setup = {
    env: { THROTTLE_SCALE: "0.001" },
    through: (db) => ({
      ...db,
      read: (statements) => fault ? Promise.reject(fault) : db.read(statements),
      write: (statements) => fault ? Promise.reject(fault) : db.write(statements),
    }),
  };
  await throughPrism(setup, async (prism, app) => {
    await join(app, "hong");
    const cookies = (await signIn(app, "hong")).cookieHeader();
    const member = new Browser(prism, { Cookie: cookies });
    const enter = { user_id: "hong", password: "wrong" };
    const codes: Record<string, () => Promise<{ json: { code: string } }>> = {
      unauthenticated: () => new Browser(prism).get("/userinfo"),
      invalid: () => member.send("POST", "/login", { user_id: 5 }),
      cross_site: () => member.send("POST", "/login", enter, { "Sec-Fetch-Site": "cross-site" }),
      unsupported_media_type: () =>
        member.send("POST", "/login", "x", { "Content-Type": "text/plain" }),
      too_large: () => member.send("POST", "/login", { ...enter, more: "x".repeat(17_000) }),
      throttled: async () => {
        await member.send("POST", "/login", enter);
        return await member.send("POST", "/login", enter);
      },
      unavailable: () => {
        fault = new AppError("unavailable");
        return member.get("/userinfo");
      },
      internal: () => {
        fault = new Error("a fault");
        return member.get("/userinfo");
      },
    };
    for (const [code, send] of Object.entries(codes)) {
      const { json } = await send();
      assert.equal(json.code, code);
      assert.deepEqual(onlyRequests(prism.violations()), [], code);
    }
  });
});

Deno.test("a generated client joins, looks and leaves, and reads why it is refused", async () => {
  await withGenerated(async (folder) => {
    const sdk = await import(`file://${folder}/client/sdk.gen.ts`);
    const { client } = await import(`file://${folder}/client/client.gen.ts`);
    await throughPrism({}, async (prism) => {
      const browser = new Browser(prism);
      const withCookies = async (request: Request) => {
        if (browser.cookies.size > 0) request.headers.set("Cookie", browser.cookieHeader());
        const response = await prism.fetch(request);
        for (const cookie of response.headers.getSetCookie()) browser.keep(cookie);
        return response;
      };
      client.setConfig({ baseUrl: prism.origin, fetch: withCookies });
      const body = { user_id: "hong", email: "hong@example.com", password };
      assert.equal((await sdk.register({ body })).response.status, 201);
      assert.equal((await sdk.register({ body })).error.code, "conflict");
      assert.equal((await sdk.login({ body })).data.member.user_id, "hong");
      assert.equal((await sdk.userinfo()).data.email, "hong@example.com");
      const { data } = await sdk.withdraw({ body: { reason: "other" } });
      const receipt = await sdk.receipt({ path: { id: data.receipt_id } });
      assert.equal(receipt.data.receipt, data.receipt);
      assert.equal((await sdk.receipt({ path: { id: "x" } })).error.code, "not_found");
      assert.deepEqual(prism.violations(), []);
    });
  });
});
