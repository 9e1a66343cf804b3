/** Passkeys through the front door, on all three stacks. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import {
  type Algorithm,
  confirmWith,
  create,
  get,
  joinWithPasskey,
  type Lies,
  signInWith,
} from "../support/authenticator.ts";
import {
  Browser,
  captureLog,
  dump,
  goodPassword,
  minute,
  newMember,
  recoveryPath,
  withApp,
} from "../support/harness.ts";
import { embedded, onSqld, onWorkers, testOn } from "../support/stacks.ts";

const names = (user_id: string) => ({ user_id, email: `${user_id}@example.com` });

for (const stack of [embedded, onSqld, onWorkers]) {
  testOn(stack, "a member joins, signs in, confirms and leaves with a passkey", async (service) => {
    for (const algorithm of ["ES256", "Ed25519", "RS256"] as Algorithm[]) {
      const browser = new Browser(service);
      const user_id = algorithm.toLowerCase();
      const passkey = await joinWithPasskey(browser, user_id, { algorithm });
      const signedIn = await signInWith(passkey, browser);
      assert.equal(signedIn.status, 200, signedIn.text);
      assert.equal(signedIn.json.member.user_id, user_id);
      assert.deepEqual((await browser.get("/withdrawal")).json.confirm_with, ["passkey"]);
      assert.equal((await confirmWith(passkey, browser)).status, 200);
      const { json } = await browser.get("/userinfo/passkeys");
      assert.equal(json.passkeys.length, 1);
      assert.ok(json.passkeys[0].last_used_at);

      const options = (await browser.send("POST", "/confirmation/passkey/options", {})).json;
      assert.deepEqual(options.allowCredentials.map(({ id }: { id: string }) => id), [passkey.id]);
      const answer = get(passkey, options, service.origin);
      const left = await browser.send("DELETE", "/withdrawal", { passkey: answer });
      assert.equal(left.status, 200, left.text);
      const again = await signInWith(passkey, browser);
      assert.deepEqual(
        [again.status, again.json.code, again.json.unknown_passkey],
        [401, "invalid_credentials", true],
      );
    }
    assert.equal((await service.sql("SELECT id FROM passkeys")).length, 0);
  });

  testOn(stack, "a member adds a passkey, signs in with it and removes it", async (service) => {
    const browser = await newMember(service, "hong");
    const options = await browser.send("POST", "/userinfo/passkeys/options", {});
    assert.equal(options.status, 200, options.text);
    const { passkey, answer } = create(options.json, service.origin, {
      aaguid: "fbfc3007-154e-4ecc-8c0b-6e020557d7bd",
      backupEligible: true,
    });
    const iPhone = { "User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X)" };
    const added = await browser.send("POST", "/userinfo/passkeys", { passkey: answer }, iPhone);
    assert.equal(added.status, 201, added.text);
    const [listed] = (await browser.get("/userinfo/passkeys")).json.passkeys;
    assert.equal(listed.name, "iPhone · iCloud Keychain");
    assert.equal(listed.backed_up, true);
    assert.equal(listed.last_used_at, null);
    assert.equal((await signInWith(passkey, new Browser(service))).status, 200);
    const removed = await browser.send("DELETE", `/userinfo/passkeys/${listed.id}`);
    assert.equal(removed.status, 200, removed.text);
    assert.deepEqual(removed.json.signal.allAcceptedCredentialIds, []);
    assert.equal((await signInWith(passkey, new Browser(service))).status, 401);
    assert.equal((await browser.send("DELETE", `/userinfo/passkeys/${listed.id}`)).status, 404);
  });

  testOn(stack, "an assertion works once, also when it is sent twice at once", async (service) => {
    const passkey = await joinWithPasskey(new Browser(service), "hong");
    const options = await new Browser(service).send("POST", "/login/passkey/options", {});
    const body = { passkey: get(passkey, options.json, service.origin) };
    const tries = [1, 2, 3, 4].map(() => new Browser(service).send("POST", "/login/passkey", body));
    const statuses = (await Promise.all(tries)).map(({ status }) => status).sort();
    assert.deepEqual(statuses, [200, 401, 401, 401]);
    const late = await new Browser(service).send("POST", "/login/passkey", body);
    assert.equal(late.status, 401);
    assert.equal((await service.sql("SELECT id FROM sessions")).length, 1);
  });
}

Deno.test("the options ask for a discoverable passkey with user verification and no attestation", async () => {
  await withApp({}, async (app) => {
    const browser = new Browser(app);
    const { json } = await browser.send("POST", "/register/passkey/options", names("hong"));
    assert.deepEqual(json.rp, { id: "members.example", name: "Annyeong" });
    assert.equal(json.attestation, "none");
    assert.deepEqual(json.authenticatorSelection, {
      residentKey: "required",
      requireResidentKey: true,
      userVerification: "required",
    });
    assert.deepEqual(json.user, { id: json.user.id, name: "hong", displayName: "hong" });
    assert.equal(json.user.id.length, 43, "the handle is 256 random bits");
    const login = (await browser.send("POST", "/login/passkey/options", {})).json;
    assert.deepEqual([login.rpId, login.userVerification], ["members.example", "required"]);
    assert.equal("allowCredentials" in login, false);
    assert.notEqual(login.challenge, json.challenge);
    const rows = await app.sql("SELECT * FROM passkey_challenges");
    assert.ok(!JSON.stringify(rows).includes(login.challenge), "only its hash is stored");
  });
});

const lies: [string, Lies][] = [
  ["another type", { type: "webauthn.other" }],
  ["another challenge", { challenge: "A".repeat(43) }],
  ["another origin", { origin: "https://evil.example" }],
  ["a sibling's origin", { origin: "https://shop.members.example" }],
  ["another port", { origin: "https://members.example:8443" }],
  ["a frame of another site", { crossOrigin: true }],
  ["a top origin", { topOrigin: "https://evil.example" }],
  ["another relying party", { rpId: "evil.example" }],
  ["a user who is not present", { userPresent: false }],
  ["a user who is not verified", { userVerified: false }],
  ["a backup of what cannot be backed up", { backupEligible: false, backedUp: true }],
];

Deno.test("a registration that says anything wrong is refused, and adds nobody", async () => {
  await withApp({}, async (app) => {
    for (const [name, lie] of lies) {
      const browser = new Browser(app);
      const options = await browser.send("POST", "/register/passkey/options", names("hong"));
      const { answer } = create(options.json, app.origin, lie);
      const refused = await browser.send("POST", "/register", {
        ...names("hong"),
        passkey: answer,
      });
      assert.equal(refused.status, 400, name);
      assert.ok(refused.json.fields.passkey, name);
    }
    assert.equal((await app.sql("SELECT id FROM users")).length, 0);
  });
});

Deno.test("an assertion that says anything wrong opens nothing", async () => {
  await withApp({ env: { THROTTLE_SCALE: "1000" } }, async (app) => {
    const passkey = await joinWithPasskey(new Browser(app), "hong");
    const eligible = await joinWithPasskey(new Browser(app), "kim", { backupEligible: true });
    const more: [string, Lies][] = [
      ...lies,
      ["no user handle", { userHandle: null }],
      ["another user handle", { userHandle: eligible.userHandle }],
      ["a backup that was not possible", { backupEligible: true }],
    ];
    for (const [name, lie] of more) {
      const refused = await signInWith(passkey, new Browser(app), lie);
      assert.deepEqual([refused.status, refused.json.code], [401, "invalid_credentials"], name);
      assert.equal(refused.json.unknown_passkey, undefined, name);
    }
    const foreign = { ...passkey, privateKey: eligible.privateKey };
    assert.equal((await signInWith(foreign, new Browser(app))).status, 401, "another key");
    assert.equal((await app.sql("SELECT id FROM sessions")).length, 0);
    assert.equal((await signInWith(passkey, new Browser(app))).status, 200);
  });
});

Deno.test("a challenge works for five minutes", async () => {
  await withApp({}, async (app) => {
    const passkey = await joinWithPasskey(new Browser(app), "hong");
    const options = (await new Browser(app).send("POST", "/login/passkey/options", {})).json;
    assert.equal(options.timeout, 5 * minute);
    app.clock.pass(5 * minute);
    const body = { passkey: get(passkey, options, app.origin) };
    const late = await new Browser(app).send("POST", "/login/passkey", body);
    assert.equal(late.status, 401);
    assert.match(late.json.error, /시간이 지났/);
  });
});

Deno.test("a challenge serves only the purpose, the session and the names that it was issued for", async () => {
  await withApp({}, async (app) => {
    const browser = new Browser(app);
    const passkey = await joinWithPasskey(browser, "hong");
    await signInWith(passkey, browser);
    const other = new Browser(app);
    await signInWith(passkey, other);

    const login = (await browser.send("POST", "/login/passkey/options", {})).json;
    const confirm = (await browser.send("POST", "/confirmation/passkey/options", {})).json;
    const add = (await browser.send("POST", "/userinfo/passkeys/options", {})).json;
    const asked = names("kim");
    const register = (await browser.send("POST", "/register/passkey/options", asked)).json;
    const sign = (options: unknown) => ({ passkey: get(passkey, options, app.origin) });
    const make = (options: object) => ({
      passkey: create({ ...register, ...options }, app.origin).answer,
    });

    for (const options of [confirm, add, register]) {
      assert.equal((await browser.send("POST", "/login/passkey", sign(options))).status, 401);
    }
    for (const options of [login, add, register]) {
      const answer = await browser.send("POST", "/confirmation/passkey", sign(options));
      assert.deepEqual([answer.status, answer.json.code], [403, "confirmation_failed"]);
      assert.equal((await browser.send("DELETE", "/withdrawal", sign(options))).status, 403);
    }
    for (const options of [login, confirm, register]) {
      assert.equal((await browser.send("POST", "/userinfo/passkeys", make(options))).status, 400);
    }
    for (const options of [login, confirm, add]) {
      const answer = await browser.send("POST", "/register", { ...asked, ...make(options) });
      assert.equal(answer.status, 400);
    }
    assert.equal((await other.send("POST", "/confirmation/passkey", sign(confirm))).status, 403);
    assert.equal((await other.send("DELETE", "/withdrawal", sign(confirm))).status, 403);
    assert.equal((await other.send("POST", "/userinfo/passkeys", make(add))).status, 400);
    const renamed = { ...names("lee"), ...make({}) };
    assert.equal((await browser.send("POST", "/register", renamed)).status, 400);
    const moved = { user_id: "kim", email: "lee@example.com", ...make({}) };
    assert.equal((await browser.send("POST", "/register", moved)).status, 400);

    assert.equal((await browser.send("POST", "/confirmation/passkey", sign(confirm))).status, 200);
    assert.equal((await browser.send("POST", "/userinfo/passkeys", make(add))).status, 201);
    assert.equal((await browser.send("POST", "/register", { ...asked, ...make({}) })).status, 201);
  });
});

Deno.test("a registration with a passkey works once, and a form that is sent twice succeeds twice", async () => {
  await withApp({}, async (app) => {
    const browser = new Browser(app);
    const options = await browser.send("POST", "/register/passkey/options", names("hong"));
    const { answer } = create(options.json, app.origin);
    const body = { ...names("hong"), passkey: answer, once: "0123456789012345678901" };
    assert.equal((await browser.send("POST", "/register", body)).status, 201);
    assert.equal((await browser.send("POST", "/register", body)).status, 201);
    const { once: _, ...replay } = body;
    assert.equal((await browser.send("POST", "/register", replay)).status, 409);
    const kim = { ...names("kim"), passkey: answer };
    assert.equal((await browser.send("POST", "/register", kim)).status, 400);
    assert.equal((await app.sql("SELECT id FROM users")).length, 1);
  });
});

Deno.test("a passkey belongs to one member", async () => {
  await withApp({}, async (app) => {
    const passkey = await joinWithPasskey(new Browser(app), "hong");
    const options = await new Browser(app).send("POST", "/register/passkey/options", names("kim"));
    const { answer } = create(options.json, app.origin, { id: passkey.id });
    const joined = await new Browser(app).send("POST", "/register", {
      ...names("kim"),
      passkey: answer,
    });
    assert.deepEqual([joined.status, joined.json.code], [409, "conflict"]);
    const lee = await newMember(app, "lee");
    const more = await lee.send("POST", "/userinfo/passkeys/options", {});
    const copy = create(more.json, app.origin, { id: passkey.id });
    const added = await lee.send("POST", "/userinfo/passkeys", { passkey: copy.answer });
    assert.deepEqual([added.status, added.json.code], [409, "conflict"]);
    assert.equal((await app.sql("SELECT id FROM users WHERE name = 'kim'")).length, 0);
    assert.equal((await app.sql("SELECT id FROM passkeys")).length, 1);
  });
});

Deno.test("all passkeys of a member have one handle, and a new one excludes the others", async () => {
  await withApp({}, async (app) => {
    const browser = new Browser(app);
    const first = await joinWithPasskey(browser, "hong");
    await signInWith(first, browser);
    const options = (await browser.send("POST", "/userinfo/passkeys/options", {})).json;
    assert.equal(options.user.id, first.userHandle);
    assert.deepEqual(options.excludeCredentials, [
      { type: "public-key", id: first.id, transports: ["internal"] },
    ]);
    const { passkey, answer } = create(options, app.origin);
    const body = { name: "  열쇠고리 ", passkey: answer };
    const added = await browser.send("POST", "/userinfo/passkeys", body);
    assert.equal(added.json.passkey.name, "열쇠고리");
    assert.equal((await signInWith(passkey, new Browser(app))).json.member.user_id, "hong");
    const ids = await app.sql("SELECT id, user_handle FROM passkeys JOIN users USING (id)");
    assert.deepEqual(ids, [], "the handle is no id of the member");
  });
});

Deno.test("adding and removing passkeys needs a fresh session", async () => {
  await withApp({}, async (app) => {
    const browser = new Browser(app);
    const passkey = await joinWithPasskey(browser, "hong");
    await signInWith(passkey, browser);
    const options = (await browser.send("POST", "/userinfo/passkeys/options", {})).json;
    const [{ id }] = (await browser.get("/userinfo/passkeys")).json.passkeys;
    app.clock.pass(10 * minute - 1000);
    const late = (await browser.send("POST", "/userinfo/passkeys/options", {})).json;
    app.clock.pass(2000);
    const required = [403, "confirmation_required"];
    for (
      const [method, path, body] of [
        ["POST", "/userinfo/passkeys/options", {}],
        ["POST", "/userinfo/passkeys", { passkey: create(late, app.origin).answer }],
        ["DELETE", `/userinfo/passkeys/${id}`, undefined],
        ["POST", `/userinfo/passkeys/${id}`, undefined],
      ] as const
    ) {
      const answer = await browser.send(method, path, body);
      assert.deepEqual([answer.status, answer.json.code], required, `${method} ${path}`);
    }
    assert.ok(options.challenge);
    assert.equal((await confirmWith(passkey, browser)).status, 200);
    const { answer } = create(late, app.origin);
    const added = await browser.send("POST", "/userinfo/passkeys", { passkey: answer });
    assert.equal(added.status, 201, "the challenge stays with the session when its secret changes");
  });
});

Deno.test("the last credential cannot be removed, also not by two requests at once", async () => {
  await withApp({}, async (app) => {
    const browser = new Browser(app);
    const passkey = await joinWithPasskey(browser, "hong");
    await signInWith(passkey, browser);
    const list = async () => (await browser.get("/userinfo/passkeys")).json.passkeys;
    const [{ id }] = await list();
    const last = await browser.send("DELETE", `/userinfo/passkeys/${id}`);
    assert.deepEqual([last.status, last.json.code], [409, "last_credential"]);

    const options = (await browser.send("POST", "/userinfo/passkeys/options", {})).json;
    const { answer } = create(options, app.origin);
    await browser.send("POST", "/userinfo/passkeys", { passkey: answer });
    const both = (await list()).map(({ id }: { id: string }) =>
      browser.copy().send("DELETE", `/userinfo/passkeys/${id}`)
    );
    const statuses = (await Promise.all(both)).map(({ status }) => status).sort();
    assert.deepEqual(statuses, [200, 409]);
    assert.equal((await list()).length, 1);
  });
});

Deno.test("a member does not see or remove the passkeys of another", async () => {
  await withApp({}, async (app) => {
    const hong = new Browser(app);
    await signInWith(await joinWithPasskey(hong, "hong"), hong);
    const kim = await newMember(app, "kim");
    const [{ id }] = (await hong.get("/userinfo/passkeys")).json.passkeys;
    assert.deepEqual((await kim.get("/userinfo/passkeys")).json.passkeys, []);
    assert.equal((await kim.send("DELETE", `/userinfo/passkeys/${id}`)).status, 404);
    assert.equal((await new Browser(app).get("/userinfo/passkeys")).status, 401);
  });
});

Deno.test("one member's passkey confirms nothing in the session of another", async () => {
  await withApp({}, async (app) => {
    const hong = await newMember(app, "hong");
    const passkey = await joinWithPasskey(new Browser(app), "kim");
    const options = await hong.send("POST", "/confirmation/passkey/options", {});
    assert.deepEqual([options.status, options.json.code], [409, "conflict"]);
    const own = (await hong.send("POST", "/userinfo/passkeys/options", {})).json;
    const { answer } = create(own, app.origin);
    await hong.send("POST", "/userinfo/passkeys", { passkey: answer });
    const asked = (await hong.send("POST", "/confirmation/passkey/options", {})).json;
    const body = { passkey: get(passkey, asked, app.origin) };
    assert.equal((await hong.send("POST", "/confirmation/passkey", body)).status, 403);
    assert.equal((await hong.send("DELETE", "/withdrawal", body)).status, 403);
  });
});

Deno.test("a passkey that is removed during a ceremony opens nothing", async () => {
  await withApp({}, async (app) => {
    const browser = await newMember(app, "hong");
    const add = (await browser.send("POST", "/userinfo/passkeys/options", {})).json;
    const { passkey, answer } = create(add, app.origin);
    await browser.send("POST", "/userinfo/passkeys", { passkey: answer });
    const login = (await browser.send("POST", "/login/passkey/options", {})).json;
    const confirm = (await browser.send("POST", "/confirmation/passkey/options", {})).json;
    const [{ id }] = (await browser.get("/userinfo/passkeys")).json.passkeys;
    await browser.send("DELETE", `/userinfo/passkeys/${id}`);
    const sign = (options: unknown) => ({ passkey: get(passkey, options, app.origin) });
    const signIn = await new Browser(app).send("POST", "/login/passkey", sign(login));
    assert.deepEqual([signIn.status, signIn.json.unknown_passkey], [401, true]);
    assert.equal((await browser.send("POST", "/confirmation/passkey", sign(confirm))).status, 403);
    assert.equal((await browser.send("DELETE", "/withdrawal", sign(confirm))).status, 403);
    assert.equal((await browser.get("/userinfo")).status, 200);
  });
});

Deno.test("a counter that goes back is accepted and never lowered", async () => {
  await withApp({}, async (app) => {
    const passkey = await joinWithPasskey(new Browser(app), "hong", { counter: 5 });
    assert.equal((await signInWith(passkey, new Browser(app), { counter: 9 })).status, 200);
    assert.equal((await signInWith(passkey, new Browser(app), { counter: 3 })).status, 200);
    const [row] = await app.sql("SELECT counter FROM passkeys");
    assert.equal(row!.counter, 9);
  });
});

Deno.test("a member without a password can leave under every WITHDRAWAL_CONFIRM", async () => {
  for (const WITHDRAWAL_CONFIRM of ["session", "fresh", "password", "phrase"]) {
    await withApp({ env: { WITHDRAWAL_CONFIRM } }, async (app) => {
      const browser = new Browser(app);
      const passkey = await joinWithPasskey(browser, "hong");
      await signInWith(passkey, browser);
      app.clock.pass(11 * minute);
      const options = (await browser.send("POST", "/confirmation/passkey/options", {})).json;
      const body = { passkey: get(passkey, options, app.origin), phrase: "delete" };
      const left = await browser.send("POST", "/withdrawal", body);
      assert.equal(left.status, 200, WITHDRAWAL_CONFIRM);
    });
  }
});

Deno.test("a member without a password sets one in a fresh session, and then has two ways in", async () => {
  await withApp({}, async (app) => {
    const browser = new Browser(app);
    const passkey = await joinWithPasskey(browser, "hong");
    await signInWith(passkey, browser);
    app.clock.pass(11 * minute);
    const body = { password: goodPassword };
    const stale = await browser.send("POST", "/userinfo/password", body);
    assert.deepEqual([stale.status, stale.json.code], [403, "confirmation_required"]);
    await confirmWith(passkey, browser);
    assert.equal((await browser.send("POST", "/userinfo/password", body)).status, 200);
    const login = { user_id: "hong", ...body };
    assert.equal((await new Browser(app).send("POST", "/login", login)).status, 200);
    assert.deepEqual((await browser.get("/withdrawal")).json.confirm_with, ["passkey", "password"]);
    const [{ id }] = (await browser.get("/userinfo/passkeys")).json.passkeys;
    assert.equal((await browser.send("DELETE", `/userinfo/passkeys/${id}`)).status, 200);
  });
});

Deno.test("a body gives a password or a passkey, not both and not none", async () => {
  await withApp({}, async (app) => {
    const browser = new Browser(app);
    const options = await browser.send("POST", "/register/passkey/options", names("hong"));
    const { answer } = create(options.json, app.origin);
    const post = (body: object) => browser.send("POST", "/register", { ...names("hong"), ...body });
    assert.deepEqual(Object.keys((await post({})).json.fields), ["password"]);
    const both = await post({ password: goodPassword, passkey: answer });
    assert.deepEqual(Object.keys(both.json.fields), ["passkey"]);
    for (const passkey of ["{}", "no JSON", 5, [], { ...answer, id: "!" }]) {
      assert.deepEqual(Object.keys((await post({ passkey })).json.fields), ["passkey"]);
    }
    const text = await post({ passkey: JSON.stringify(answer) });
    assert.equal(text.status, 201, "a form sends it as text");
  });
});

Deno.test("strangers cannot fill the table of challenges, and the sweep empties it", async () => {
  await withApp({ env: { THROTTLE_SCALE: "0.01" } }, async (app) => {
    const statuses: number[] = [];
    for (let n = 0; n < 5; n++) {
      statuses.push((await new Browser(app).send("POST", "/login/passkey/options", {})).status);
    }
    assert.deepEqual(statuses, [200, 200, 200, 429, 429]);
    assert.equal((await app.sql("SELECT id FROM passkey_challenges")).length, 3);
    app.clock.pass(5 * minute);
    const { runJobs } = await import("../../jobs/mod.ts");
    await runJobs(app.services);
    assert.equal((await app.sql("SELECT id FROM passkey_challenges")).length, 0);
  });
});

Deno.test("a member is told by mail that a passkey was added, removed, or has a counter that went back", async () => {
  const env = { MAIL_URL: "app:", MAIL_FROM: "Haru Tea <members@haru.example>" };
  await withApp({ env }, async (app) => {
    const kinds = async () =>
      (await app.sql("SELECT type FROM outbox WHERE channel = 'mail' ORDER BY position"))
        .map(({ type }) => type).filter((type) => String(type).startsWith("passkey"));
    const browser = await newMember(app, "hong");
    const options = (await browser.send("POST", "/userinfo/passkeys/options", {})).json;
    const { passkey, answer } = create(options, app.origin, { counter: 5 });
    const added = await browser.send("POST", "/userinfo/passkeys", { passkey: answer });
    assert.deepEqual(await kinds(), ["passkey_added"]);
    const logged = await captureLog(async () => {
      assert.equal((await signInWith(passkey, new Browser(app), { counter: 4 })).status, 200);
    });
    assert.match(logged, /signature counter of a passkey did not go up/);
    assert.ok(!logged.includes("hong"), "without the member's name");
    assert.deepEqual(await kinds(), ["passkey_added", "passkey_counter"]);
    const path = `/userinfo/passkeys/${added.json.passkey.id}`;
    assert.equal((await browser.send("DELETE", path)).status, 200);
    assert.equal((await browser.send("DELETE", path)).status, 404);
    assert.deepEqual(await kinds(), ["passkey_added", "passkey_counter", "passkey_removed"]);
  });
});

Deno.test("the export shows a member's passkeys without their keys, and leaving destroys them", async () => {
  await withApp({}, async (app) => {
    const browser = new Browser(app);
    const passkey = await joinWithPasskey(browser, "hong");
    await signInWith(passkey, browser);
    const { json, text } = await browser.get("/userinfo/export");
    const [shown] = json.tables.passkeys;
    assert.deepEqual(Object.keys(shown), ["name", "created_at", "last_used_at", "backed_up"]);
    const [stored] = await app.sql("SELECT hex(public_key) AS key FROM passkeys");
    for (const secret of [passkey.id, passkey.userHandle, String(stored!.key)]) {
      assert.ok(!text.includes(secret));
    }
    assert.equal((await browser.send("DELETE", "/withdrawal")).status, 200);
    const left = JSON.stringify([...(await dump(app)).values()]);
    for (const trace of [passkey.id, passkey.userHandle]) assert.ok(!left.includes(trace));
  });
});

Deno.test("a removed passkey is gone from the file and its log when the answer is given", async () => {
  await withApp({}, async (app) => {
    const browser = await newMember(app, "hong");
    const options = await browser.send("POST", "/userinfo/passkeys/options", {});
    const { passkey, answer } = create(options.json, app.origin);
    const added = await browser.send("POST", "/userinfo/passkeys", { passkey: answer });
    const removed = await browser.send("DELETE", `/userinfo/passkeys/${added.json.passkey.id}`);
    assert.equal(removed.status, 200);
    for (const { name } of Deno.readDirSync(app.folder)) {
      const bytes = Buffer.from(Deno.readFileSync(`${app.folder}/${name}`));
      assert.equal(bytes.indexOf(passkey.id), -1, name);
    }
  });
});

Deno.test("a ceremony that was not finished leaves no handle of a member who has left", async () => {
  await withApp({}, async (app) => {
    const browser = new Browser(app);
    const passkey = await joinWithPasskey(browser, "hong");
    await signInWith(passkey, browser);
    const begun = (await browser.send("POST", "/userinfo/passkeys/options", {})).json;
    assert.equal(begun.user.id, passkey.userHandle);
    assert.equal((await browser.send("DELETE", "/withdrawal")).status, 200);
    const rows = [...(await dump(app)).values()].flat();
    assert.ok(!rows.join().includes(passkey.userHandle));
  });
});

Deno.test("leaving by a link answers the signal, too, and a grace period answers none", async () => {
  await withApp({}, async (app) => {
    const passkey = await joinWithPasskey(new Browser(app), "hong");
    const [{ id }] = await app.sql("SELECT id FROM users") as unknown as [{ id: string }];
    const path = await recoveryPath(app, id);
    const { json } = await new Browser(app).send("POST", `${path}/withdrawal`);
    assert.deepEqual(json.signal, {
      rpId: "members.example",
      userId: passkey.userHandle,
      allAcceptedCredentialIds: [],
    });
  });
  await withApp({ env: { WITHDRAWAL_GRACE_DAYS: "7" } }, async (app) => {
    const browser = new Browser(app);
    const passkey = await joinWithPasskey(browser, "hong");
    await signInWith(passkey, browser);
    const left = await browser.send("DELETE", "/withdrawal");
    assert.deepEqual([left.status, left.json.signal], [202, undefined]);
    const back = await signInWith(passkey, browser);
    assert.ok(back.json.withdrawal.erase_at, "the passkey leads back");
    assert.equal((await browser.send("POST", "/restoration")).status, 200);
  });
});
