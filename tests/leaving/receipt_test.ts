import assert from "node:assert/strict";
import { createPublicKey, verify } from "node:crypto";
import { compactVerify, createLocalJWKSet, decodeProtectedHeader } from "jose";
import { createApp } from "../../app.ts";
import { freshSecrets } from "../../config/mod.ts";
import { openReceiptKeys } from "../../crypto/receipt_keys.ts";
import { storageDocument } from "../../tools/storage.ts";
import { Browser, newMember, openApp, signIn, testConfig, withApp } from "../support/harness.ts";
import { fillShop, shopMap, shopTables } from "../support/shop.ts";

const shop = { map: shopMap, tables: shopTables };
const recipients = JSON.stringify([
  {
    name: "mailer",
    kind: "processor",
    url: "https://mail.example",
    secret: `whsec_${"A".repeat(32)}`,
  },
  {
    name: "insurer",
    kind: "third_party",
    url: "https://ins.example",
    secret: `whsec_${"B".repeat(32)}`,
  },
]);

Deno.test("a receipt verifies with the published key outside our library, and not when one byte changed", async () => {
  await withApp({ ...shop, env: { RECIPIENTS: recipients, BACKUP_DAYS: "35" } }, async (app) => {
    const hong = await newMember(app, "hong");
    await fillShop(app, "hong", "markhong");
    const left = (await hong.send("DELETE", "/withdrawal")).json;
    const jwks = (await new Browser(app).get("/.well-known/jwks.json")).json;
    assert.deepEqual(Object.keys(jwks.keys[0]).toSorted(), [
      "alg",
      "crv",
      "kid",
      "kty",
      "use",
      "x",
    ]);

    const [header, payload, signature] = left.receipt.split(".");
    const key = createPublicKey({ key: jwks.keys[0], format: "jwk" }); // OpenSSL, not our JOSE library
    const signed = new TextEncoder().encode(`${header}.${payload}`);
    const bytes = Uint8Array.fromBase64(signature, { alphabet: "base64url" });
    assert.equal(verify(null, signed, key, bytes), true);
    for (let at = 0; at < signed.length; at += 97) {
      const changed = signed.slice();
      changed[at]! ^= 1;
      assert.equal(verify(null, changed, key, bytes), false);
    }

    assert.deepEqual(decodeProtectedHeader(left.receipt), {
      alg: "EdDSA",
      typ: "erasure-receipt+jwt",
      kid: jwks.keys[0].kid,
    });
    const claims = JSON.parse(
      new TextDecoder().decode(Uint8Array.fromBase64(payload, { alphabet: "base64url" })),
    );
    assert.equal(claims.iss, "https://members.example");
    assert.equal(claims.jti, left.receipt_id);
    assert.equal(claims.iat, Math.floor(app.clock.now() / 1000));
    assert.equal(claims.remaining, 0);
    assert.equal(claims.backup_days, 35);
    assert.deepEqual(claims.recipients, ["mailer", "insurer"]);
    assert.deepEqual(
      claims.kept.map(({ count, until }: { count: number; until: string }) => [count, until]),
      [
        [1, "2030-03-01T09:00:00.000Z"],
      ],
    );
    assert.equal(claims.kept[0].ground.kind, "law");
    assert.ok(!JSON.stringify(claims).includes("hong"));
  });
});

