/** How the body of a request is read, and what is not read as one. */
import assert from "node:assert/strict";
import { Browser, goodPassword, join, withApp } from "../support/harness.ts";

const credentials = { user_id: "hong", password: goodPassword };

Deno.test("a JSON body is read in one way: the last of two equal keys, with or without a BOM, only as UTF-8", async () => {
  await withApp({}, async (app) => {
    await join(app, "hong");
    const send = async (path: string, body: string | Uint8Array<ArrayBuffer>) => {
      const headers = { "Content-Type": "application/json" };
      const request = new Request(app.origin + path, { method: "POST", headers, body });
      return (await app.fetch(request)).status;
    };
    const twice =
      `{"user_id":"nobody","user_id":"hong","password":"x","password":"${goodPassword}"}`;
    assert.equal(await send("/login", twice), 200);
    assert.equal(await send("/login", `\ufeff${JSON.stringify(credentials)}`), 200);
    const email = '"email":"kim@example.com"';
    const joining = `{"user_id":"nobody","user_id":"kim",${email},"password":"${goodPassword}"}`;
    assert.equal(await send("/register", joining), 201);
    const names = await app.sql("SELECT name FROM users ORDER BY name");
    assert.deepEqual(names.map(({ name }) => name), ["hong", "kim"]);
    const wide = Uint16Array.from(JSON.stringify(credentials), (char) => char.charCodeAt(0));
    for (const path of ["/login", "/register"]) {
      assert.equal(await send(path, new Uint8Array(wide.buffer)), 400, path);
    }
  });
});

Deno.test("a body over 16 KiB is refused with any Content-Length", async () => {
  await withApp({}, async (app) => {
    const body = JSON.stringify({ ...credentials, password: "x".repeat(16 * 1024) });
    for (const length of ["5", "x", "-1"]) {
      const headers = { "Content-Type": "application/json", "Content-Length": length };
      const sent = new Request(`${app.origin}/login`, { method: "POST", headers, body });
      assert.equal(sent.headers.get("Content-Length"), length);
      assert.equal((await app.fetch(sent)).status, 413, length);
    }
  });
});

Deno.test("the query of a POST is not read as a form", async () => {
  await withApp({}, async (app) => {
    await join(app, "hong");
    const query = new URLSearchParams(credentials).toString();
    const visitor = new Browser(app);
    assert.equal((await visitor.send("POST", `/login?${query}`)).status, 400);
    assert.equal((await visitor.send("POST", `/login?${query}`, {})).status, 400);
    const other = { user_id: "kim", password: goodPassword };
    assert.equal((await visitor.send("POST", `/login?${query}`, other)).status, 401);
    assert.equal((await visitor.send("POST", "/login?user_id=kim", credentials)).status, 200);
    const leaving = await visitor.send("DELETE", "/withdrawal?phrase=x&password=x&user_id=x");
    assert.equal(leaving.status, 200, "nor is a wrong one held against anybody");
  });
});
