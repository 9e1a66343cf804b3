import assert from "node:assert/strict";
import { createBrokenApp } from "../../app.ts";
import { ownTables } from "../../data_map.ts";
import type { Database } from "../../db/engine/database.ts";
import { dataMap, holdsNobody } from "../../domain/data_map.ts";
import { AppError, type Code } from "../../domain/error.ts";
import { passkeysPerMember } from "../../domain/passkey.ts";
import { examples, type RequestName } from "../../tools/openapi/requests.ts";
import { create, get, joinWithPasskey } from "../support/authenticator.ts";
import {
  Browser,
  goodPassword as password,
  join,
  minute,
  newMember,
  type Service,
  type Setup,
  signIn,
  withApp,
} from "../support/harness.ts";
import { Description, type Documented } from "../support/openapi.ts";
import { fillShop, shopMap, shopTables } from "../support/shop.ts";

const mail = { MAIL_URL: "file:/dev/null", MAIL_FROM: "Haru <hi@haru.example>" };
const description = new Description(JSON.parse(await Deno.readTextFile("routes/openapi.json")));
const ask = description.ask.bind(description);

/** These ask nothing that can fail, or report every fault as 503. */
const faultless = [
  "/register",
  "/login",
  "/logout",
  "/leave",
  "/healthz",
  "/readyz",
  "/readyz/withdrawal",
  "/openapi.json",
]
  .map((path) => `GET ${path} internal`)
  .concat("GET /recovery internal");

Deno.test("every operation gives each of its documented answers, in the documented form", async (t) => {
  await t.step("when it succeeds", succeed);
  await t.step("with passkeys", usePasskeys);
  await t.step("while a withdrawal is pending", leaveSlowly);
  await t.step("failures that any request can meet", failAnywhere);
  await t.step("when a body does not arrive in time", arriveLate);
  await t.step("failures of single operations", failAlone);
  await t.step("after too many tries", tryTooOften);
  await t.step("when the service or its database is broken", breakDown);
  await t.step("when the answer to a withdrawal is lost", loseAnswers);
  await t.step("every documented answer was seen", () => {
    const expected = description.outcomes().filter((outcome) => !faultless.includes(outcome));
    assert.deepEqual(expected.filter((outcome) => !description.seen.has(outcome)), []);
  });
});

const consents = [
  { name: "terms", version: "1", label: { ko: "약관", en: "Terms" }, required: true },
  { name: "news", version: "1", label: { ko: "소식", en: "News" } },
];

