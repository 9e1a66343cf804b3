import assert from "node:assert/strict";
import type { ExtractSchema } from "hono/types";
import type { AppType } from "../../app.ts";
import { freePort } from "../../cli/sqld.ts";
import { Clock, withApp } from "../support/harness.ts";

type Paths = ExtractSchema<AppType>;
type Success = { status: 200 | 201 | 202; outputFormat: "json" | "body" };
/** Paths with a method whose success has no type: what `c.html` does to the JSON beside it. */
type Untyped = {
  [P in Exclude<keyof Paths, OnlyRedirect>]: {
    [M in keyof Paths[P]]: [Extract<Paths[P][M], Success>] extends [never] ? P : never;
  }[keyof Paths[P]];
}[Exclude<keyof Paths, OnlyRedirect>];
type OnlyRedirect = "/.well-known/change-password";
/** Where this does not compile, a page is answered by something else than `page(c, …)`. */
true satisfies [Untyped] extends [never] ? true : Untyped;

Deno.test("the example client joins, looks, leaves and verifies, over a real socket", async () => {
  assert.match(
    await visit({}),
    /\nGET \/userinfo now answers 401\nreceipt \S{22} is genuine: no rows are left\n$/,
  );
  assert.match(await visit({ WITHDRAWAL_GRACE_DAYS: "7" }), /\nwill be erased at 20\S+Z\n$/);
});

/** What the client says to a service of its own. */
async function visit(env: Record<string, string>): Promise<string> {
  const port = freePort();
  const origin = `http://127.0.0.1:${port}`;
  const clock = new Clock(Date.now());
  let said = "";
  await withApp({ env: { ...env, PUBLIC_ORIGIN: origin }, clock }, async (app) => {
    const server = Deno.serve({ hostname: "127.0.0.1", port, onListen() {} }, app.fetch);
    const client = new Deno.Command(Deno.execPath(), {
      args: ["run", "--check", "--allow-net", "examples/client/main.ts", origin],
      env: { NO_COLOR: "1" },
    });
    const { code, stdout, stderr } = await client.output();
    await server.shutdown();
    said = new TextDecoder().decode(stdout);
    assert.equal(code, 0, said + new TextDecoder().decode(stderr));
  });
  return said;
}
