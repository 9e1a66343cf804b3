/**
 * The blog of the Flask tutorial, on its own tables, with its stateless cookie, and the exit beside it:
 * https://flask.palletsprojects.com/tutorial/database/
 */
import { scryptSync } from "node:crypto";
import { type Context, Hono } from "hono";
import { deleteCookie, getSignedCookie, setSignedCookie } from "hono/cookie";
import {
  anonymise,
  type Caller,
  dataMap,
  destroy,
  type Exit,
  exit,
  type ExitOptions,
  exitTables,
} from "../../exit/mod.ts";

/** `schema.sql` of the tutorial. */
export const flaskTables = [
  `CREATE TABLE user (
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     username TEXT UNIQUE NOT NULL,
     password TEXT NOT NULL
   )`,
  `CREATE TABLE post (
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     author_id INTEGER NOT NULL,
     created TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
     title TEXT NOT NULL,
     body TEXT NOT NULL,
     FOREIGN KEY (author_id) REFERENCES user (id)
   )`,
];

const words = (text: string) => ({ ko: text, en: text });

export const flaskUser = destroy("user", {
  member: "id",
  label: words("user"),
  purpose: words("sign-in"),
  show: ["username"],
});
const posts = destroy("post", {
  member: "author_id",
  label: words("posts"),
  purpose: words("blog"),
  show: ["title", "body"],
});
export const keptPosts = anonymise("post", {
  member: "author_id",
  set: { author_id: 1 },
  label: words("posts"),
  purpose: words("blog"),
});

export const flaskMap = dataMap([...exitTables, flaskUser, posts], {
  subject: "user.id",
  name: "username",
});

const secret = "the tutorial's SECRET_KEY";
const hash = (password: string) => scryptSync(password, "salt", 32, { N: 16 }).toString("hex");

interface Flaskr {
  app: Hono;
  leaving: Exit;
}

/** @param now the clock of the cookie, ms */
export function createFlaskr(now: () => number, options: Partial<ExitOptions> = {}): Flaskr {
  const whoIs = async (c: Context): Promise<{ id: number; at: number } | null> => {
    const cookie = await getSignedCookie(c, secret, "session");
    return cookie ? JSON.parse(cookie) : null;
  };
  /** Flask knows the request only by its cookie, so the exit's request is put into a context of Hono. */
  const cookieOf = async (request: Request) => {
    let found: { id: number; at: number } | null = null;
    const probe = new Hono().all("*", async (c) => {
      found = await whoIs(c);
      return c.body(null);
    });
    await probe.fetch(new Request(request.url, { headers: request.headers }));
    return found as { id: number; at: number } | null;
  };
  const leaving = exit({
    dataMap: flaskMap,
    pages: { signIn: "/auth/login", account: "/" },
    host: {
      async caller(request): Promise<Caller | null> {
        const session = await cookieOf(request);
        return session && {
          memberId: String(session.id),
          session: `${session.id} ${session.at}`,
          authenticatedAt: session.at,
          hasPassword: true,
          source: () => ({
            from: "user",
            where: "user.id = :app_id",
            values: { app_id: session.id },
          }),
        };
      },
      async verify({ memberId }, password) {
        const stored = hash(password);
        const where = "user.password = :app_password";
        const [found] = await leaving.db.read([{
          sql: `SELECT 1 FROM user WHERE id = :app_id AND ${where}`,
          args: { app_id: memberId, app_password: stored },
        }]);
        return found!.rows.length === 1 ? { where, values: { app_password: stored } } : null;
      },
      endCookies: () => ["session=; Path=/; Max-Age=0"],
    },
    ...options,
  });
  const app = new Hono()
    .post("/auth/register", async (c) => {
      const { username, password } = await c.req.json();
      await leaving.db.write([{
        sql: "INSERT INTO user (username, password) VALUES (?, ?)",
        args: [username, hash(password)],
      }]);
      return c.json({}, 201);
    })
    .post("/auth/login", async (c) => {
      const { username, password } = await c.req.json();
      const [found] = await leaving.db.read([{
        sql: "SELECT id FROM user WHERE username = ? AND password = ?",
        args: [username, hash(password)],
      }]);
      const id = found!.rows[0]?.id;
      if (id === undefined) return c.json({ error: "Incorrect username or password." }, 401);
      await setSignedCookie(c, "session", JSON.stringify({ id, at: now() }), secret);
      return c.json({});
    })
    .post("/auth/logout", (c) => {
      deleteCookie(c, "session");
      return c.json({});
    })
    .post("/create", async (c) => {
      const session = await whoIs(c);
      const { title, body } = await c.req.json();
      await leaving.db.write([{
        sql: "INSERT INTO post (author_id, title, body) VALUES (?, ?, ?)",
        args: [session!.id, title, body],
      }]);
      return c.json({}, 201);
    })
    .get("/", async (c) => {
      const session = await whoIs(c);
      const [found] = await leaving.db.read([{
        sql: "SELECT username FROM user WHERE id = ?",
        args: [session?.id ?? null],
      }]);
      return c.json({ user: found!.rows[0]?.username ?? null });
    })
    .route("/", leaving.app);
  return { app, leaving };
}
