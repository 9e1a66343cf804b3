/** A primary with a replica attached: the service on the primary is never stale; how stale the replica is, is counted. */
import assert from "node:assert/strict";
import { freePort, sqldPath, startSqld } from "../../cli/sqld.ts";
import { type Answer, newMember, openApp, signIn } from "../support/harness.ts";
import { rounds } from "../support/rounds.ts";
import { tally } from "../support/tally.ts";

/** Asks until the answer is the right one, and counts how long it was the wrong one. */
async function untilRight(what: string, ask: () => Promise<Answer>, right: number) {
  const start = performance.now();
  const past = () => performance.now() - start;
  let stale = 0;
  while ((await ask()).status !== right) {
    stale = past();
    assert.ok(stale < 10_000, `${what}: the replica catches up`);
  }
  const column = stale === 0
    ? "right at once"
    : stale < 10
    ? "wrong for up to 10 ms"
    : stale < 100
    ? "up to 100 ms"
    : "longer";
  tally("Asked at a replica", what, column);
}

Deno.test({
  name: "with a replica attached the primary is never stale, and the replica catches up",
  ignore: !sqldPath(),
  async fn() {
    const folders = [await Deno.makeTempDir(), await Deno.makeTempDir()] as const;
    const rpc = `127.0.0.1:${freePort()}`;
    const primary = await startSqld(folders[0], freePort(), {
      options: ["--grpc-listen-addr", rpc],
    });
    const replica = await startSqld(folders[1], freePort(), {
      options: ["--primary-grpc-url", `http://${rpc}`],
    });
    const on = (url: string) =>
      openApp({ env: { TURSO_DATABASE_URL: url, THROTTLE_SCALE: "100000", PASSWORD_COST: "1" } });
    const app = await on(primary.url);
    const reader = await on(replica.url);
    try {
      for (let round = 0; round < rounds(10); round++) {
        const name = `hong${round}`;
        const phone = await newMember(app, name);
        assert.equal((await phone.get("/userinfo")).status, 200, "the primary knows at once");
        await untilRight(
          "a sign-in at the primary",
          () => phone.copy(reader).get("/userinfo"),
          200,
        );
        const copy = phone.copy();
        await phone.send("POST", "/logout");
        assert.equal((await copy.copy().get("/userinfo")).status, 401, "the primary knows at once");
        const late = copy.copy(reader);
        if (round % 2) { // the batch is the primary's: who is signed out leaves nowhere
          const { status } = await late.send("DELETE", "/withdrawal");
          assert.ok([401, 409].includes(status), `${status}`); // 409: it still reads the session
        } else {
          await untilRight("a sign-out at the primary", () => late.copy().get("/userinfo"), 401);
        }
        const own = await signIn(reader, name);
        assert.equal(
          (await own.copy(app).get("/userinfo")).status,
          200,
          "writes are the primary's",
        );
        await untilRight("a sign-in through the replica", () => own.copy().get("/userinfo"), 200);
      }
    } finally {
      await app.close();
      await reader.close();
      await replica.stop("SIGKILL");
      await primary.stop("SIGKILL");
      for (const folder of folders) await Deno.remove(folder, { recursive: true });
    }
  },
});
