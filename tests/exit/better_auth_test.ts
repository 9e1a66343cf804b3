import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHmac } from "node:crypto";
import { passkey } from "@better-auth/passkey";
import type { BetterAuthPlugin } from "better-auth";
import { APIError } from "better-auth/api";
import { symmetricEncrypt } from "better-auth/crypto";
import { admin } from "better-auth/plugins";
import { destroy } from "../../exit/mod.ts";
import { runJobs } from "../../jobs/mod.ts";
import { create, get } from "../support/authenticator.ts";
import { clientId, clientSecret, type Oidc, openOidc, Person } from "../support/oidc.ts";
import { type BetterAuthApp, origin, withBetterAuth } from "../support/better_auth.ts";
import { type Answer, Browser, day, dump, goodPassword as password } from "../support/harness.ts";

const words = (text: string) => ({ ko: text, en: text });

/** A browser that sends `Origin`, as better-auth asks for. */
function browserOf(app: BetterAuthApp): Browser {
  return new Browser(app, { Origin: origin });
}

const post = (browser: Browser, path: string, body: unknown = {}): Promise<Answer> =>
  browser.send("POST", `/api/auth${path}`, body);

async function member(app: BetterAuthApp, name: string): Promise<Browser> {
  const browser = browserOf(app);
  const email = `${name}@example.com`;
  const joined = await post(browser, "/sign-up/email", { name, email, password });
  assert.equal(joined.status, 200, joined.text);
  return browser;
}

async function signIn(app: BetterAuthApp, name: string): Promise<Browser> {
  const browser = browserOf(app);
  const answer = await post(browser, "/sign-in/email", { email: `${name}@example.com`, password });
  assert.equal(answer.status, 200, answer.text);
  return browser;
}

const whoIs = async (browser: Browser) =>
  (await browser.get("/api/auth/get-session")).json?.user?.name ?? null;

async function traces(app: BetterAuthApp, word: string): Promise<string[]> {
  return [...await dump(app)].flatMap(([table, rows]) =>
    rows.filter((row) => row.toLowerCase().includes(word)).map((row) => `${table} ${row}`)
  );
}

for (const on of ["embedded", "sqld"] as const) {
  Deno.test(`${on}: better-auth's sign-up, sign-in, organisations and codes work beside the exit, and a member leaves in one batch`, async () => {
    await withBetterAuth({ on }, async (app) => {
      const owner = await member(app, "byeol");
      const leaver = await member(app, "haneul");
      const second = await signIn(app, "haneul");
      const made = await post(owner, "/organization/create", { name: "Tea", slug: "tea" });
      assert.equal(made.status, 200, made.text);
      const invited = await post(owner, "/organization/invite-member", {
        email: "haneul@example.com",
        role: "member",
        organizationId: made.json.id,
      });
      assert.equal(invited.status, 200, invited.text);
      const accepted = await post(leaver, "/organization/accept-invitation", {
        invitationId: invited.json.id,
      });
      assert.equal(accepted.status, 200, accepted.text);
      const own = await post(leaver, "/organization/create", { name: "Own", slug: "haneul-own" });
      assert.equal(own.status, 200);
      const two = await post(leaver, "/two-factor/enable", { password });
      assert.equal(two.status, 200, two.text);
      await post(browserOf(app), "/email-otp/send-verification-otp", {
        email: "haneul@example.com",
        type: "sign-in",
      });
      assert.equal(app.sent.length, 1);

      const preview = await leaver.get("/withdrawal");
      assert.equal(preview.status, 200, preview.text);
      assert.deepEqual(preview.json.confirm_with, ["password", "sign_in"]);
      const exported = await leaver.get("/withdrawal/export");
      assert.equal(exported.json.tables.user[0].email, "haneul@example.com");
      const answer = await leaver.send("DELETE", "/withdrawal");
      assert.equal(answer.status, 200, answer.text);

      assert.equal(await whoIs(leaver), null);
      assert.equal(await whoIs(second), null);
      assert.deepEqual(await traces(app, "haneul"), []);
      assert.equal(await whoIs(owner), "byeol");
      assert.deepEqual((await app.sql("SELECT slug FROM organization")).map(({ slug }) => slug), [
        "tea",
      ]);
      assert.equal((await owner.get(`/receipts/${answer.json.receipt_id}`)).status, 200);
      const again = await member(app, "haneul");
      assert.equal(await whoIs(again), "haneul", "the address is free again");
    });
  });
}

