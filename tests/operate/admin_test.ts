import assert from "node:assert/strict";
import { recoveryMs } from "../../domain/mail.ts";
import { sqldPath } from "../../cli/sqld.ts";
import { freshSecrets } from "../../config/mod.ts";
import {
  Browser,
  Clock,
  goodPassword,
  join,
  newMember,
  openApp,
  recoveryPath,
  signIn,
} from "../support/harness.ts";
import { openSqld } from "../support/stacks.ts";
import { taskOn } from "../support/task.ts";

const secrets = await freshSecrets("generated");

for (const stack of ["embedded", "sqld"]) {
  Deno.test({
    name:
      `${stack}: an operator finds, restores, erases, signs out and lets back in, and the audit log tells`,
    ignore: stack === "sqld" && !sqldPath(),
    async fn() {
      const sqld = stack === "sqld" ? await openSqld() : null;
      const env = {
        ...secrets,
        ANNYEONG_ENV: "development",
        MAIL_URL: "off",
        PUBLIC_ORIGIN: "https://members.example",
        PASSWORD_COST: "4",
        WITHDRAWAL_GRACE_DAYS: "7",
        ...(sqld && { TURSO_DATABASE_URL: sqld.url }),
      };
      const app = await openApp({ env, clock: new Clock(Date.now()) });
      const url = app.services.config.database.url;
      const admin = async (...args: string[]) => {
        const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
          args: ["task", "-q", "admin", ...args],
          env: { ...env, TURSO_DATABASE_URL: url, NO_COLOR: "1", USER: "operator" },
          stdin: "null",
        }).output();
        const text = new TextDecoder();
        const out = text.decode(stdout);
        return { code, out, err: text.decode(stderr), json: () => JSON.parse(out) };
      };
      const hong = await newMember(app, "hong");
      for (const query of ["HONG", "hong@example.com"]) {
        const [found] = (await admin("find", query, "--json")).json();
        assert.equal(found.name, "hong");
        assert.equal(found.sessions, "1");
        assert.equal(Object.keys(found).includes("password_hash"), false);
      }
      await join(app, "lee");
      await join(app, "kim");
      const address = "kim@example.com";
      await app.sql("UPDATE users SET name = ?1, name_key = ?1 WHERE name = 'lee'", [address]);
      const [owner, impostor, ...more] = (await admin("find", address, "--json")).json();
      assert.deepEqual([owner.name, owner.found_by, owner.warning], ["kim", "e-mail", ""]);
      assert.deepEqual([impostor.email, impostor.found_by], ["lee@example.com", "name"]);
      assert.equal(impostor.warning, "the name is another member's e-mail");
      assert.deepEqual(more, []);
      await app.sql("DELETE FROM users WHERE name <> 'hong'");

      const [{ id }] = (await admin("find", "hong", "--json")).json();
      assert.match((await admin("find", id)).out, /^id +name +email/);
      assert.match((await admin("find", "nobody")).out, /^nothing/);

      await hong.send("DELETE", "/withdrawal", { reason: "privacy" });
      assert.equal((await admin("pending", "--json")).json()[0].user_id, id);
      assert.equal((await admin("restore", id, "--why", "called us")).code, 0);
      assert.equal((await admin("restore", id, "--why", "again")).code, 1);
      const back = await signIn(app, "hong");
      assert.equal((await back.get("/userinfo")).status, 200);

      const ended = await admin("end-sessions", id, "--why", "lost phone", "--json");
      assert.deepEqual(ended.json(), [{ signed_out: id }]);
      assert.equal((await back.get("/userinfo")).status, 401);

      const [{ link }] = (await admin("recovery", id, "--why", "showed a passport", "--json"))
        .json();
      assert.match(link, /^https:\/\/members\.example\/recovery\/[\w-]{43}$/);
      const path = new URL(link).pathname;
      const visitor = new Browser(app);
      assert.equal((await visitor.get(path)).status, 200);
      assert.equal((await visitor.get(path, { Accept: "text/html" })).status, 200);
      assert.deepEqual(
        (await visitor.send("POST", path, { password: "short" })).json.code,
        "invalid",
      );
      assert.equal(
        (await visitor.send("POST", path, { password: "battery staple 9" })).status,
        200,
      );
      assert.equal(
        (await visitor.send("POST", path, { password: "battery staple 8" })).status,
        404,
      );
      await signIn(app, "hong", "battery staple 9");
      await assert.rejects(signIn(app, "hong", goodPassword));
      assert.ok(
        !JSON.stringify(await app.sql("SELECT * FROM links")).includes(path.slice(10)),
      );

      assert.equal(
        (await admin("erase", id, "--why", "asked by post")).code,
        1,
        "not without a word",
      );
      assert.equal((await app.sql("SELECT id FROM users")).length, 1);
      const erased = await admin("erase", id, "--why", "asked by post", "--yes", "--json");
      const [{ receipt_id }] = erased.json();
      assert.equal((await new Browser(app).get(`/receipts/${receipt_id}`)).status, 200);
      assert.equal((await app.sql("SELECT id FROM users")).length, 0);
      assert.equal((await admin("erase", id, "--why", "again", "--yes")).code, 1);

      const { receipt } = (await new Browser(app).get(`/receipts/${receipt_id}`)).json;
      const file = await Deno.makeTempFile();
      await Deno.writeTextFile(file, receipt);
      assert.equal((await admin("receipt", file, "--json")).json()[0].receipt_id, receipt_id);
      await Deno.writeTextFile(file, receipt.slice(0, -2));
      assert.equal((await admin("receipt", file)).code, 1);
      await Deno.remove(file);

      assert.match((await admin("reasons")).out, /privacy +1/);
      assert.match((await admin("deliveries", "waiting")).out, /^nothing/);
      assert.deepEqual((await admin("revive", "all", "--why", "x", "--json")).json(), [{
        waiting_again: "0",
      }]);
      const log = (await admin("audit", "--json")).json();
      assert.deepEqual(
        log.map(({ act }: { act: string }) => act),
        ["revive", "erase", "recovery", "end-sessions", "restore"],
        "what was refused left no line",
      );
      assert.ok(
        log.every(({ operator, host, why }: Record<string, string>) => operator && host && why),
      );
      assert.ok(!JSON.stringify(await app.sql("SELECT * FROM audit")).includes("hong"));
      await app.close();
      await sqld?.stop();
    },
  });
}

