/** Malformed and hostile requests to every route: each gets a documented answer, reveals nothing internal and changes no other member. */
import fc from "fast-check";
import assert from "node:assert/strict";
import { statuses } from "../../domain/error.ts";
import { ownWords } from "../../messages/mod.ts";
import {
  Browser,
  captureLog,
  goodPassword,
  join,
  newMember,
  signIn,
  type TestApp,
  withApp,
} from "../support/harness.ts";
import { rounds, runs } from "../support/rounds.ts";
import { tally } from "../support/tally.ts";

const env = {
  THROTTLE_SCALE: "1000000",
  PASSWORD_COST: "1",
  TRUSTED_PROXY_HEADER: "X-Forwarded-For",
};

const hostile = fc.constantFrom(
  "\ud800",
  "a\udc00b",
  "\0",
  "a\0b",
  "\u202eevil\u202c",
  "\u200b\u200d\ufeff",
  "a\u0301".repeat(60),
  "\u{10ffff}\u{1f469}\u200d\u{1f4bb}",
  "'; DROP TABLE users; --",
  "%00%ff%",
  "<script>alert(1)</script>",
  "__proto__",
  "constructor",
  "\r\nSet-Cookie: a=b",
  "NaN",
  "null",
  "회원탈퇴",
  goodPassword,
  "witness",
  "witness@example.com",
  "x".repeat(257),
  "가".repeat(5000),
  "a@".repeat(8000),
  "a.".repeat(7000) + "a@b",
);
const text = fc.oneof(
  hostile,
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.string({ maxLength: 40 }),
);
const scalar = fc.oneof(
  text,
  fc.constantFrom<unknown>(null, true, false, 0, -0, 1e308, -1, 2 ** 53, [], {}, [[]]),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
const value = fc.oneof(
  { weight: 4, arbitrary: scalar },
  fc.array(scalar, { maxLength: 4 }),
  fc.jsonValue({ maxDepth: 4 }),
);
const field = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.constantFrom(
      ...["user_id", "email", "password", "phrase", "reason", "current", "userid", "userpw"],
    ),
  },
  fc.constantFrom("__proto__", "constructor", "prototype", "toString", "then", "", "fields", "id"),
  text,
);
const entries = fc.array(fc.tuple(field, value), { maxLength: 6 });

/** An object as text, so that a key can come twice and `__proto__` is a key. */
const object = entries.map((pairs) =>
  `{${pairs.map(([key, one]) => `${JSON.stringify(key)}:${JSON.stringify(one)}`).join(",")}}`
);
const almostGood = fc.record({
  user_id: fc.oneof(fc.constantFrom("kim", "witness", "WITNESS "), value),
  email: fc.oneof(fc.constantFrom("kim@example.com", "witness@example.com"), value),
  password: fc.oneof(fc.constantFrom(goodPassword, "battery staple 9"), value),
  current: fc.oneof(fc.constant(goodPassword), value),
  phrase: fc.oneof(fc.constant("delete"), value),
  reason: fc.oneof(fc.constantFrom("privacy", "because"), value),
}, { requiredKeys: [] }).map((one) => JSON.stringify(one));

