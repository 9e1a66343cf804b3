import assert from "node:assert/strict";
import { freePort } from "../../cli/sqld.ts";
import { dataMap, holdsNobody } from "../../domain/data_map.ts";
import { ownTables } from "../../data_map.ts";
import { withApp } from "../support/harness.ts";

interface Leak {
  place: string;
  marker: string;
  form: string;
}

/** Plants leaks as careless software makes them, each of a text of its own. */
const journey = `
import { DatabaseSync } from "node:sqlite";
import { gzipSync } from "node:zlib";
import { Buffer } from "node:buffer";

export default async function ({ text, name, email, password, send, origin }) {
  const folder = FOLDER;
  const answer = await send("GET", "/userinfo");
  if (answer.status !== 200) throw new Error("not signed in: " + answer.status);
  const write = (file, content) => Deno.writeTextFileSync(folder + "/" + file, content);
  const wrapped = (text) => text.replace(/.{40}/g, "$&\\r\\n");
  const quoted = (text, soft) => {
    const all = Array.from(Buffer.from(text), (byte) =>
      byte > 32 && byte < 127 && byte !== 61 ? String.fromCharCode(byte) : "=" + byte.toString(16).toUpperCase().padStart(2, "0"));
    return soft ? all.map((part, n) => n % 7 === 6 ? part + "=\\r\\n" : part).join("") : all.join("");
  };
  const escaped = (text) => JSON.stringify(text).replace(/[^ -~]/g, (c) => "\\\\u" + c.charCodeAt(0).toString(16).padStart(4, "0"));
  write("01.log", "INFO order by " + text("log") + " done\\n");
  write("02.log", "GET /search?q=" + encodeURIComponent(text("url")) + " 200\\n");
  write("03.jsonl", escaped({ note: text("json") }) + "\\n");
  write("04.eml", "Subject: hello\\r\\n\\r\\n" + quoted(text("quoted")) + "\\r\\n");
  write("05.eml", "Subject: hello\\r\\n\\r\\n" + quoted("a long line before " + text("soft"), true) + "\\r\\n");
  write("06.eml", "\\r\\n" + wrapped(Buffer.from("Dear " + text("base64") + ", welcome to our service").toString("base64")) + "\\r\\n");
  write("07.txt", Buffer.from("x" + text("base64url")).toString("base64url"));
  write("08.txt", Buffer.from("xy" + text("base64 of the third position")).toString("base64"));
  write("09.hex", Buffer.from(text("hex")).toString("hex"));
  write("10.hex", Buffer.from(text("upper hex")).toString("hex").toUpperCase());
  write("11.txt", text("upper case").toUpperCase());
  Deno.writeFileSync(folder + "/12.log.gz", gzipSync("INFO " + text("zipped")));
  Deno.writeFileSync(folder + "/13.bin", Buffer.from(text("utf-16"), "utf16le"));
  write("14.log", "password=" + password);
  Deno.mkdirSync(folder + "/deep/er", { recursive: true });
  write("deep/er/15.csv", "1;" + email + ";x");
  const database = new DatabaseSync(folder + "/16.db");
  database.exec("PRAGMA secure_delete = OFF; CREATE TABLE t (x)");
  database.prepare("INSERT INTO t VALUES (?)").run(text("deleted row"));
  database.exec("DELETE FROM t");
  database.close();
  write("17.log", "x".repeat(3_000_000) + text("far into a file") + "x".repeat(200_000));
  await fetch(origin + "/sloppy", { method: "POST", body: text("page") });
  await fetch(origin + "/sloppy-table", { method: "POST", body: text("column") });
  await fetch(origin + "/sloppy-table", { method: "POST", body: JSON.stringify({ who: Buffer.from(name).toString("base64") }) });
  // no leaks
  for (let n = 0; n < 20; n++) write("other" + n + ".log", "INFO 카나리아 k" + crypto.randomUUID() + " 새 " + btoa(crypto.randomUUID()));
}
`;

