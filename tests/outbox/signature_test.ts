import assert from "node:assert/strict";
import { Webhook } from "standardwebhooks";
import { decode, encode } from "../../runtime/base64.ts";
import { hmac } from "../../runtime/sha256.ts";

Deno.test("HMAC and base64 of a Worker's bundle sign webhooks as standardwebhooks does elsewhere", () => {
  for (const body of ["", "{}", "안녕".repeat(500)]) {
    const key = crypto.getRandomValues(new Uint8Array(32));
    const at = new Date(1_700_000_000_000);
    const signed = new Webhook(encode(key)).sign("id", at, body);
    const mac = hmac(key, new TextEncoder().encode(`id.1700000000.${body}`));
    assert.equal(signed, `v1,${encode(mac)}`);
    assert.deepEqual(decode(encode(key)), key);
  }
});