Deno.test("GET /receipts/:id shows the receipt without sign-in, in both languages, and identifies nobody", async () => {
  await withApp({ ...shop, env: { RECIPIENTS: recipients } }, async (app) => {
    const hong = await newMember(app, "hong");
    const id = await fillShop(app, "hong", "markhong");
    const left = (await hong.send("DELETE", "/withdrawal")).json;
    const found = await new Browser(app).get(`/receipts/${left.receipt_id}`);
    assert.equal(found.status, 200);
    assert.equal(found.headers.get("Cache-Control"), "no-store");
    assert.ok(!found.text.includes("hong") && !found.text.includes(id));
    assert.equal(found.json.receipt, left.receipt);
    assert.equal(found.json.erased_at, left.erased_at);
    const counts = Object.fromEntries(
      found.json.destroyed.map(({ what, count }: { what: string; count: number }) => [what, count]),
    );
    assert.deepEqual(counts, {
      "회원 정보": 1,
      "로그인된 기기": 1,
      "동의 기록": 0,
      "로그인 기록": 1,
      "탈퇴 신청": 0,
      "비밀번호": 1,
      "패스키": 0,
      "다른 서비스에서 한 본인 확인(암호화된 토큰 포함)": 0,
      "연결된 로그인 서비스": 0,
      "회원에게 보낸 링크": 0,
      "회원에게 보내는 메일": 0,
      "장바구니": 1,
      "장바구니 상품": 1,
      "상품 메모": 1,
      "팔로우": 2,
      "프로필": 1,
      "주문": 1, // past its period, so not kept
      "주문 상품": 1,
    });
    assert.deepEqual(found.json.recipients, [
      { name: "mailer", kind: "processor", status: "waiting", confirmed_at: null },
      { name: "insurer", kind: "third_party", status: "waiting", confirmed_at: null },
    ]);
    const english = (await new Browser(app).get(`/receipts/${left.receipt_id}?lang=en`)).json;
    assert.equal(english.destroyed[0].what, "Member record");
    assert.equal(english.receipt, left.receipt, "the signed text is one in every language");
    for (const wrong of ["x", `${left.receipt_id}x`, "../etc", "AAAAAAAAAAAAAAAAAAAAAA"]) {
      assert.equal((await new Browser(app).get(`/receipts/${wrong}`)).status, 404);
    }
  });
});

Deno.test("each withdrawal writes an event for each recipient, with nothing personal in it", async () => {
  await withApp({ env: { RECIPIENTS: recipients, WITHDRAWAL_GRACE_DAYS: "1" } }, async (app) => {
    const hong = await newMember(app, "hong");
    const [{ id }] = await app.sql("SELECT id FROM users") as unknown as [{ id: string }];
    await hong.send("DELETE", "/withdrawal");
    const back = await signIn(app, "hong");
    await back.send("POST", "/restoration");
    await (await signIn(app, "hong")).send("DELETE", "/withdrawal");
    app.clock.pass(24 * 60 * 60_000);
    const { runJobs } = await import("../../jobs/mod.ts");
    await runJobs(app.services);
    const rows = await app.sql("SELECT * FROM outbox ORDER BY rowid");
    assert.deepEqual(rows.map(({ type, recipient }) => `${type} ${recipient}`), [
      "member.withdrawal_scheduled mailer",
      "member.withdrawal_scheduled insurer",
      "member.restored mailer",
      "member.restored insurer",
      "member.withdrawal_scheduled mailer",
      "member.withdrawal_scheduled insurer",
      "member.withdrawn mailer",
      "member.withdrawn insurer",
    ]);
    for (const row of rows) assert.equal(row.member_id, id);
    assert.ok(!JSON.stringify(rows).includes("hong"));
  });
});

Deno.test("after a rotation old receipts verify against the published keys, new ones are signed by the first", async () => {
  const [older, newer] = [
    JSON.parse((await freshSecrets("generated")).RECEIPT_PRIVATE_KEY),
    JSON.parse((await freshSecrets("generated")).RECEIPT_PRIVATE_KEY),
  ];
  const app = await openApp({ env: { RECEIPT_PRIVATE_KEY: JSON.stringify(older) } });
  const hong = await newMember(app, "hong");
  const { receipt, receipt_id } = (await hong.send("DELETE", "/withdrawal")).json;

  const config = testConfig({ RECEIPT_PRIVATE_KEY: JSON.stringify([newer, older]) });
  const receiptKeys = await openReceiptKeys(config.receiptKeys);
  const rotated = createApp({ ...app.services, config, receiptKeys });
  const browser = new Browser({ ...app, fetch: async (request) => await rotated.fetch(request) });
  const keys = createLocalJWKSet((await browser.get("/.well-known/jwks.json")).json);
  await compactVerify(receipt, keys);
  const now = (await browser.get(`/receipts/${receipt_id}`)).json.receipt;
  assert.equal(decodeProtectedHeader(now).kid, newer.kid);
  await compactVerify(now, keys);
  await app.close();
});

