/** The routes of this app. Annyeong answers every other path. */
import {
  limitBody,
  type Member,
  type MemberEnv,
  securityHeaders,
} from "annyeong";
import { Hono } from "hono";
import { html } from "hono/html";
import members from "./members.ts";

export default new Hono<MemberEnv>()
  .use("/notes", securityHeaders, limitBody)
  .get("/notes", members.requireMember, async (c) => {
    const texts = await listNotes(c.var.member);
    return c.html(html`
      <!DOCTYPE html>
      <html lang="en">
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width">
        <title>Notes</title>
        <h1>Notes of ${c.var.member.name}</h1>
        <form method="post">
          <label>A note <input name="text" required maxlength="1000"></label>
          <button>Add</button>
        </form>
        <ul>${texts.map((text) => html`<li>${text}</li>`)}</ul>
        <p><a href="/userinfo">Your record</a> · <a href="/withdrawal">Leave</a></p>
      </html>
    `);
  })
  .post("/notes", members.requireMember, async (c) => {
    const { text } = await c.req.parseBody();
    if (typeof text === "string" && text.trim()) {
      await addNote(c.var.member, text.trim());
    }
    return c.redirect("/notes", 303);
  })
  .route("/", members.app)
  .onError(members.onError);

async function listNotes(member: Member): Promise<string[]> {
  const sql =
    "SELECT text FROM notes WHERE user_id = ? ORDER BY written_at DESC LIMIT 100";
  const [notes] = await members.db.read([{ sql, args: [member.id] }]);
  return notes!.rows.map(({ text }) => String(text));
}

/** Selects from `users`, so that nothing is written for a member who is leaving at the same time. */
async function addNote(member: Member, text: string): Promise<void> {
  const sql = `INSERT INTO notes (id, user_id, text, written_at)
    SELECT ?, users.id, ?, ? FROM users WHERE users.id = ?`;
  const args = [
    crypto.randomUUID(),
    text.slice(0, 1000),
    Date.now(),
    member.id,
  ];
  await members.db.write([{ sql, args }]);
}