async function succeed() {
  const recipients = [{
    name: "mailer",
    url: "https://mailer.example/hooks",
    secret: `whsec_${btoa("a".repeat(32))}`,
  }];
  const providers = [{ kind: "kakao", client_id: "c", client_secret: "s" }];
  const env = {
    ...mail,
    RECIPIENTS: JSON.stringify(recipients),
    PROVIDERS: JSON.stringify(providers),
    BACKUP_DAYS: "35",
    CONSENTS: JSON.stringify(consents),
  };
  await withApp({ env, map: shopMap, tables: shopTables }, async (app) => {
    const visitor = new Browser(app);
    const given = consents.map(({ name }) => name);
    const body = { user_id: "hong", email: "hong@example.com", password, consents: given };
    for (const { method, path, operation } of description.operations()) {
      if (method === "get" && !operation.security && !path.includes("{")) {
        await ask(visitor, method, path);
      }
    }
    await ask(visitor, "post", "/register", { body });
    await ask(visitor, "post", "/login", { body: { userid: "hong", userpw: password } });
    await fillShop(app, "hong", "mark");
    const phone = await signIn(app, "hong");
    await ask(phone, "get", "/");
    await ask(phone, "get", "/userinfo");
    await ask(phone, "get", "/userinfo/export");
    await ask(phone, "get", "/userinfo/password");
    await ask(phone, "post", "/userinfo/password", { body: { current: password, password } });
    await ask(phone, "get", "/userinfo/password");
    await ask(visitor, "post", "/recovery", { body: { email: "hong@example.com" } });
    await ask(visitor, "post", "/leave", { body: { user_id: "nobody" } });
    await ask(phone, "post", "/userinfo/verification");
    await ask(phone, "get", "/userinfo/email");
    await ask(phone, "get", "/userinfo/password");
    await ask(phone, "post", "/userinfo/email", { body: { email: "new@example.com" } });
    await ask(phone, "get", "/confirmation");
    await ask(phone, "post", "/confirmation", { body: { password } });
    for (const method of ["delete", "post"] as const) {
      await signIn(app, "hong");
      const { json } = await ask(phone, "get", "/userinfo/sessions");
      const { id } = json.sessions.find(({ current }: { current: boolean }) => !current);
      await ask(phone, method, "/userinfo/sessions/{id}", { id });
    }
    for (const method of ["delete", "post"] as const) {
      await ask(phone, method, "/userinfo/sessions");
      await app.sql(
        "INSERT INTO identities SELECT 'i', 'https://kauth.kakao.com', '1', id, 'kakao', 0 FROM users",
      );
      await ask(phone, "get", "/userinfo/identities");
      await ask(phone, method, "/userinfo/identities/{name}/remove", { id: "kakao" });
      await app.sql("DELETE FROM outbox");
    }
    await app.sql(
      "INSERT INTO identities SELECT 'i', 'https://kauth.kakao.com', '1', id, 'kakao', 0 FROM users",
    );
    await ask(phone, "get", "/userinfo/consents");
    await ask(phone, "post", "/userinfo/consents/{id}", { id: "news" });
    await ask(phone, "delete", "/userinfo/consents/{id}", { id: "news" });
    await ask(phone, "post", "/userinfo/consents/{id}/revocation", { id: "news" });
    const preview = await ask(phone, "get", "/withdrawal");
    for (const part of ["destroy", "anonymise", "keep", "recipients", "grants"]) {
      assert.notDeepEqual(preview.json[part], [], `${part} is looked at`);
    }
    const left = await ask(phone, "delete", "/withdrawal", { body: { reason: "other" } });
    const receipt = await ask(visitor, "get", "/receipts/{id}", { id: left.json.receipt_id });
    for (const part of ["destroyed", "anonymised", "kept", "recipients", "grants"]) {
      assert.notDeepEqual(receipt.json[part], [], `${part} is looked at`);
    }
    const kim = { user_id: "kim", email: "kim@example.com", password, consents: given };
    await new Browser(app).send("POST", "/register", kim);
    const other = await signIn(app, "kim");
    await ask(other, "post", "/logout");
    await ask(await signIn(app, "kim"), "post", "/withdrawal");
  });
}

