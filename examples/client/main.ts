/** Joins, signs in, looks, leaves, and checks the receipt: `deno task hello http://127.0.0.1:8000`. */
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

const looked = await client.userinfo.$get();
if (!looked.ok) throw new Error((await looked.json()).error);
const { rank, joined_at } = await looked.json();
console.log(`${user_id}, ${rank}, since ${joined_at}`);

const preview = await client.withdrawal.$get();
if (!preview.ok) throw new Error((await preview.json()).error);
const { confirm, destroy } = await preview.json();
console.log(`leaving asks for: ${confirm}; it destroys:`);
for (const { what, count } of destroy) console.log(`- ${what}: ${count}`);

const left = await client.withdrawal.$delete({ json: { password, reason: "other" } });
if (left.status === 202) {
  console.log(`will be erased at ${(await left.json()).erase_at}`);
  Deno.exit();
}
if (left.status === 503) {
  // The answer may be lost: the number, where there is one, leads to the receipt if it was done.
  const { error, receipt_id } = await left.json();
  throw new Error(`${error} ${receipt_id ?? ""}`);
}
if (!left.ok) throw new Error((await left.json()).error);
const { receipt_id, receipt } = await left.json();

const gone = await client.userinfo.$get();
console.log(`and now: ${gone.status}`);

/** Anybody can do this, years later, with the number or the receipt alone. */
const keys = createRemoteJWKSet(new URL(client[".well-known"]["jwks.json"].$url()));
const { payload } = await jwtVerify(receipt, keys, {
  issuer: origin,
  algorithms: ["EdDSA"],
  typ: "erasure-receipt+jwt",
});
if (payload.jti !== receipt_id || payload.remaining !== 0) throw new Error("not our receipt");
console.log(`receipt ${receipt_id} is genuine: nothing remains`);
