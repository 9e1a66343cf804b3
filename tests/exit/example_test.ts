import assert from "node:assert/strict";
import { answering, freePort, sqldPath } from "../../cli/sqld.ts";
import { Browser } from "../support/harness.ts";

for (const on of ["embedded", "sqld"]) {
  Deno.test({
    name: `the example of better-auth runs by one command on ${on}, and its members leave`,
    ignore: on === "sqld" && sqldPath() === null,
    async fn() {
      const folder = await Deno.makeTempDir({ prefix: "annyeong-example-" });
      const example = new URL("../../examples/better-auth/", import.meta.url);
      const port = freePort();
      const service = new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--no-check", `${example.pathname}dev.ts`, on],
        cwd: folder,
        env: { PORT: String(port) },
        stdin: "null",
        stdout: "null",
        stderr: "null",
      }).spawn();
      try {
        const origin = `http://127.0.0.1:${port}`;
        await answering(`${origin}/sign-in`);
        const browser = new Browser(
          { origin, fetch, sql: () => Promise.resolve([]), close: () => Promise.resolve() },
          { Origin: origin },
        );
        const email = "haneul@example.com";
        const form = { name: "haneul", email, password: "correct horse 7" };
        assert.equal((await browser.send("POST", "/api/auth/sign-up/email", form)).status, 200);
        const added = await browser.send("POST", "/notes", "text=mine", {
          "Content-Type": "application/x-www-form-urlencoded",
        });
        assert.equal(added.status, 303);
        assert.match((await browser.get("/")).text, /<li>mine<\/li>/);
        assert.match((await browser.get("/withdrawal", { Accept: "text/html" })).text, /메모/);
        const left = await browser.send("DELETE", "/withdrawal");
        assert.equal(left.status, 200, left.text);
        assert.equal((await browser.get("/")).status, 302, "signed out");
        const receipt = await browser.get(`/receipts/${left.json.receipt_id}`);
        const notes = receipt.json.destroyed.find(({ what }: { what: string }) => what === "메모");
        assert.equal(notes.count, 1);

        if (on === "sqld") return;
        const other = new Browser(browser.service, { Origin: origin });
        const second = { ...form, name: "byeol", email: "byeol@example.com" };
        assert.equal((await other.send("POST", "/api/auth/sign-up/email", second)).status, 200);
        const operate = async (...args: string[]) => {
          const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
            args: [
              ...["run", "-A", "--no-check", "--config", `${example.pathname}deno.json`],
              ...[`${example.pathname}operate.ts`, ...args],
            ],
            cwd: folder,
            env: {
              ANNYEONG_ENV: "development",
              PUBLIC_ORIGIN: origin,
              BETTER_AUTH_SECRET: "a secret of this test only, 0123456789abcdef",
              TURSO_DATABASE_URL: "file:data/better-auth.db",
            },
            stdin: "null",
          }).output();
          const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
          assert.equal(code, 0, err ?? "");
          return out!;
        };
        const [found] = JSON.parse(await operate("admin", "find", second.email, "--json"));
        assert.equal(found.email, second.email);
        const why = ["--why", "asked by letter", "--yes", "--json"];
        const [erased] = JSON.parse(await operate("admin", "erase", found.id, ...why));
        assert.equal((await other.get(`/receipts/${erased.receipt_id}`)).status, 200);
        const [status] = JSON.parse(await operate("admin", "status", "--json"));
        assert.deepEqual([Number(status.members), Number(status.erased)], [0, 2]);
        await operate("ledger", "export", "ledger.jsonl");
        const ledger = await Deno.readTextFile(`${folder}/ledger.jsonl`);
        assert.equal(ledger.trim().split("\n").length, 3, "two lines and the trailer");
      } finally {
        service.kill("SIGTERM");
        await service.status;
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}
