import { getMigrations } from "better-auth/db/migration";
import { Hono } from "hono";
import { auth, exit, options } from "./auth.ts";
import { homePage, signInPage, signOutPage } from "./pages.ts";

await (await getMigrations(options)).runMigrations();

const app = new Hono()
  .on(["GET", "POST"], "/api/auth/*", (c) => auth.handler(c.req.raw))
  .get("/sign-in", (c) => c.html(signInPage))
  .get("/sign-out", (c) => c.html(signOutPage))
  .get("/", async (c) => {
    const session = await auth.api.getSession({ headers: c.req.raw.headers });
    if (!session) return c.redirect("/sign-in");
    const [notes] = await exit.db.read([{
      sql: "SELECT text FROM note WHERE user_id = ?",
      args: [session.user.id],
    }]);
    return c.html(homePage(session.user.name, notes!.rows.map(({ text }) => String(text))));
  })
  .post("/notes", async (c) => {
    const session = await auth.api.getSession({ headers: c.req.raw.headers });
    if (!session) return c.redirect("/sign-in");
    const { text } = await c.req.parseBody();
    await exit.db.write([{
      sql: "INSERT INTO note (id, user_id, text) SELECT ?, id, ? FROM user WHERE id = ?",
      args: [crypto.randomUUID(), String(text), session.user.id],
    }]);
    return c.redirect("/", 303);
  })
  .route("/", exit.app);

export default await exit.serve(app);