async function usePasskeys() {
  await withApp({}, async (app) => {
    const hong = new Browser(app);
    const names = { user_id: "hong", email: "hong@example.com" };
    const wanted = await ask(hong, "post", "/register/passkey/options", { body: names });
    const { passkey, answer } = create(wanted.json, app.origin);
    const sign = (options: unknown) => ({ passkey: get(passkey, options, app.origin) });
    await ask(hong, "post", "/register", { body: { ...names, passkey: answer } });
    const login = (await ask(hong, "post", "/login/passkey/options")).json;
    await ask(hong, "post", "/login/passkey", { body: sign(login) });
    await ask(hong, "post", "/login/passkey", { body: sign(login) });
    await ask(hong, "post", "/login/passkey", {
      body: sign({ ...login, challenge: "unknown" }),
    });
    const add = (await ask(hong, "post", "/userinfo/passkeys/options")).json;
    const second = create(add, app.origin);
    await ask(hong, "post", "/userinfo/passkeys", { body: { passkey: second.answer } });
    const { passkeys } = (await ask(hong, "get", "/userinfo/passkeys")).json;
    const confirm = (await ask(hong, "post", "/confirmation/passkey/options")).json;
    await ask(hong, "post", "/confirmation/passkey", { body: sign(login) });
    await ask(hong, "post", "/confirmation/passkey", { body: sign(confirm) });
    type Listed = { id: string; last_used_at: string | null };
    const used = passkeys.find(({ last_used_at }: Listed) => last_used_at);
    const unused = passkeys.find(({ last_used_at }: Listed) => !last_used_at);
    await ask(hong, "delete", "/userinfo/passkeys/{id}", { id: unused.id });
    for (const method of ["delete", "post"] as const) {
      await ask(hong, method, "/userinfo/passkeys/{id}", { id: used.id });
    }
    const body = { user_id: "kim", email: "kim@example.com" };
    const other = (await ask(hong, "post", "/register/passkey/options", { body })).json;
    const copy = create(other, app.origin, { id: passkey.id });
    await ask(hong, "post", "/register", { body: { ...body, passkey: copy.answer } });
    await ask(hong, "post", "/register/passkey/options", { body: names });
    const more = (await ask(hong, "post", "/userinfo/passkeys/options")).json;
    await ask(hong, "post", "/userinfo/passkeys", {
      body: { passkey: create(more, app.origin, { id: passkey.id }).answer },
    });
    const { answer: third } = create(more, app.origin);
    await ask(hong, "post", "/userinfo/passkeys", { body: { passkey: third } });
    const [{ id }] = (await hong.get("/userinfo/passkeys")).json.passkeys
      .filter(({ last_used_at }: Listed) => !last_used_at);
    await ask(hong, "post", "/userinfo/passkeys/{id}", { id });
    for (let n = 1; n < passkeysPerMember; n++) {
      const one = await hong.send("POST", "/userinfo/passkeys/options", {});
      const { answer } = create(one.json, app.origin);
      await hong.send("POST", "/userinfo/passkeys", { passkey: answer });
    }
    await ask(hong, "post", "/userinfo/passkeys/options");
    app.clock.pass(11 * minute);
    for (const documented of failing("confirmation_required")) {
      const { method, path } = documented;
      if (path === "/withdrawal" || path === "/userinfo/email") continue;
      const body = path === "/userinfo/password" ? { password } : bodyOf(documented);
      const answer = await ask(hong, method, path, { body });
      assert.equal(answer.json.code, "confirmation_required", `${method} ${path}`);
    }
    const leave = (await hong.send("POST", "/confirmation/passkey/options", {})).json;
    const { json } = await ask(hong, "delete", "/withdrawal", { body: sign(leave) });
    assert.deepEqual(json.signal.allAcceptedCredentialIds, []);
    await ask(hong, "post", "/login/passkey", { body: sign(login) });
    await ask(await newMember(app, "lee"), "post", "/confirmation/passkey/options");
  });
}

async function leaveSlowly() {
  await withApp({ env: { WITHDRAWAL_GRACE_DAYS: "7" } }, async (app) => {
    await join(app, "hong");
    for (const method of ["delete", "post"] as const) {
      const { json } = await ask(await signIn(app, "hong"), method, "/withdrawal");
      await ask(new Browser(app), "get", "/receipts/{id}", { id: json.receipt_id });
      const back = new Browser(app);
      const body = { user_id: "hong", password };
      const signedIn = await ask(back, "post", "/login", { body });
      assert.ok(signedIn.json.withdrawal);
      await ask(back, "get", "/withdrawal");
      await ask(back, "get", "/userinfo/export");
      for (const documented of failing("withdrawal_pending")) {
        const { method, path } = documented;
        const answer = await ask(back, method, path, { body: bodyOf(documented) });
        assert.equal(answer.json.code, "withdrawal_pending", `${method} ${path}`);
      }
      await ask(back, "post", "/restoration");
    }
  });
}

async function failAnywhere() {
  await withApp({}, async (app) => {
    const visitor = new Browser(app);
    const member = await newMember(app, "hong");
    const headers = { "Content-Type": "text/plain" };
    for (const { method, path } of description.operations()) {
      const address = path.replace(/\{\w+\}/, "x");
      description.hold(method, path, await visitor.send("PATCH", address));
      if (method === "get") continue;
      await ask(member, method, path, { body: {}, headers: { "Sec-Fetch-Site": "cross-site" } });
      await ask(member, method, path, { body: "x", headers });
      await ask(member, method, path, { body: "x".repeat(16 * 1024 + 1) });
    }
    for (const documented of failing("unauthenticated")) {
      const { method, path } = documented;
      const answer = await ask(visitor, method, path, { body: bodyOf(documented) });
      assert.equal(answer.json.code, "unauthenticated", `${method} ${path}`);
    }
    for (const { method, path } of failing("invalid")) {
      for (const body of ["{", '{"password": 5, "current": 5}']) {
        const answer = await ask(member, method, path, { body });
        assert.equal(answer.json.code, "invalid", `${method} ${path}`);
        assert.ok(answer.json.fields);
      }
    }
    for (const documented of failing("not_found")) {
      const { method, path } = documented;
      const answer = await ask(member, method, path, { body: bodyOf(documented) });
      assert.equal(answer.json.code, "not_found", `${method} ${path}`);
    }
    const nowhere = await visitor.get("/nowhere");
    assert.ok(description.validator("/components/schemas/Problem")(nowhere.json));
  });
}

