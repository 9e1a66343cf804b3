/** The floor of the benchmarks: only Hono, the database driver and one statement for each request. */
import { Hono } from "hono";
import { openClient } from "./database.ts";

const client = await openClient(Deno.env.get("TURSO_DATABASE_URL")!);
await client.execute(`
  CREATE TABLE IF NOT EXISTS users (
    id            TEXT    NOT NULL PRIMARY KEY,
    name          TEXT    NOT NULL,
    name_key      TEXT    NOT NULL UNIQUE,
    email         TEXT    NOT NULL,
    email_key     TEXT    NOT NULL UNIQUE,
    password_hash TEXT    NOT NULL,
    rank          TEXT    NOT NULL DEFAULT 'member',
    joined_at     INTEGER NOT NULL
  ) STRICT`);

export default new Hono()
  .get("/healthz", (c) => c.json({ status: "alive" }))
  .put("/users/:id", async (c) => {
    const id = c.req.param("id");
    const sql = "INSERT INTO users VALUES (?, ?, ?, ?, ?, ?, 'member', ?)";
    const args = [id, id, id, `${id}@example.com`, `${id}@example.com`, "x".repeat(90), Date.now()];
    await client.batch([{ sql, args }], "write");
    return c.json({ message: "joined" }, 201);
  })
  .get("/users/:id", async (c) => {
    const { rows: [row] } = await client.execute({
      sql: "SELECT name, email, rank, joined_at FROM users WHERE id = ?",
      args: [c.req.param("id")],
    });
    if (!row) return c.notFound();
    const { name: user_id, email, rank, joined_at } = row;
    return c.json({ user_id, email, rank, joined_at: new Date(Number(joined_at)).toISOString() });
  })
  .delete("/users/:id", async (c) => {
    const sql = "DELETE FROM users WHERE id = ?";
    await client.batch([{ sql, args: [c.req.param("id")] }], "write");
    return c.json({ message: "deleted" });
  });