Deno.test("with better-auth's cookie cache a member who has left is signed out everywhere at once", async () => {
  const auth = { session: { cookieCache: { enabled: true, maxAge: 3600 } } };
  await withBetterAuth({ auth }, async (app) => {
    const leaver = await member(app, "haneul");
    const second = await signIn(app, "haneul");
    assert.equal(await whoIs(second), "haneul");
    assert.equal((await leaver.send("DELETE", "/withdrawal")).status, 200);
    assert.equal(await whoIs(second), null);
    assert.equal((await post(second, "/update-user", { name: "x" })).status, 401);
  });
});

Deno.test("better-auth's own delete-user is answered by the exit, with a receipt", async () => {
  const called: string[] = [];
  const user = {
    deleteUser: {
      enabled: true,
      beforeDelete: ({ name }: { name: string }) => {
        called.push(`before ${name}`);
        return Promise.resolve();
      },
      afterDelete: ({ name }: { name: string }) => {
        called.push(`after ${name}`);
        return Promise.resolve();
      },
    },
  };
  await withBetterAuth({ auth: { user } }, async (app) => {
    const leaver = await member(app, "haneul");
    const wrong = await post(leaver, "/delete-user", { password: "wrong password" });
    assert.equal(wrong.status, 400);
    assert.equal(wrong.json.code, "INVALID_PASSWORD");
    assert.deepEqual(called, []);
    const answers = await Promise.all(
      [1, 2].map(() => post(leaver.copy(), "/delete-user", { password })),
    );
    const right = answers.filter(({ status }) => status === 200);
    assert.equal(right.length, 1, answers.map(({ text }) => text).join());
    assert.equal(right[0]!.json.success, true);
    assert.match(right[0]!.json.receipt, /^ey/);
    assert.equal(called.filter((call) => call === "after haneul").length, 1);
    assert.deepEqual(await traces(app, "haneul"), []);
  });
});

for (const veto of ["beforeDelete", "databaseHooks"] as const) {
  Deno.test(`a veto by better-auth's ${veto} leaves sessions, accounts and member as they were`, async () => {
    const auth = veto === "beforeDelete"
      ? {
        user: {
          deleteUser: {
            enabled: true,
            beforeDelete: () => {
              throw new APIError("PAYMENT_REQUIRED", { message: "An invoice is open." });
            },
          },
        },
      }
      : { databaseHooks: { user: { delete: { before: () => Promise.resolve(false) } } } };
    await withBetterAuth({ auth }, async (app) => {
      const leaver = await member(app, "haneul");
      const before = await dump(app);
      const answer = await leaver.send("DELETE", "/withdrawal");
      assert.equal(answer.status, 409, answer.text);
      const theirs = await post(leaver, "/delete-user", {});
      assert.equal(theirs.status, veto === "beforeDelete" ? 402 : 409, theirs.text);
      if (veto === "beforeDelete") assert.match(answer.json.error, /invoice/);
      assert.deepEqual(await dump(app), before);
      assert.equal(await whoIs(leaver), "haneul");
    });
  });
}

Deno.test("a mailed link to delete the account shows a button, and the button works once", async () => {
  let url = "";
  const user = {
    deleteUser: {
      enabled: true,
      sendDeleteAccountVerification: (given: { url: string }) => {
        url = given.url;
        return Promise.resolve();
      },
    },
  };
  await withBetterAuth({ auth: { user } }, async (app) => {
    const leaver = await member(app, "haneul");
    assert.equal((await post(leaver, "/delete-user", {})).json.message, "Verification email sent");
    const path = new URL(url).pathname + new URL(url).search;
    const shown = await leaver.get(path);
    assert.equal(shown.status, 200);
    assert.match(shown.text, /<form method="post">/);
    assert.equal(await whoIs(leaver), "haneul", "a scanner that opens the link deletes nothing");
    const stranger = await member(app, "byeol");
    const headers = { "Content-Type": "application/x-www-form-urlencoded" };
    assert.equal((await stranger.send("POST", path, "", headers)).status, 404);
    assert.equal(await whoIs(stranger), "byeol");
    const asked = await post(leaver, "/delete-user", {});
    assert.equal(asked.status, 200);
    const newPath = new URL(url).pathname + new URL(url).search;
    const done = await leaver.send("POST", newPath, "", headers);
    assert.ok(done.status === 302 || done.status === 200, done.text);
    assert.equal(await whoIs(leaver), null);
    assert.deepEqual(await traces(app, "haneul"), []);
  });
});