async function arriveLate() {
  await withApp({ env: { BODY_TIMEOUT_MS: "20" } }, async (app) => {
    for (const { method, path } of description.operations()) {
      if (method === "get") continue;
      const endless = new ReadableStream({
        start: (controller) => controller.enqueue(new TextEncoder().encode("{")),
      });
      const response = await app.fetch(
        new Request(new URL(path.replace(/\{\w+\}/, "x"), app.origin), {
          method,
          body: endless,
          headers: { "Content-Type": "application/json" },
        }),
      );
      const { status, headers } = response;
      const text = await response.text();
      description.hold(method, path, { status, headers, text, json: JSON.parse(text) });
      assert.equal(status, 408, path);
    }
  });
}

async function failAlone() {
  const corp = {
    ...{ kind: "oidc", name: "corp", label: { ko: "회사", en: "Corp" } },
    ...{ issuer: "http://127.0.0.1:9", client_id: "annyeong", client_secret: "secret" },
  };
  const env = { CONSENTS: JSON.stringify(consents), PROVIDERS: JSON.stringify([corp]) };
  await withApp({ env }, async (app) => {
    const again = { user_id: "hong", email: "hong@example.com", password, consents: ["terms"] };
    await ask(new Browser(app), "post", "/register", { body: again });
    const hong = await signIn(app, "hong");
    await ask(hong, "delete", "/userinfo/consents/{id}", { id: "terms" });
    await ask(hong, "post", "/userinfo/consents/{id}/revocation", { id: "terms" });
    await ask(hong, "post", "/register", { body: again });
    await ask(hong, "post", "/login", { body: { user_id: "nobody", password } });
    await ask(hong, "post", "/restoration");
    const body = { current: "wrong password", password };
    await ask(hong, "post", "/userinfo/password", { body });
    await ask(hong, "post", "/confirmation", { body: { password: "wrong password" } });
    const [{ id }] = await app.sql("SELECT id FROM users") as [{ id: string }];
    await app.sql("INSERT INTO identities VALUES ('i', 'https://corp', '1', ?, 'corp', 0)", [id]);
    await app.sql("DELETE FROM passwords");
    for (const method of ["delete", "post"] as const) {
      await ask(hong, method, "/withdrawal", { body: { phrase: "no" } });
      await ask(hong, method, "/userinfo/identities/{name}/remove", { id: "corp" });
    }
    app.clock.pass(11 * minute);
    for (const method of ["delete", "post"] as const) {
      const answer = await ask(hong, method, "/withdrawal");
      assert.equal(answer.json.confirm, "password");
      await ask(hong, method, "/userinfo/identities/{name}/remove", { id: "corp" });
    }
  });
  await withApp({ env: { ...mail, EMAIL_VERIFICATION: "required" } }, async (app) => {
    await join(app, "hong");
    const visitor = new Browser(app);
    await ask(visitor, "post", "/login", { body: { user_id: "hong", password } });
    const passkey = await joinWithPasskey(visitor, "kim");
    const options = (await visitor.send("POST", "/login/passkey/options", {})).json;
    const body = { passkey: get(passkey, options, app.origin) };
    const { json } = await ask(visitor, "post", "/login/passkey", { body });
    assert.equal(json.code, "unverified");
  });
  await withApp({ env: mail }, async (app) => {
    const hong = await newMember(app, "hong");
    app.clock.pass(11 * minute);
    await ask(hong, "post", "/userinfo/email", { body: { email: "new@example.com" } });
  });
  const vetoed = {
    tables: [
      "CREATE TABLE loans (id TEXT PRIMARY KEY, member TEXT REFERENCES users (id) ON DELETE RESTRICT)",
    ],
    map: dataMap([...ownTables, holdsNobody("loans", "a table in the way")]),
  };
  await withApp(vetoed, async (app) => {
    const hong = await newMember(app, "hong");
    await app.sql("INSERT INTO loans SELECT 'x', id FROM users");
    for (const method of ["delete", "post"] as const) await ask(hong, method, "/withdrawal");
  });
}

