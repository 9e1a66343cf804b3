import assert from "node:assert/strict";

const folder = await Deno.makeTempDir();
Deno.env.set("ANNYEONG_ENV", "development");
Deno.env.set("TURSO_DATABASE_URL", `file:${folder}/test.db`);
const { default: members } = await import("./members.ts");
const { default: server } = await import("./main.ts");

let cookie = "";

async function send(
  method: string,
  path: string,
  form?: Record<string, string>,
) {
  const answer = await server.fetch(
    new Request(`http://127.0.0.1${path}`, {
      method,
      headers: {
        Cookie: cookie,
        Accept: path === "/notes" ? "text/html" : "application/json",
      },
      body: form ? new URLSearchParams(form) : null,
    }),
    {} as never, // connection info on Deno, bindings on Workers
    {} as never,
  );
  cookie = answer.headers.get("Set-Cookie")?.split(";")[0] ?? cookie;
  return { status: answer.status, text: await answer.text() };
}

Deno.test("a member who leaves takes their notes along", async () => {
  const password = "a fine day for hello";
  const haneul = { user_id: "haneul", email: "haneul@example.com", password };
  assert.equal((await send("POST", "/register", haneul)).status, 201);
  assert.equal(
    (await send("POST", "/login", { user_id: "haneul", password })).status,
    200,
  );
  assert.equal((await send("POST", "/notes", { text: "<tea>" })).status, 303);
  assert.match((await send("GET", "/notes")).text, /<li>&lt;tea&gt;<\/li>/);

  const left = await send("DELETE", "/withdrawal");
  assert.equal(left.status, 200, left.text);
  const [notes] = await members.db.read(["SELECT count(*) AS n FROM notes"]);
  assert.equal(notes!.rows[0]!.n, 0);
});
