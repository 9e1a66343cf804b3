/** `deno task hello http://127.0.0.1:8000`: joins, signs in, leaves, and verifies the receipt. */
import { hc } from "hono/client";
import { createRemoteJWKSet, jwtVerify } from "jose";
import type { AppType } from "../../app.ts";
import { withCookies } from "./jar.ts";

const origin = new URL(Deno.args[0] ?? "http://127.0.0.1:8000").origin;
const client = hc<AppType>(origin, { fetch: withCookies(), headers: { "Accept-Language": "en" } });

const user_id = `haneul-${crypto.randomUUID().slice(0, 8)}`;
const password = "a fine day for hello";

const joined = await client.register.$post({
  json: { user_id, email: `${user_id}@example.com`, password },
});
if (!joined.ok) throw new Error((await joined.json()).error);
console.log((await joined.json()).message);

const signedIn = await client.login.$post({ json: { user_id, password } });
if (!signedIn.ok) throw new Error((await signedIn.json()).error);

const userinfo = await client.userinfo.$get();
if (!userinfo.ok) throw new Error((await userinfo.json()).error);
const { rank, joined_at } = await userinfo.json();
console.log(`${user_id}, ${rank}, since ${joined_at}`);

const preview = await client.withdrawal.$get();
if (!preview.ok) throw new Error((await preview.json()).error);
const { confirm, destroy } = await preview.json();
console.log(`a withdrawal asks for: ${confirm}; it destroys:`);
for (const { what, count } of destroy) console.log(`- ${what}: ${count}`);

const left = await client.withdrawal.$delete({ json: { password, reason: "other" } });
if (left.status === 202) {
  console.log(`will be erased at ${(await left.json()).erase_at}`);
  Deno.exit();
}
if (left.status === 503) {
  // If the answer was lost, there is a number, which finds the receipt if the erasure was carried out.
  const { error, receipt_id } = await left.json();
  throw new Error(`${error} ${receipt_id ?? ""}`);
}
if (!left.ok) throw new Error((await left.json()).error);
const { receipt_id, receipt } = await left.json();

const after = await client.userinfo.$get();
console.log(`GET /userinfo now answers ${after.status}`);

// Anybody who has the receipt can verify it with the public keys, even years later.
const keys = createRemoteJWKSet(new URL(client[".well-known"]["jwks.json"].$url()));
const { payload } = await jwtVerify(receipt, keys, {
  issuer: origin,
  algorithms: ["EdDSA"],
  typ: "erasure-receipt+jwt",
});
if (payload.jti !== receipt_id || payload.remaining !== 0) {
  throw new Error("the receipt is not ours");
}
console.log(`receipt ${receipt_id} is genuine: no rows are left`);