const json = fc.oneof(
  { weight: 3, arbitrary: object },
  { weight: 3, arbitrary: almostGood },
  fc.jsonValue().map((one) => JSON.stringify(one)),
  fc.tuple(object, fc.nat(60)).map(([whole, at]) => whole.slice(0, at)),
  fc.constantFrom(
    ...["[".repeat(8000), '{"a":'.repeat(3000), "NaN", "undefined", "\ufeff{}", " ", "{}{}", "'a'"],
    ...[
      '{"user_id":"\\ud800","password":"\\u0000\\udfff"}',
      '{"password":1e999}',
      "0".repeat(16_384),
    ],
    ...[`{"password":"${"x".repeat(16_384 - 15)}"}`, `"${"x".repeat(16_384)}"`, '"\\u0000"'],
  ),
);
const form = fc.oneof(
  fc.array(fc.tuple(field, text), { maxLength: 6 })
    .map((pairs) => new URLSearchParams(pairs).toString()),
  fc.constantFrom(
    ...[
      "%",
      "%zz=%ff",
      "&&&=&",
      "a[b][c]=1",
      "user_id=a&user_id=b&password=c&password=d",
      "=",
      "+",
    ],
    ...["__proto__=1&__proto__[x]=2", "password%00=x", "user_id=%ED%A0%80&password=%C0%80", "a;b"],
    ...["a=1&".repeat(4000), `password=${"%20".repeat(5000)}`],
  ),
);
const body: fc.Arbitrary<string | Uint8Array<ArrayBuffer> | undefined> = fc.oneof(
  { weight: 4, arbitrary: json },
  { weight: 2, arbitrary: form },
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Uint8Array.from(bytes)),
  fc.constant(undefined),
);

const path = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.constantFrom(
      ...["/", "/register", "/login", "/logout", "/userinfo", "/userinfo/export", "/policy"],
      ...["/userinfo/password", "/userinfo/sessions", "/userinfo/sessions/x", "/withdrawal"],
      ...["/restoration", "/recovery/x", "/recovery/x/withdrawal", "/receipts/x", "/healthz"],
      ...["/readyz", "/readyz/withdrawal", "/openapi.json", "/.well-known/jwks.json"],
    ),
  },
  text.map((one) => `/userinfo/sessions/${encode(one)}`),
  text.map((one) => `/receipts/${encode(one)}`),
  text.map((one) => `/recovery/${encode(one)}`),
  text.map((one) => `/${encode(one)}`),
  fc.constantFrom(
    ...[
      "//withdrawal",
      "/withdrawal//",
      "/withdrawal/../userinfo",
      "/%77ithdrawal",
      "/%00",
      "/%ff",
    ],
    ...[
      "/receipts/%",
      "/receipts/%E0%A4%A",
      "/receipts/%2e%2e%2f",
      "/WITHDRAWAL",
      "/a".repeat(2000),
    ],
    ...["/userinfo;x=1", "/*", "/:id", "/receipts/:id", "/constructor", "/__proto__"],
  ),
);
const query = fc.oneof(
  { weight: 3, arbitrary: fc.constant("") },
  fc.constantFrom(
    "?lang=en",
    "?lang=__proto__",
    "?lang=%ff",
    "?lang=ko&lang=en",
    "?%",
    "?lang=toString",
  ),
  text.map((one) => `?lang=${encode(one)}`),
);

function encode(one: string): string {
  return encodeURIComponent(one.toWellFormed()).slice(0, 6000);
}

const latin = fc.oneof(
  fc.string({ maxLength: 60 }).map((one) => one.replace(/[^ -~]/g, "")),
  fc.uint8Array({ maxLength: 40 }).map((bytes) =>
    String.fromCharCode(...bytes.map((byte) => byte < 32 || byte === 127 ? 32 : byte))
  ),
  fc.constantFrom("", ",", ";;;", "q=", "*/*;q=x", "__proto__", "toString", "x".repeat(6000)),
);
const headers = fc.record({
  "Content-Type": fc.oneof(
    { weight: 4, arbitrary: fc.constant("application/json") },
    { weight: 2, arbitrary: fc.constant("application/x-www-form-urlencoded") },
    fc.constantFrom(
      ...["application/json; charset=utf-16", "APPLICATION/JSON", "application/json;", "text/json"],
      ...["multipart/form-data; boundary=x", "multipart/form-data", "text/plain", ";", "json"],
      ...["application/x-www-form-urlencoded; charset=latin1", "application/vnd.api+json"],
    ),
    latin,
  ),
  "Accept": fc.oneof(
    fc.constantFrom("text/html", "application/json", "*/*", "text/html;q=NaN", "text/*;q=-1,;;"),
    latin,
  ),
  "Accept-Language": fc.oneof(
    fc.constantFrom("en", "ko", "__proto__", "en;q=0,*", "constructor", "x-y-z"),
    latin,
  ),
  "X-Forwarded-For": fc.oneof(fc.constantFrom("::1", "[::1%25]:x", ",", "1.2.3.4, %"), latin),
  "X-Forwarded-Proto": latin,
  "X-Forwarded-Host": fc.constantFrom("evil.example", "evil.example\tx"),
  "User-Agent": latin,
  "Origin": fc.constantFrom("https://members.example", "null", "https://evil.example"),
  "Sec-Fetch-Site": fc.constantFrom("same-origin", "none", "cross-site", "x"),
  "Content-Length": fc.constantFrom("0", "1", "999999999", "-1", "x"),
  "X-Request-Id": latin,
}, { requiredKeys: [] });

