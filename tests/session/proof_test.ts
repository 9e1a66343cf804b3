/** A proof is checked by the database at the moment of acting. */
import assert from "node:assert/strict";
import { sealKeys, secretHash } from "../../crypto/tokens.ts";
import { freshenSession, openSession } from "../../db/session/sessions.ts";
import type { Proof } from "../../domain/proof.ts";
import { makeSession } from "../../actions/make_session.ts";
import { newId, newSecret } from "../../crypto/tokens.ts";
import {
  Browser,
  goodPassword,
  minute,
  newMember,
  type TestApp,
  withApp,
} from "../support/harness.ts";

const attempt = { id: newId(), subjects: [] };

async function opens(app: TestApp, proof: Proof): Promise<boolean> {
  const session = makeSession(app.services, "", app.clock.now());
  const opening = { session, proof, attempt, account: "a", client: "c" };
  const opened = await openSession(app.db, { ...opening, previousSecret: null, also: [] });
  return opened !== null;
}

Deno.test("each kind of proof opens a session only while its credential is stored", async () => {
  await withApp({}, async (app) => {
    await newMember(app, "hong");
    const [{ id, hash }] = await app.sql(
      "SELECT id, hash FROM users JOIN passwords ON user_id = id",
    ) as unknown as [{ id: string; hash: string }];
    const now = app.clock.now();
    const publicKey = new Uint8Array([1, 2, 3]);
    await app.sql(
      "INSERT INTO passkeys VALUES ('p', ?, 'h', 'cred', ?, 0, '[]', 'a', 0, 'n', 0, 0, 0)",
      [
        ...[id, publicKey],
      ],
    );
    await app.sql("INSERT INTO identities VALUES ('i', 'https://id.example', 's', ?, 'corp', 0)", [
      id,
    ]);
    const token = newSecret();
    await app.sql("INSERT INTO links VALUES ('l', 'recovery', ?, ?, 0, ?, NULL, NULL)", [
      ...[id, secretHash(token), now + minute],
    ]);
    const challenge = newSecret();
    await app.sql("INSERT INTO passkey_challenges VALUES (?, 'sign_in', NULL, NULL, ?, NULL)", [
      ...[secretHash(challenge), now + minute],
    ]);
    const use = { challenge, purpose: "sign_in", counter: 0, backedUp: false, at: now } as const;
    const proofs: [Proof, Proof, string][] = [
      [
        { by: "password", memberId: id, hash },
        { by: "password", memberId: id, hash: `${hash}x` },
        "DELETE FROM passwords",
      ],
      [
        { by: "passkey", credentialId: "cred", publicKey, use },
        { by: "passkey", credentialId: "cred", publicKey: new Uint8Array([1, 2, 4]), use },
        "DELETE FROM passkeys",
      ],
      [
        { by: "provider", issuer: "https://id.example", subject: "s" },
        { by: "provider", issuer: "https://other.example", subject: "s" },
        "DELETE FROM identities",
      ],
      [
        { by: "link", purpose: "recovery", token },
        { by: "link", purpose: "verification", token },
        "UPDATE links SET used_by = 'x'",
      ],
      [
        { by: "operator", memberId: id },
        { by: "operator", memberId: "nobody" },
        "DELETE FROM users",
      ],
    ];
    for (const [right, wrong, removed] of proofs) {
      await app.sql("UPDATE passkey_challenges SET used_by = NULL");
      assert.equal(await opens(app, wrong), false, `a wrong ${right.by}`);
      await app.sql("UPDATE passkey_challenges SET used_by = NULL");
      assert.equal(await opens(app, right), true, right.by);
      await app.sql(removed);
      await app.sql("UPDATE passkey_challenges SET used_by = NULL");
      assert.equal(await opens(app, right), false, `a ${right.by} that was removed`);
    }
  });
});

Deno.test("a confirmation makes an old session fresh and replaces its secret", async () => {
  await withApp({}, async (app) => {
    const member = await newMember(app, "hong");
    const stolen = member.copy();
    app.clock.pass(11 * minute);
    assert.equal((await member.send("DELETE", "/withdrawal")).json.code, "confirmation_required");
    const wrong = await member.send("POST", "/confirmation", { password: "wrong" });
    assert.deepEqual([wrong.status, wrong.json.code], [403, "confirmation_failed"]);
    const right = await member.send("POST", "/confirmation", { password: goodPassword });
    assert.deepEqual([right.status, right.json], [200, { message: "확인되었습니다." }]);
    assert.equal((await stolen.get("/userinfo")).status, 401, "the old secret is worthless");
    assert.equal((await member.send("DELETE", "/withdrawal")).status, 200);
  });
});

Deno.test("POST /confirmation is refused without a session, and while a withdrawal is pending", async () => {
  await withApp({ env: { WITHDRAWAL_GRACE_DAYS: "7" } }, async (app) => {
    const member = await newMember(app, "hong");
    await member.send("DELETE", "/withdrawal");
    await member.send("POST", "/login", { user_id: "hong", password: goodPassword });
    const body = { password: goodPassword };
    assert.equal(
      (await member.send("POST", "/confirmation", body)).json.code,
      "withdrawal_pending",
    );
    assert.equal((await new Browser(app).send("POST", "/confirmation", body)).status, 401);
  });
});

Deno.test("a proof of one member does not freshen the session of another", async () => {
  await withApp({}, async (app) => {
    const hong = await newMember(app, "hong");
    await newMember(app, "kim");
    const [{ id, hash }] = await app.sql(
      "SELECT id, hash FROM users JOIN passwords ON user_id = id WHERE name = 'kim'",
    ) as unknown as [{ id: string; hash: string }];
    const [{ secret_hash }] = await app.sql(
      "SELECT secret_hash FROM sessions JOIN users ON users.id = user_id WHERE name = 'hong'",
    ) as unknown as [{ secret_hash: string }];
    assert.ok(secret_hash);
    const { decrypt } = await import("hono-sessions");
    const key = sealKeys(app.services.config.sessionSecrets[0]!) as never;
    const { secret } = JSON.parse(await decrypt(key, hong.session![1]) as string);
    const freshening = { secret, newSecret: newSecret(), attempt, now: app.clock.now() };
    const proof: Proof = { by: "password", memberId: id, hash };
    assert.equal(await freshenSession(app.db, { ...freshening, proof }), false);
    assert.equal((await hong.get("/userinfo")).status, 200);
  });
});

Deno.test("GET /withdrawal says what the member can confirm with, strongest first", async () => {
  const corp = {
    ...{ kind: "oidc", name: "corp", label: { ko: "회사", en: "Corp" } },
    ...{ issuer: "http://127.0.0.1:9", client_id: "annyeong", client_secret: "secret" },
  };
  await withApp({ env: { PROVIDERS: JSON.stringify([corp]) } }, async (app) => {
    const member = await newMember(app, "hong");
    assert.deepEqual((await member.get("/withdrawal")).json.confirm_with, ["password"]);
    const [{ id }] = await app.sql("SELECT id FROM users") as unknown as [{ id: string }];
    await app.sql(
      "INSERT INTO passkeys VALUES ('p', ?, 'h', 'c', x'01', 0, '[]', 'a', 0, 'n', 0, 0, 0)",
      [
        id,
      ],
    );
    await app.sql("INSERT INTO identities VALUES ('i', 'https://id.example', 's', ?, 'corp', 0)", [
      id,
    ]);
    assert.deepEqual((await member.get("/withdrawal")).json.confirm_with, [
      ...["passkey", "password", "corp"],
    ]);
  });
});
