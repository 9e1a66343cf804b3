import { DatabaseSync } from "node:sqlite";
import { Hono } from "hono";
import { deleteCookie, getSignedCookie, setSignedCookie } from "hono/cookie";
import { destroy } from "../../domain/data_map.ts";
import { dataMap, exitTables } from "../../exit/mod.ts";
import { createFlaskr, flaskTables, flaskUser } from "../../tests/support/flaskr.ts";
import { openApp } from "../../tests/support/harness.ts";
import { RealClock } from "../../tests/support/better_auth.ts";
import { appEntries, recipients } from "./annyeong.ts";
import { appTables, password, type Place, type Subject } from "./place.ts";

const tables = [...flaskTables, ...appTables.map((sql) => sql.replace("MEMBERS", "user"))];
const secret = "the tutorial's SECRET_KEY";

type Shared = Pick<Place, "members" | "hooks" | "join" | "signIn" | "who" | "organise">;
const shared: Shared = {
  members: "user",
  hooks: null,
  async join(browser, name) {
    const form = { username: name, password };
    const joined = await browser.send("POST", "/auth/register", form);
    return joined.status < 300 ? await browser.send("POST", "/auth/login", form) : joined;
  },
  signIn: (browser, name) => browser.send("POST", "/auth/login", { username: name, password }),
  who: async (browser) => (await browser.get("/")).json?.user ?? null,
  organise: () => Promise.resolve(false),
};

/**
 * The blog of the Flask tutorial, with the view that its readers write: delete the row, forget the cookie.
 * Python's sqlite3 has foreign keys off, a rollback journal and no secure_delete.
 */
export const flaskByHand: Subject = {
  name: "Flask tutorial, a DELETE by hand",
  async open(): Promise<Place> {
    const folder = await Deno.makeTempDir({ prefix: "annyeong-leaving-" });
    const file = `${folder}/flaskr.sqlite`;
    const database = new DatabaseSync(file, { enableForeignKeyConstraints: false });
    for (const sql of tables) database.exec(sql);
    const app = new Hono()
      .post("/auth/register", async (c) => {
        const { username, password } = await c.req.json();
        database.prepare("INSERT INTO user (username, password) VALUES (?, ?)")
          .run(username, password);
        return c.json({}, 201);
      })
      .post("/auth/login", async (c) => {
        const { username, password } = await c.req.json();
        const row = database.prepare("SELECT id FROM user WHERE username = ? AND password = ?")
          .get(username, password);
        if (!row) return c.json({}, 401);
        await setSignedCookie(c, "session", String(row.id), secret);
        return c.json({});
      })
      .get("/", async (c) => {
        const id = await getSignedCookie(c, secret, "session") || null;
        const row = database.prepare("SELECT username FROM user WHERE id = ?").get(id);
        return c.json({ user: row?.username ?? null });
      })
      .post("/auth/delete", async (c) => {
        const id = await getSignedCookie(c, secret, "session");
        if (!id) return c.json({}, 401);
        database.prepare("DELETE FROM user WHERE id = ?").run(id);
        deleteCookie(c, "session");
        return c.json({});
      });
    return {
      ...shared,
      fetch: async (request) => await app.fetch(request),
      services: null,
      map: null,
      file,
      leave: (browser, body, headers) => browser.send("POST", "/auth/delete", body, headers),
      isGone: ({ status }) => status === 200,
      deletionPaths: () => Promise.resolve(["/auth/delete"]),
      preview: () => Promise.resolve(null),
      async close() {
        database.close();
        await Deno.remove(folder, { recursive: true });
      },
    };
  },
};

export const flaskWithExit: Subject = {
  name: "Flask tutorial with the exit",
  async open(): Promise<Place> {
    const clock = new RealClock();
    const posts = destroy("post", {
      member: "author_id",
      label: { ko: "글", en: "Posts" },
      purpose: { ko: "블로그", en: "The blog" },
    });
    const { app, leaving } = createFlaskr(clock.now, {
      dataMap: dataMap([...exitTables, flaskUser, posts, ...appEntries], {
        subject: "user.id",
        name: "username",
      }),
    });
    const opened = await openApp({
      env: { RECIPIENTS: recipients },
      tables,
      clock,
      beside: {
        parts: leaving.parts,
        folder: ".",
        app: (services) => {
          leaving.open(services);
          return app;
        },
      },
    });
    return {
      ...shared,
      fetch: opened.fetch,
      services: opened.services,
      map: leaving.parts.dataMap,
      file: `${opened.folder}/test.db`,
      leave: (browser, body, headers) => browser.send("DELETE", "/withdrawal", body, headers),
      isGone: ({ status }) => status === 200,
      deletionPaths: () => Promise.resolve(["/withdrawal"]),
      preview: (browser) => browser.get("/withdrawal"),
      close: opened.close,
    };
  },
};