const cookie = fc.oneof(
  { weight: 4, arbitrary: fc.constant("member" as const) },
  fc.constant("none" as const),
  latin.map((garbage) => ({ garbage: `__Host-annyeong=${garbage}; lang=${garbage}` })),
  fc.constantFrom("=", "lang=__proto__", "__Host-annyeong=a.b.c*d", "annyeong=x; ;;", "a=%E0%A4%A")
    .map((garbage) => ({ garbage })),
);

const request = fc.record({
  method: fc.constantFrom(
    ...[
      "POST",
      "POST",
      "POST",
      "GET",
      "DELETE",
      "PUT",
      "PATCH",
      "HEAD",
      "OPTIONS",
      "PROPFIND",
      "x",
    ],
  ),
  path,
  query,
  headers,
  cookie,
  body,
});

/** Words that reveal something internal: engine, libraries, files, stacks. */
const inside =
  /SQLITE|libsql|\bsqld\b|hrana|\bzod\b|\bhono\b|node_modules|file:\/|\.tsx?:\d|\bat \w+ \(|(Type|Range|Syntax|App)Error/i;

/** All that a refusal may say. */
const sentences = new Set(
  Object.values(ownWords).flatMap(({ problem, sentence, field }) =>
    [problem, sentence, field].flatMap((words): string[] => Object.values(words))
  ),
);

function assertHeaders(headers: Headers) {
  assert.match(headers.get("X-Request-Id") ?? "", /^[0-9a-f-]{36}$/);
  assert.equal(headers.get("X-Content-Type-Options"), "nosniff");
  assert.match(headers.get("Strict-Transport-Security") ?? "", /max-age=63072000/);
  assert.match(headers.get("Content-Security-Policy") ?? "", /default-src 'none'/);
  assert.equal(headers.get("X-Frame-Options"), "DENY");
  assert.equal(headers.get("Access-Control-Allow-Origin"), null);
  assert.ok(headers.get("Cache-Control"));
}

/** A documented answer: JSON of the contract, a page, or an empty body, with our headers. */
function assertOurs(status: number, headers: Headers, text: string) {
  assert.ok(status >= 200 && status < 500, `${status} ${text}`);
  assertHeaders(headers);
  assert.doesNotMatch(text, inside);
  const type = headers.get("Content-Type") ?? "";
  if (text === "") return;
  if (type.startsWith("text/html")) {
    assert.match(text, /^<!DOCTYPE html>/i);
    assert.doesNotMatch(text, /<script>/i);
    return;
  }
  assert.match(type, /^application\/json/);
  const answer = JSON.parse(text);
  assert.equal(Object.getPrototypeOf(answer), Object.prototype);
  if (status < 400) return;
  assert.ok(sentences.has(answer.error), answer.error);
  assert.equal(statuses[answer.code as keyof typeof statuses], status, text);
  const known = ["error", "code", "fields", "confirm", "erase_at", "receipt_id"];
  assert.deepEqual(Object.keys(answer).filter((key) => !known.includes(key)), []);
  if (answer.code !== "invalid") return;
  for (const sentence of Object.values(answer.fields)) assert.ok(sentences.has(sentence as string));
}

/** Everything that is stored about a member who sent none of the requests. */
async function rowsOf(app: TestApp, name: string): Promise<string> {
  const rows = await Promise.all([
    app.sql("SELECT * FROM users WHERE name = ?", [name]),
    ...["sessions", "sign_ins", "withdrawals", "links"].map((table) =>
      app.sql(`SELECT * FROM ${table} WHERE user_id = (SELECT id FROM users WHERE name = ?)`, [
        name,
      ])
    ),
  ]);
  return JSON.stringify(rows);
}

/** A member whose password is in no request. */
async function newWitness(app: TestApp): Promise<Browser> {
  const password = "told to no one 3";
  assert.equal((await join(app, "witness", password)).status, 201);
  return await signIn(app, "witness", password);
}

/** A member whom the requests may change. They join again when they have left. */
async function victim(app: TestApp, before: Browser | null): Promise<Browser> {
  if (before && (await before.get("/userinfo")).status === 200) return before;
  await app.sql("DELETE FROM users WHERE name = 'victim'");
  return await newMember(app, "victim");
}

const unsafe = [
  ...[
    "POST /register",
    "POST /login",
    "POST /logout",
    "POST /userinfo/password",
    "POST /restoration",
  ],
  ...["POST /withdrawal", "DELETE /withdrawal", "POST /recovery/x", "POST /recovery/x/withdrawal"],
  ...["POST /userinfo/sessions/x", "DELETE /userinfo/sessions/x", "PUT /userinfo", "POST /nothing"],
];
const good = {
  user_id: "kim",
  email: "kim@example.com",
  password: "a wrong one",
  current: "a wrong one too",
  phrase: "delete",
  reason: "other",
};
const oddities = [
  ...["null", "true", "5", "-0", "1e999", '""', '"\\ud800"', '"\\u0000"', "[]", '["x"]', "{}"],
  ...['{"a":1}', '{"__proto__":{"x":1}}', '{"toString":null}', "[".repeat(900) + "]".repeat(900)],
];
const fields = Object.keys(good) as (keyof typeof good)[];

/** Every shape at the top, and at every field of a body that is otherwise good; keys that come twice. */
const shapes = [
  ...oddities,
  ...["", "{", "}", "undefined", "[1,]", '{"password":}', "\ufeff{}", "\0"],
  ...fields.flatMap((field) =>
    oddities.flatMap((odd) => {
      const rest = JSON.stringify({ ...good, [field]: undefined }).slice(1);
      return [`{"${field}":${odd},${rest}`, `{"${field}":${odd},${JSON.stringify(good).slice(1)}`];
    })
  ),
];

Deno.test("every shape of body, on every route that takes one, gets a documented answer", async () => {
  await captureLog(async () => {
    await withApp({ env }, async (app) => {
      const witness = await newWitness(app);
      const before = await rowsOf(app, "witness");
      const member = await newMember(app, "victim");
      for (const route of unsafe) {
        const [method = "", path = ""] = route.split(" ");
        for (const shape of shapes) {
          for (const type of ["application/json", "application/x-www-form-urlencoded"]) {
            const browser = /password|sessions|userinfo|recovery|restoration/.test(path)
              ? member.copy()
              : new Browser(app);
            const headers = { "Content-Type": type };
            const answer = await browser.send(method, path, shape, headers);
            tally("Hostile requests", "every shape of body on every route", hundred(answer.status));
            try {
              assertOurs(answer.status, answer.headers, answer.text);
            } catch (error) {
              throw new Error(`${route} as ${type}: ${shape.slice(0, 200)}`, { cause: error });
            }
          }
        }
      }
      assert.equal((await member.get("/userinfo")).status, 200);
      assert.equal(await rowsOf(app, "witness"), before);
      assert.equal((await witness.get("/userinfo")).status, 200);
    });
  });
});

Deno.test("any request to any route gets a documented answer and changes no other member", async () => {
  await captureLog(async () => {
    await withApp({ env }, async (app) => {
      const witness = await newWitness(app);
      const before = await rowsOf(app, "witness");
      let member: Browser | null = null;
      const seen = new Set<number>();
      await fc.assert(
        fc.asyncProperty(request, async ({ method, path, query, headers, cookie, body }) => {
          if (cookie === "member") member = await victim(app, member);
          const jar = cookie === "member"
            ? { Cookie: member!.cookieHeader() }
            : cookie === "none"
            ? {}
            : { Cookie: cookie.garbage };
          const carries = body !== undefined && method !== "GET" && method !== "HEAD";
          const sent = new Request(app.origin + path + query, {
            method,
            headers: { ...headers, ...jar },
            ...(carries && { body }),
          });
          const answer = await app.fetch(sent);
          const text = await answer.text();
          seen.add(answer.status);
          tally("Hostile requests", "anything at any route", hundred(answer.status));
          assertOurs(answer.status, answer.headers, text);
          if (cookie === "member") {
            for (const one of answer.headers.getSetCookie()) keep(member!, one);
          }
        }),
        runs(2000),
      );
      assert.equal(await rowsOf(app, "witness"), before);
      assert.equal((await witness.get("/userinfo")).status, 200);
      assert.deepEqual(Object.keys(Object.prototype), [], "no prototype was written to");
      if (rounds(100) >= 100) {
        for (const status of [200, 400, 401, 403, 404, 405, 413, 415]) {
          assert.ok(seen.has(status), `${status} was met: it was not all refused at the door`);
        }
      }
    });
  });
});

/** Follows a replaced session; the next request notices one that ended. */
function keep(browser: Browser, cookie: string) {
  const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
  if (name && value && name !== "lang") browser.cookies.set(name, value);
}

const hundred = (status: number) => `${Math.floor(status / 100)}xx`;

const crlf = "\r\n";
const goodBody = JSON.stringify({ user_id: "witness", password: "wrong password" });
const rawHeader = fc.constantFrom(
  ...["Content-Length: 0", "Content-Length: 5", "Content-Length: 99999", "Content-Length: -1"],
  ...["Content-Length: 99999999999999999999", "Content-Length: 1e3", "Content-Length: 5, 6"],
  ...[`Content-Length: ${goodBody.length}`, "Transfer-Encoding: chunked", "Transfer-Encoding: x"],
  ...["Transfer-Encoding: chunked, chunked", "Expect: 100-continue", "Connection: close"],
  ...["Connection: upgrade", "Upgrade: websocket", "Content-Encoding: gzip", ": nothing", "a b: c"],
  ...["X: \0", "X: \x7f\x01", "Cookie: \xff\xfe", "Host: evil.example", " folded", "NoColon"],
  ...[`X: ${"y".repeat(20_000)}`, "Content-Type: text/plain", "Range: bytes=0-0", "Origin: null"],
);
const rawBody = fc.constantFrom(
  ...[
    "",
    goodBody,
    goodBody.slice(0, 9),
    "0\r\n\r\n",
    "5\r\nhello\r\n0\r\n\r\n",
    "zz\r\nhello\r\n",
  ],
  ...[
    `${goodBody.length.toString(16)}\r\n${goodBody}\r\n0\r\n\r\n`,
    "ffffffff\r\nx",
    "\0\0\0",
    "5\r\nhel",
  ],
  ...["4000\r\n" + "x".repeat(0x4000) + "\r\n4000\r\n" + "x".repeat(0x4000) + "\r\n0\r\n\r\n"],
  ...["x".repeat(70_000), goodBody + "GET /userinfo HTTP/1.1\r\nHost: a\r\n\r\n"],
);
const firstLine = fc.constantFrom(
  ...["POST /login HTTP/1.1", "POST /withdrawal HTTP/1.1", "DELETE /withdrawal HTTP/1.1"],
  ...[
    "POST /register HTTP/1.1",
    "GET /userinfo HTTP/1.1",
    "POST /login HTTP/1.0",
    "GET / HTTP/0.9",
  ],
  ...["GET http://evil.example/userinfo HTTP/1.1", "OPTIONS * HTTP/1.1", "CONNECT a:1 HTTP/1.1"],
  ...["TRACE / HTTP/1.1", "GET /\xff\0 HTTP/1.1", "GET  / HTTP/1.1", "\x16\x03\x01\x02", "GET /"],
  ...["PRI * HTTP/2.0", "POST /logout HTTP/1.1", `GET /${"a".repeat(70_000)} HTTP/1.1`, ""],
);
const conversation = fc.record({
  first: firstLine,
  headers: fc.array(rawHeader, { maxLength: 4 }),
  json: fc.boolean(),
  body: rawBody,
  /** How much of it is sent before the line goes dead, in thousandths. */
  part: fc.oneof(fc.constant(1000), fc.nat(1000)),
});

/** Sends bytes on a new socket, closes the sending half, and reads to the end. */
async function say(port: number, bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const timer = setTimeout(() => close(connection), 2000);
  const parts: Uint8Array[] = [];
  try {
    const listening = (async () => {
      const part = new Uint8Array(65_536);
      for (let read; (read = await connection.read(part)) !== null;) {
        parts.push(part.slice(0, read));
      }
    })();
    listening.catch(() => {});
    for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
    await connection.closeWrite();
    await listening;
  } catch {
    // refused, reset, or given up on: all right, as long as the service lives
  } finally {
    clearTimeout(timer);
    close(connection);
  }
  return parts.map((part) => new TextDecoder("latin1").decode(part)).join("");
}

function close(connection: Deno.TcpConn) {
  try {
    connection.close();
  } catch {
    // it is closed
  }
}

Deno.test("any bytes on a raw socket leave the service running and reveal nothing internal", async () => {
  await captureLog(async () => {
    await withApp({ env }, async (app) => {
      const witness = await newWitness(app);
      const before = await rowsOf(app, "witness");
      const quiet = { hostname: "127.0.0.1", port: 0, onListen() {} };
      const server = Deno.serve(quiet, (request) => app.fetch(request));
      const { port } = server.addr;
      let answered = 0;
      await fc.assert(
        fc.asyncProperty(conversation, async ({ first, headers, json, body, part }) => {
          const lines = [first, "Host: 127.0.0.1", ...headers];
          if (json) lines.push("Content-Type: application/json");
          const whole = lines.join(crlf) + crlf + crlf + body;
          const bytes = Uint8Array.from(whole, (char) => char.charCodeAt(0));
          const heard = await say(port, bytes.subarray(0, Math.ceil(bytes.length * part / 1000)));
          assert.doesNotMatch(heard, inside);
          for (const [, status] of heard.matchAll(/^HTTP\/1\.\d (\d{3})/gm)) {
            assert.ok(Number(status) < 500, heard);
          }
          const [head = "", text = ""] = heard.split("\r\n\r\n");
          const reached = /^x-request-id:/im.test(head); // otherwise it is the runtime's own
          const [status = "", ...rest] = head.split(crlf);
          const answer = reached ? hundred(Number(status.split(" ")[1])) : "none of ours";
          tally("Hostile requests", "bytes on a raw socket", answer);
          if (!reached) return;
          answered++;
          const ours = new Headers(
            rest.map((line) => line.split(/: ?(.*)/s, 2) as [string, string]),
          );
          assert.ok(Number(status.split(" ")[1]) < 500);
          assertHeaders(ours);
          if (Number(status.split(" ")[1]) >= 400 && text.startsWith("{")) {
            assert.match(text, /^\{"error":"[^"]+","code":"\w+"/);
          }
        }),
        runs(150),
      );
      if (rounds(100) >= 100) assert.ok(answered > 0, "some of it reached us");
      const alive = await fetch(`http://127.0.0.1:${port}/healthz`);
      assert.deepEqual(await alive.json(), { status: "alive" });
      await server.shutdown();
      assert.equal(await rowsOf(app, "witness"), before);
      assert.equal((await witness.get("/userinfo")).status, 200);
    });
  });
});