Deno.test("a receipt key without a kid signs and is published under its thumbprint", async () => {
  const { kid: _, ...key } = JSON.parse((await freshSecrets("production")).RECEIPT_PRIVATE_KEY);
  const retired = { kty: key.kty, crv: key.crv, x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" };
  const env = { RECEIPT_PRIVATE_KEY: JSON.stringify([key, retired]) };
  await withApp({ env }, async (app) => {
    const hong = await newMember(app, "hong");
    const { receipt } = (await hong.send("DELETE", "/withdrawal")).json;
    const jwks = (await hong.get("/.well-known/jwks.json")).json;
    assert.equal(decodeProtectedHeader(receipt).kid, jwks.keys[0].kid);
    assert.equal(jwks.keys[0].kid, await thumbprint(key.x));
    assert.equal(jwks.keys[1].kid, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"); // RFC 8037 A.3
    await compactVerify(receipt, createLocalJWKSet(jwks));
  });
});

/** RFC 7638 and RFC 8037 2: SHA-256 of the required members, in this order and without spaces. */
async function thumbprint(x: string): Promise<string> {
  const members = new TextEncoder().encode(`{"crv":"Ed25519","kty":"OKP","x":"${x}"}`);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", members));
  return digest.toBase64({ alphabet: "base64url", omitPadding: true });
}

Deno.test("an edit of the map changes nothing on an issued receipt", async () => {
  const app = await openApp(shop);
  const hong = await newMember(app, "hong");
  await fillShop(app, "hong", "markhong");
  const { receipt_id, receipt } = (await hong.send("DELETE", "/withdrawal")).json;
  const edited = await openApp({ env: { TURSO_DATABASE_URL: app.services.config.database.url } });
  assert.equal((await new Browser(edited).get(`/receipts/${receipt_id}`)).json.receipt, receipt);
  await edited.close();
  await app.close();
});

Deno.test("policy, preview and receipt say the same of one map, in both languages", async () => {
  for (const language of ["ko", "en"]) {
    await withApp({ ...shop, env: { BACKUP_DAYS: "35", REJOIN_BLOCK_DAYS: "30" } }, async (app) => {
      const hong = await newMember(app, "hong");
      await fillShop(app, "hong", "markhong");
      const policy = (await hong.get(`/policy?lang=${language}`)).json;
      const preview = (await hong.get(`/withdrawal?lang=${language}`)).json;
      const { receipt_id } = (await hong.send("DELETE", "/withdrawal")).json;
      const receipt = (await hong.get(`/receipts/${receipt_id}?lang=${language}`)).json;

      assert.deepEqual(preview.destroy, receipt.destroyed);
      assert.deepEqual(preview.anonymise, receipt.anonymised);
      assert.deepEqual(preview.keep, receipt.kept);
      assert.equal(preview.keep[0].until, "2030-03-01T09:00:00.000Z");
      for (const terms of [policy, preview]) {
        assert.deepEqual([terms.backup_days, terms.rejoin_block_days, terms.grace_days], [
          35,
          30,
          0,
        ]);
      }
      assert.equal(receipt.backup_days, 35);
      type Line = {
        what: string;
        on_withdrawal: string;
        ground?: { text: string };
        period?: object;
      };
      const of = (disposition: string) =>
        policy.stored.filter((line: Line) => line.on_withdrawal === disposition);
      const names = (lines: { what: string }[]) => lines.map(({ what }) => what);
      assert.deepEqual(names(of("anonymise")), names(preview.anonymise));
      assert.deepEqual(names(of("keep")), names(preview.keep));
      const kept = of("keep")[0];
      assert.deepEqual(kept.period, { years: 5 });
      assert.equal(kept.ground.text, preview.keep[0].ground);
      const written = await storageDocument(shopMap);
      const orders = written.split("\n### ").find((section) => section.startsWith("`orders`"))!;
      const law = shopMap.entries.find((entry) => entry.disposition === "keep")!.ground.en;
      assert.ok(orders.includes(`kept apart for 5 years: ${law}`), orders);
      for (const { what } of [...preview.destroy, ...preview.anonymise]) {
        assert.ok(written.includes(what), `${what} is in docs/storage.md's making`);
      }
      assert.deepEqual(
        new Set([...names(of("destroy")), ...names(of("keep")).slice(0, -1)]), // without the block
        new Set(names(preview.destroy)),
      );
    });
  }
});

Deno.test("a receipt key whose halves do not belong together stops the start", async () => {
  const [one, two] = [
    JSON.parse((await freshSecrets("generated")).RECEIPT_PRIVATE_KEY),
    JSON.parse((await freshSecrets("generated")).RECEIPT_PRIVATE_KEY),
  ];
  await openReceiptKeys([one, two]);
  await assert.rejects(openReceiptKeys([{ ...one, x: two.x }]));
  await assert.rejects(openReceiptKeys([{ ...one, d: "AA" }]));
  const { d: _, ...retired } = two;
  const keys = await openReceiptKeys([one, retired]);
  assert.equal(keys.jwks.keys.length, 2, "a retired key needs no private half");
});
