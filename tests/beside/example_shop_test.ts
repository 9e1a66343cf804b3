import assert from "node:assert/strict";
import type { Database } from "../../db/engine/database.ts";
import members from "../../examples/shop/members.ts";
import { answering, freePort } from "../../cli/sqld.ts";
import { beside, customerLeaves, shopAround, submit } from "../support/customer.ts";
import { captureLog, dump, newMember, withApp } from "../support/harness.ts";
import { embedded, onSqld, onWorkers, testOnWith } from "../support/stacks.ts";

const env = { THROTTLE_SCALE: "1000" };
const readme = await Deno.readTextFile("examples/shop/README.md");

/** The files that the README shows, by name. */
const shown = Array.from(
  readme.matchAll(/`([\w./]+)`:\n\n```(?:sql|tsx?|toml)\n(.*?)```/gs),
  ([, name, text]) => ({ name: name!, text: text! }),
);

for (const stack of [embedded, onSqld, onWorkers]) {
  testOnWith(
    stack,
    { env, beside },
    "a customer of the shop leaves, and only what the law wants stays",
    customerLeaves,
  );
}

Deno.test("an order that arrives twice takes one cart, whatever was put into the next one meanwhile", async () => {
  let ordering: (() => Promise<unknown>) | undefined;
  const through = (db: Database): Database => ({
    ...db,
    write(statements) {
      const sql = JSON.stringify(statements);
      if (sql.includes("INSERT INTO orders")) ordering = () => db.write(statements);
      return db.write(statements);
    },
  });
  await withApp({ env, beside, through }, async (app) => {
    const customer = await newMember(app, "haneul");
    await submit(customer, "/cart", { product_id: "tea", quantity: "1" });
    await submit(customer, "/orders", { address: "Seoul" });
    await submit(customer, "/cart", { product_id: "cup", quantity: "3" });
    await ordering!();
    assert.deepEqual((await app.sql("SELECT title FROM order_items")).map((row) => row.title), [
      "우전 녹차",
    ]);
    assert.equal((await customer.get("/orders")).json.orders.length, 1);
    assert.equal((await customer.get("/cart")).json.items[0].quantity, 3);
  });
});

Deno.test("a shop that forgets to map its reviews hurts nobody, and is told what to write where", async () => {
  const { dataMap } = members.parts;
  const entries = dataMap.entries.filter(({ table }) => table !== "reviews");
  await withApp({ env, beside, map: { ...dataMap, entries } }, async (app) => {
    const customer = await newMember(app, "haneul");
    await shopAround(customer, "address");
    const before = await dump(app);
    let status = 0;
    const log = await captureLog(async () => {
      status = (await customer.send("DELETE", "/withdrawal")).status;
    });
    assert.equal(status, 503);
    assert.ok(log.includes(JSON.stringify(sentence).slice(1, -1)), log);
    assert.deepEqual(await dump(app), before);
    assert.equal((await customer.get("/orders")).status, 200, "the session still works");
    assert.equal((await customer.get("/readyz/withdrawal")).status, 503);
  });
});

const sentence = 'table "reviews" is not on the data map: add destroy("reviews", …), ' +
  'anonymise("reviews", …), keepApart("reviews", …) or holdsNobody("reviews", "why") to data_map.ts';

Deno.test("the shop's README shows the shop's own files, and the sentence for a forgotten table", async () => {
  assert.ok(shown.length >= 8);
  for (const { name, text } of shown) {
    const file = await Deno.readTextFile(`examples/shop/${name}`);
    const elsewhere = file.replaceAll('"../../mod.ts"', '"./annyeong/mod.ts"')
      .replaceAll('"../../cli/', '"./annyeong/cli/')
      .replaceAll('"../../node_modules', '"./node_modules');
    assert.equal(text, elsewhere, name);
  }
  assert.ok(readme.includes(sentence));
});

const hasCurl =
  (await new Deno.Command("sh", { args: ["-c", "curl --json 2>&1 | grep -q requires"] })
    .output()).success;

Deno.test({
  name: "the shop's README, done literally from an empty folder, ends with a customer who has left",
  ignore: !hasCurl,
  async fn() {
    const folder = await Deno.makeTempDir({ prefix: "annyeong-shop-" });
    const run = async (command: string) => {
      const { success, stdout, stderr } = await new Deno.Command("bash", {
        args: ["-c", `B=${origin}; ${command}`],
        cwd: folder,
      }).output();
      assert.ok(success, `${command}: ${new TextDecoder().decode(stderr)}`);
      return new TextDecoder().decode(stdout);
    };
    const port = freePort();
    const origin = `http://127.0.0.1:${port}`;
    await run(
      `mkdir annyeong && cd ${Deno.cwd()} && git ls-files -z | xargs -0 cp --parents -t ${folder}/annyeong`,
    );
    await Deno.copyFile("deno.lock", `${folder}/deno.lock`);

    for (
      const [, name, text] of readme.matchAll(
        /`(\w+\.json)`[^`]*(?:`[^`]+`[^`]*)?:?\n\n```json\n(.*?)```/gs,
      )
    ) {
      await Deno.writeTextFile(`${folder}/${name}`, text!);
    }
    await Deno.mkdir(`${folder}/migrations`);
    for (const { name, text } of shown) await Deno.writeTextFile(`${folder}/${name}`, text);
    await run(/^cp .*$/m.exec(readme)![0]);

    const process = new Deno.Command(Deno.execPath(), {
      args: ["task", "dev"],
      cwd: folder,
      env: { DENO_SERVE_ADDRESS: `tcp:127.0.0.1:${port}`, PASSWORD_COST: "4" },
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    try {
      await answering(`${origin}/healthz`, 60_000);
      const answers: Record<string, string> = {};
      for (const [line] of readme.matchAll(/^curl .*\$B.*$/gm)) {
        answers[line.replace(/ +#.*/, "")] = await run(`${line.replace("curl ", "curl -sS ")}`);
      }
      const answerTo = (part: string) =>
        JSON.parse(answers[Object.keys(answers).findLast((line) => line.endsWith(part))!]!);
      assert.equal(answerTo("/userinfo/export").tables.orders.length, 1);
      const preview = answerTo('/withdrawal?lang=en"');
      assert.equal(preview.keep[0].count, 1);
      assert.deepEqual(preview.anonymise, [{ what: "Reviews", count: 1 }]);
      assert.equal(answerTo("-X DELETE $B/withdrawal").message, "회원탈퇴 성공");
      assert.equal(answerTo("$B/products/tea").reviews[0].author_name, "탈퇴한 회원");

      await run("deno run -A npm:wrangler deploy --dry-run --outdir out >/dev/null 2>&1");
      const bundle = await Deno.readTextFile(`${folder}/out/main.js`);
      assert.ok(bundle.includes("장바구니에 담기") || bundle.includes("\\uC7A5\\uBC14"));
      assert.ok(!bundle.includes("React.createElement"), "tsconfig.json is read");

      const settled = await run("deno task operate migrate 2>&1");
      assert.match(settled, /the schema is current/);
      await run(
        `sed -i '/^  anonymise("reviews"/,/^  }),/d' data_map.ts && ! grep -q 'anonymise("reviews"' data_map.ts`,
      );
      const forgotten = await run("deno task operate migrate 2>&1 || true");
      assert.ok(forgotten.includes(sentence), forgotten);
    } finally {
      const ending = setInterval(() => process.kill("SIGTERM"), 200); // the watcher outlives a first one
      await process.status;
      clearInterval(ending);
      await Deno.remove(folder, { recursive: true });
    }
  },
});