Deno.test("a canary finds twenty planted leaks in all forms, raises no false alarm, and is quiet without them", async () => {
  const port = freePort();
  const origin = `http://127.0.0.1:${port}`;
  const folder = await Deno.makeTempDir({ prefix: "annyeong-canary-" });
  const look = `${folder}/look`;
  await Deno.mkdir(look);
  await Deno.writeTextFile(`${folder}/journey.ts`, journey.replace("FOLDER", JSON.stringify(look)));
  await Deno.writeTextFile(`${folder}/quiet.ts`, "export default async () => {}");
  let page = "";
  const setup = {
    env: { PUBLIC_ORIGIN: origin },
    clock: { now: Date.now, ms: 0, pass() {} },
    map: dataMap([...ownTables, holdsNobody("sloppy", "or so they thought")]),
    tables: ["CREATE TABLE sloppy (id INTEGER PRIMARY KEY, note TEXT)"],
  };
  await withApp(setup, async (app) => {
    const server = Deno.serve({ hostname: "127.0.0.1", port, onListen() {} }, async (request) => {
      const { pathname } = new URL(request.url);
      if (pathname === "/sloppy-table") {
        await app.sql("INSERT INTO sloppy (note) VALUES (?)", [await request.text()]);
        return new Response();
      }
      if (pathname !== "/sloppy") return await app.fetch(request);
      if (request.method === "POST") page = await request.text();
      return new Response(`<p>${page}</p>`);
    });
    const run = async (file: string, ...places: string[]) => {
      const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: [
          ...["run", "-A", "--no-check", "cli/canary.ts", `${folder}/${file}`, "--json"],
          ...["--origin", origin, ...places.flatMap((place) => ["--look", place])],
        ],
        env: { TURSO_DATABASE_URL: app.services.config.database.url },
      }).output();
      const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
      assert.ok(out, err ?? "");
      return { code, ...JSON.parse(out!) as { leaks: Leak[]; kept: Leak[]; looked: string[] } };
    };
    try {
      const quiet = await run("quiet.ts", app.folder, `${origin}/policy`);
      assert.deepEqual(quiet.leaks, []);
      assert.equal(quiet.code, 0);
      assert.ok(quiet.looked.some((place) => place === "table erasures"), "tables");
      assert.ok(quiet.looked.some((place) => place.endsWith(".db")), "the file");

      const { code, leaks } = await run("journey.ts", look, `${origin}/sloppy`);
      assert.equal(code, 1);
      const found = (name: string, marker: string, form: string) =>
        leaks.some((leak) =>
          leak.place.includes(name) && leak.marker === marker && leak.form === form
        );
      const planted: [place: string, marker: string, form: string][] = [
        ["01.log", "log", "plain"],
        ["02.log", "url", "url"],
        ["03.jsonl", "json", "json"],
        ["04.eml", "quoted", "quoted-printable"],
        ["05.eml", "soft", "quoted-printable"],
        ["06.eml", "base64", "base64"],
        ["07.txt", "base64url", "base64"],
        ["08.txt", "base64 of the third position", "base64"],
        ["09.hex", "hex", "hex"],
        ["10.hex", "upper hex", "hex"],
        ["11.txt", "upper case", "plain"],
        ["12.log.gz", "zipped", "plain"],
        ["13.bin", "utf-16", "utf-16"],
        ["14.log", "password", "plain"],
        ["15.csv", "email", "plain"],
        ["16.db", "deleted row", "plain"],
        ["17.log", "far into a file", "plain"],
        ["/sloppy", "page", "plain"],
        ["table sloppy, column note", "column", "plain"],
        ["table sloppy, column note", "name", "base64"],
      ];
      assert.equal(planted.length, 20);
      assert.deepEqual(planted.filter((leak) => !found(...leak)), [], JSON.stringify(leaks));
      assert.equal(leaks.length, 20, `no false alarm: ${JSON.stringify(leaks)}`);
    } finally {
      await server.shutdown();
      await Deno.remove(folder, { recursive: true });
    }
  });
});