Deno.test("the only owner of an organisation with other members is told to name another owner", async () => {
  await withBetterAuth({}, async (app) => {
    const owner = await member(app, "byeol");
    const other = await member(app, "haneul");
    const made = await post(owner, "/organization/create", { name: "Tea", slug: "tea" });
    const invited = await post(owner, "/organization/invite-member", {
      email: "haneul@example.com",
      role: "member",
      organizationId: made.json.id,
    });
    await post(other, "/organization/accept-invitation", { invitationId: invited.json.id });
    const answer = await owner.send("DELETE", "/withdrawal", {}, { "Accept-Language": "en" });
    assert.equal(answer.status, 409);
    assert.match(answer.json.error, /only owner/);
    assert.equal((await other.send("DELETE", "/withdrawal")).status, 200);
    assert.equal((await owner.send("DELETE", "/withdrawal")).status, 200);
    assert.equal((await app.sql("SELECT count(*) AS n FROM organization"))[0]!.n, 0);
  });
});

Deno.test("with a grace period a better-auth member is signed out, can restore, and is erased by the job", async () => {
  const called: string[] = [];
  const user = {
    deleteUser: {
      enabled: true,
      afterDelete: ({ name }: { name: string }) => {
        called.push(name);
        return Promise.resolve();
      },
    },
  };
  const env = { WITHDRAWAL_GRACE_DAYS: "7", REJOIN_BLOCK_DAYS: "30" };
  await withBetterAuth({ auth: { user }, env }, async (app) => {
    const leaver = await member(app, "haneul");
    const second = await signIn(app, "haneul");
    const scheduled = await leaver.send("DELETE", "/withdrawal");
    assert.equal(scheduled.status, 202, scheduled.text);
    assert.equal(await whoIs(second), null);
    const back = await signIn(app, "haneul");
    assert.equal(await whoIs(back), null, "the app sees nobody while the withdrawal is pending");
    const refused = await post(back, "/update-user", { name: "x" });
    assert.equal(refused.status, 403, refused.text);
    assert.equal(refused.json.code, "WITHDRAWAL_PENDING");
    const page = await back.get("/withdrawal", { Accept: "text/html" });
    assert.match(page.text, /action="\/restoration"/);
    assert.equal((await back.send("POST", "/restoration")).status, 200);
    assert.equal(await whoIs(back), "haneul");
    assert.equal((await back.send("DELETE", "/withdrawal")).status, 202);
    app.clock.pass(8 * day);
    await runJobs(app.services);
    assert.deepEqual(called, ["haneul"]);
    assert.deepEqual(await traces(app, "haneul"), []);
    const joined = await post(browserOf(app), "/sign-up/email", {
      name: "haneul",
      email: "Haneul@example.com",
      password,
    });
    assert.equal(joined.status, 422, "the rejoin block holds");
  });
});

Deno.test("an app's table that is not on the map stops withdrawals, and one that is goes with its member", async () => {
  const tables = [
    "CREATE TABLE note (id INTEGER PRIMARY KEY, owner TEXT REFERENCES user (id), text)",
  ];
  await withBetterAuth({ tables }, async (app) => {
    const leaver = await member(app, "haneul");
    const before = await dump(app);
    assert.equal((await leaver.send("DELETE", "/withdrawal")).status, 503);
    assert.deepEqual(await dump(app), before);
  });
  const note = destroy("note", { member: "owner", label: words("notes"), purpose: words("notes") });
  await withBetterAuth({ tables, exit: { entries: [note] } }, async (app) => {
    const leaver = await member(app, "haneul");
    await app.sql("INSERT INTO note (owner, text) SELECT id, 'by haneul' FROM user");
    assert.equal((await leaver.send("DELETE", "/withdrawal")).status, 200);
    assert.deepEqual(await traces(app, "haneul"), []);
  });
});

Deno.test("a member with better-auth's two-factor signs in with both factors, and leaves without a trace", async () => {
  await withBetterAuth({}, async (app) => {
    const enabling = await member(app, "haneul");
    const enabled = await post(enabling, "/two-factor/enable", { password });
    const secret = new URL(enabled.json.totpURI).searchParams.get("secret")!;
    const code = () => totp(secret, Date.now());
    const verified = await post(enabling, "/two-factor/verify-totp", { code: code() });
    assert.equal(verified.status, 200, verified.text);

    const leaver = browserOf(app);
    const email = "haneul@example.com";
    const first = await post(leaver, "/sign-in/email", { email, password });
    assert.equal(first.json.twoFactorRedirect, true, first.text);
    assert.equal(
      (await leaver.send("DELETE", "/withdrawal")).status,
      401,
      "one factor opens nothing",
    );
    assert.equal((await post(leaver, "/two-factor/verify-totp", { code: code() })).status, 200);
    assert.equal(await whoIs(leaver), "haneul");
    assert.equal((await leaver.send("DELETE", "/withdrawal")).status, 200);
    assert.deepEqual(await traces(app, "haneul"), []);
    assert.equal((await app.sql("SELECT count(*) AS n FROM twoFactor"))[0]!.n, 0);
  });
});

