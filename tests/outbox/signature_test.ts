import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { Webhook } from "standardwebhooks";
import { hmac } from "../../runtime/sha256.ts";

Deno.test("the HMAC of a Worker's bundle signs webhooks as standardwebhooks does elsewhere", () => {
  for (const body of ["", "{}", "안녕".repeat(500)]) {
    const key = crypto.getRandomValues(new Uint8Array(32));
    const at = new Date(1_700_000_000_000);
    const signed = new Webhook(Buffer.from(key).toString("base64")).sign("id", at, body);
    const mac = hmac(key, new TextEncoder().encode(`id.1700000000.${body}`));
    assert.equal(signed, `v1,${Buffer.from(mac).toString("base64")}`);
  }
});