Deno.test("a recovery link lets a member leave, once, and dies with time", async () => {
  for (const days of ["0", "7"]) {
    const app = await openApp({ env: { WITHDRAWAL_GRACE_DAYS: days } });
    await join(app, "hong");
    const [{ id }] = await app.sql("SELECT id FROM users") as unknown as [{ id: string }];
    const make = () => recoveryPath(app, id);
    const visitor = new Browser(app);
    const first = await make();
    const second = await make();
    assert.equal((await visitor.get(first)).status, 404, "a new link voids the one before");
    app.clock.pass(recoveryMs);
    assert.equal((await visitor.get(second)).status, 404);
    const voided = await make();
    const owner = await signIn(app, "hong");
    const change = { current: goodPassword, password: goodPassword };
    assert.equal((await owner.send("POST", "/userinfo/password", change)).status, 200);
    assert.equal((await visitor.get(voided)).status, 404, "a new password voids the link");
    const path = await make();
    const left = await visitor.send("POST", `${path}/withdrawal`, { reason: "other" });
    assert.equal(left.status, days === "0" ? 200 : 202);
    assert.equal((await visitor.send("POST", `${path}/withdrawal`)).status, 404);
    assert.equal((await app.sql("SELECT id FROM users")).length, days === "0" ? 0 : 1);
    assert.equal((await visitor.get(`/receipts/${left.json.receipt_id}`)).status, 200);
    await app.close();
  }
});

Deno.test("of twenty uses of one recovery link at once one succeeds", async () => {
  for (const ending of ["", "/withdrawal"]) {
    const app = await openApp({ env: { THROTTLE_SCALE: "1000" } });
    await join(app, "hong");
    const [{ id }] = await app.sql("SELECT id FROM users") as unknown as [{ id: string }];
    const path = await recoveryPath(app, id);
    const uses = Array.from({ length: 20 }, (_, n) => {
      const sent = ending ? {} : { password: `battery staple ${n}` };
      return new Browser(app).send("POST", `${path}${ending}`, sent);
    });
    const statuses = (await Promise.all(uses)).map(({ status }) => status);
    assert.deepEqual(statuses.toSorted(), [200, ...Array(19).fill(404)], ending);
    await app.close();
  }
});

Deno.test("a recovery forgives the failures that led to it", async () => {
  const app = await openApp();
  await join(app, "hong");
  const [{ id }] = await app.sql("SELECT id FROM users") as unknown as [{ id: string }];
  const visitor = new Browser(app);
  const wrong = { user_id: "hong", password: "wrong" };
  for (let n = 0; n < 11; n++) await visitor.send("POST", "/login", wrong);
  assert.equal((await visitor.send("POST", "/login", wrong)).status, 429);
  const path = await recoveryPath(app, id);
  await visitor.send("POST", path, { password: "battery staple 9" });
  await signIn(app, "hong", "battery staple 9");
  await app.close();
});

Deno.test("admin help prints the commands, and an act without --why says that it is missing", async () => {
  const folder = await Deno.makeTempDir();
  for (const args of [["help"], ["--help"], ["-h"], ["erase", "--help"]]) {
    const { code, out } = await taskOn(folder, ["admin", ...args]);
    assert.equal(code, 0, args.join(" "));
    assert.match(
      out,
      /^usage: admin COMMAND[^]*erase MEMBER-ID +erase a member now; --no-block[^\n]*\(needs --why\)/,
    );
  }
  for (const args of [["erase", "x"], ["revive", "all"], ["clock", "accept"]]) {
    const { code, err } = await taskOn(folder, ["admin", ...args]);
    assert.equal(code, 2);
    assert.match(err, new RegExp(`^${args[0]}( accept)? needs --why REASON`, "m"));
  }
  assert.deepEqual(
    [...Deno.readDirSync(folder)],
    [],
    "nothing is opened before the words are right",
  );
  await Deno.remove(folder, { recursive: true });
});

Deno.test("reviving a delivery that there is not is refused, and leaves no line in the audit log", async () => {
  const folder = await Deno.makeTempDir();
  const revived = await taskOn(folder, ["admin", "revive", "nobody", "--why", "a trial"]);
  assert.equal(revived.code, 1);
  assert.match(revived.err, /^no delivery with this id was given up or refused/m);
  assert.match((await taskOn(folder, ["admin", "audit"])).out, /^nothing/m);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("wrong words get a usage line and exit code 2", async () => {
  for (
    const args of [[], ["burn"], ["find"], ["erase", "x"], ["pending", "x"], ["find", "a", "b"], [
      "audit",
      "--huh",
    ]]
  ) {
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["task", "-q", "admin", ...args],
      stdin: "null",
    }).output();
    assert.equal(code, 2, args.join(" "));
    assert.match(new TextDecoder().decode(stderr), /^usage: admin COMMAND/m);
  }
});