Deno.test("tables and columns that better-auth's options rename, and keys of its api-key plugin, go as well", async () => {
  const auth = {
    user: { modelName: "member_record", fields: { email: "mail" } },
    session: { modelName: "sitting", fields: { userId: "sitter", token: "secret" } },
    account: { modelName: "way_in" },
    plugins: [{
      id: "api-key" as const,
      schema: { // as in @better-auth/api-key 1.7.5
        apikey: {
          fields: {
            key: { type: "string" as const, required: true },
            referenceId: { type: "string" as const, required: true },
          },
        },
      },
    }],
  };
  await withBetterAuth({ auth, env: { WITHDRAWAL_GRACE_DAYS: "7" } }, async (app) => {
    const leaver = await member(app, "haneul");
    const second = await signIn(app, "haneul");
    await app.sql(
      "INSERT INTO apikey (id, key, referenceId) SELECT 'k', 'haneul-key', id FROM member_record",
    );
    assert.equal((await leaver.send("DELETE", "/withdrawal", { password })).status, 202);
    assert.equal(await whoIs(second), null);
    app.clock.pass(8 * day);
    await runJobs(app.services);
    assert.deepEqual(await traces(app, "haneul"), []);
    assert.equal((await app.sql("SELECT count(*) AS n FROM apikey"))[0]!.n, 0);
  });
});

Deno.test("a database with columns in snake_case and instants as numbers, as Drizzle makes them, works too", async () => {
  await withBetterAuth({ on: "sqld", naming: "snake_case" }, async (app) => {
    const leaver = await member(app, "haneul");
    const other = await member(app, "byeol");
    assert.equal((await post(leaver, "/two-factor/enable", { password })).status, 200);
    const ms = (column: string) => `CAST(unixepoch(${column}, 'subsec') * 1000 AS INTEGER)`;
    await app.sql(
      `UPDATE session SET expires_at = ${ms("expires_at")}, created_at = ${ms("created_at")}`,
    );
    const left = await leaver.send("DELETE", "/withdrawal", { password });
    assert.equal(left.status, 200, left.text);
    assert.deepEqual(await traces(app, "haneul"), []);
    assert.equal((await other.get("/withdrawal")).status, 200);
  });
});

Deno.test("a member whom better-auth's admin removes is erased with a receipt, and every table", async () => {
  const note = destroy("note", { member: "owner", label: words("notes"), purpose: words("notes") });
  const setup = {
    auth: { plugins: [admin()] },
    tables: ["CREATE TABLE note (id INTEGER PRIMARY KEY, owner TEXT REFERENCES user (id), text)"],
    exit: { entries: [note] },
  };
  await withBetterAuth(setup, async (app) => {
    const owner = await member(app, "byeol");
    await app.sql("UPDATE user SET role = 'admin'");
    const leaver = await member(app, "haneul");
    const [row] = await app.sql("SELECT id FROM user WHERE name = 'haneul'");
    await app.sql("INSERT INTO note (owner, text) VALUES (?, 'by haneul')", [row!.id!]);
    const removed = await post(owner, "/admin/remove-user", { userId: row!.id });
    assert.equal(removed.status, 200, removed.text);
    assert.equal(await whoIs(leaver), null);
    assert.deepEqual(await traces(app, "haneul"), []);
    const erasures = await app.sql("SELECT member_id FROM erasures");
    assert.deepEqual(erasures.map(({ member_id }) => member_id), [row!.id]);
    assert.equal(await whoIs(owner), "byeol");
  });
});