async function tryTooOften() {
  await withApp({ env: { ...mail, THROTTLE_SCALE: "0.001" } }, async (app) => {
    await join(app, "hong");
    const hong = await signIn(app, "hong");
    const wrong = { user_id: "hong", current: "wrong password", password: "wrong password" };
    await hong.send("POST", "/login", wrong);
    await hong.send("POST", "/confirmation", wrong);
    const options = (await hong.send("POST", "/userinfo/passkeys/options", {})).json;
    const { answer, passkey } = create(options, app.origin);
    await hong.send("POST", "/userinfo/passkeys", { passkey: answer });
    const login = (await hong.send("POST", "/login/passkey/options", {})).json;
    const assertion = get(passkey, login, app.origin);
    await hong.send("POST", "/login/passkey", { passkey: { ...assertion, id: "other" } });
    await hong.send("POST", "/recovery", wrong);
    for (const { method, path } of failing("throttled")) {
      const body = path.startsWith("/register") || path === "/userinfo/email"
        ? { ...wrong, email: "a@b.co", password }
        : path.endsWith("/passkey")
        ? { passkey: assertion }
        : wrong;
      const answer = await ask(hong, method, path, { body });
      assert.equal(answer.json.code, "throttled", `${method} ${path}: ${answer.text}`);
    }
  });
}

async function breakDown() {
  const broken = { origin: "https://members.example", fetch: createBrokenApp().fetch };
  for (const { method, path } of description.operations()) {
    await ask(new Browser(broken as unknown as Service), method, path);
  }
  let fault: Error | null = null;
  const faulty = async <T>(work: () => Promise<T>) => {
    if (fault) throw fault;
    return await work();
  };
  const setup: Setup = {
    env: mail,
    through: (db): Database => ({
      ...db,
      read: (statements) => faulty(() => db.read(statements)),
      write: (statements) => faulty(() => db.write(statements)),
    }),
  };
  await withApp(setup, async (app) => {
    const hong = await newMember(app, "hong");
    fault = new AppError("unavailable");
    await askEverything(hong);
    fault = new AppError("unavailable", { answerLost: true });
    const body = { user_id: "kim", email: "kim@example.com", password };
    assert.equal((await ask(hong, "post", "/register", { body })).status, 503);
    fault = new Error("a fault of our own");
    app.services.inventory.places = () => {
      throw fault;
    };
    app.services.receiptKeys = null!;
    await askEverything(hong);
  });
}

async function loseAnswers() {
  let lost = false;
  const setup: Setup = {
    through: (db) => ({
      ...db,
      async write(statements) {
        const results = await db.write(statements);
        if (lost) throw new AppError("unavailable", { answerLost: true });
        return results;
      },
    }),
  };
  await withApp(setup, async (app) => {
    for (const [name, method] of [["hong", "delete"], ["kim", "post"]] as const) {
      const member = await newMember(app, name);
      lost = true;
      const { status, json } = await ask(member, method, "/withdrawal");
      lost = false;
      assert.equal(status, 503);
      const receipt = await ask(member, "get", "/receipts/{id}", { id: json.receipt_id });
      assert.equal(receipt.status, 200);
    }
  });
}

/** The operations that can fail so. */
function failing(code: Code): Documented[] {
  const outcomes = new Set(description.outcomes());
  return description.operations()
    .filter(({ method, path }) => outcomes.has(`${method.toUpperCase()} ${path} ${code}`));
}

/** A body that the operation takes, if it takes one. */
function bodyOf({ operation }: Documented): unknown {
  const schema = operation.requestBody?.content["application/json"].schema.$ref;
  return schema && examples[schema.split("/").at(-1) as RequestName];
}

async function askEverything(browser: Browser): Promise<void> {
  for (const documented of description.operations()) {
    await ask(browser, documented.method, documented.path, { body: bodyOf(documented) });
  }
}