Deno.test("a member of better-auth with a passkey only signs in with it, and leaves in that fresh session", async () => {
  // it pins an older better-call, whose types differ
  const plugin = passkey({ origin }) as unknown as BetterAuthPlugin;
  await withBetterAuth({ auth: { plugins: [plugin] } }, async (app) => {
    const adding = await member(app, "haneul");
    const options = await adding.get("/api/auth/passkey/generate-register-options");
    assert.equal(options.status, 200, options.text);
    const made = create(options.json, origin);
    const added = await post(adding, "/passkey/verify-registration", { response: made.answer });
    assert.equal(added.status, 200, added.text);
    await app.sql("DELETE FROM account"); // no password is left

    const leaver = browserOf(app);
    const asked = await leaver.get("/api/auth/passkey/generate-authenticate-options");
    const response = get(made.passkey, asked.json, origin);
    const signedIn = await post(leaver, "/passkey/verify-authentication", { response });
    assert.equal(signedIn.status, 200, signedIn.text);
    assert.equal(await whoIs(leaver), "haneul");
    assert.deepEqual((await leaver.get("/withdrawal")).json.confirm_with, ["sign_in"]);

    app.clock.pass(day);
    const old = await leaver.send("DELETE", "/withdrawal");
    assert.equal(old.json.confirm, "sign_in", old.text);
    app.clock.pass(-day);
    assert.equal((await leaver.send("DELETE", "/withdrawal")).status, 200);
    assert.deepEqual(await traces(app, "haneul"), []);
    assert.equal((await app.sql("SELECT count(*) AS n FROM passkey"))[0]!.n, 0);
  });
});

Deno.test("leaving better-auth ends the grant at a provider with the tokens of its account", async () => {
  const oidc = await openOidc([origin]);
  const env = { PROVIDERS: JSON.stringify([oidc.entry]) };
  const auth = { account: { encryptOAuthTokens: true } };
  try {
    await withBetterAuth({ env, auth }, async (app) => {
      const leaver = await member(app, "haneul");
      const refresh = await refreshTokenOf(oidc);
      const key = "a secret of this test only, 0123456789abcdef";
      await app.sql(
        `INSERT INTO account (id, accountId, providerId, userId, refreshToken, createdAt, updatedAt)
         SELECT 'a', 'account-1', 'corp', id, ?, createdAt, createdAt FROM user`,
        [await symmetricEncrypt({ key, data: refresh })],
      );
      assert.ok(await isActive(oidc, refresh));
      const left = await leaver.send("DELETE", "/withdrawal");
      assert.equal(left.status, 200, left.text);
      const receipt = () => leaver.get(`/receipts/${left.json.receipt_id}`);
      assert.equal((await receipt()).json.grants[0].status, "waiting");
      assert.ok(!JSON.stringify([...await dump(app)]).includes(refresh), "the token is sealed");
      await runJobs(app.services);
      const [grant] = (await receipt()).json.grants;
      assert.deepEqual([grant.name, grant.status], ["corp", "ended"]);
      assert.equal(await isActive(oidc, refresh), false);
      assert.deepEqual(await app.sql("SELECT id FROM outbox WHERE sealed IS NOT NULL"), []);
    });
  } finally {
    await oidc.close();
  }
});

const basic = `Basic ${
  btoa(`${clientId}:${encodeURIComponent(clientSecret).replaceAll("%20", "+")}`)
}`;

/** Signs in at the provider as a client, as better-auth does. */
async function refreshTokenOf({ issuer }: Oidc): Promise<string> {
  const redirect_uri = `${origin}/login/with/corp/callback`;
  const url = new URL(`${issuer}/auth`);
  url.search = new URLSearchParams({
    client_id: clientId,
    redirect_uri,
    response_type: "code",
    scope: "openid offline_access",
    prompt: "consent",
    code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", // RFC 7636, appendix B
    code_challenge_method: "S256",
  }).toString();
  const back = new URL(await new Person().visit(url.href, origin), origin);
  const response = await fetch(`${issuer}/token`, {
    method: "POST",
    headers: { Authorization: basic },
    body: new URLSearchParams({
      grant_type: "authorization_code",
      code: back.searchParams.get("code")!,
      redirect_uri,
      code_verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
    }),
  });
  return (await response.json()).refresh_token;
}

async function isActive({ issuer }: Oidc, token: string): Promise<boolean> {
  const response = await fetch(`${issuer}/token/introspection`, {
    method: "POST",
    headers: { Authorization: basic },
    body: new URLSearchParams({ token }),
  });
  return (await response.json()).active;
}

/** RFC 6238, with six digits and thirty seconds. */
function totp(secret: string, now: number): string {
  const bits = [...secret].map((letter) =>
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0")
  ).join("");
  const key = Uint8Array.from(bits.match(/.{8}/g)!, (byte) => parseInt(byte, 2));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(now / 30_000)));
  const hash = createHmac("sha1", key).update(counter).digest();
  const offset = hash.at(-1)! & 15;
  return String((hash.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}
