import assert from "node:assert/strict";
import { dictionary } from "@zxcvbn-ts/language-common";
import { emailAddress, fold, loginName } from "../../domain/member.ts";
import { Browser, goodPassword, join, openApp, signIn, withApp } from "../support/harness.ts";

const form = { user_id: "hong", email: "hong@example.com", password: goodPassword };

async function fieldsFor(change: Record<string, unknown>, env: Record<string, string> = {}) {
  const app = await openApp({ env });
  const answer = await new Browser(app).send("POST", "/register", { ...form, ...change });
  const rows = await app.sql("SELECT id FROM users");
  await app.close();
  assert.equal(rows.length, answer.status === 201 ? 1 : 0);
  return answer.status === 201 ? "joined" : answer.json.fields;
}

Deno.test("POST /register says which field is missing, malformed or too long", async () => {
  const required = "필수 항목입니다.";
  const malformed = "형식이 올바르지 않습니다.";
  assert.deepEqual(await fieldsFor({ user_id: undefined }), { user_id: required });
  assert.deepEqual(await fieldsFor({ email: undefined }), { email: required });
  assert.deepEqual(await fieldsFor({ password: "" }), { password: required });
  for (const value of [null, 7, true, ["a"], { $ne: 1 }]) {
    assert.deepEqual(await fieldsFor({ email: value }), { email: malformed });
    assert.deepEqual(await fieldsFor({ user_id: value }), { user_id: malformed });
    assert.deepEqual(await fieldsFor({ password: value }), { password: malformed });
  }
  for (const value of ["<b>hong", "hong gil", "hong\u0000", "\ud800hong", "' OR 1=1--"]) {
    assert.deepEqual(await fieldsFor({ user_id: value }), { user_id: malformed });
  }
  assert.deepEqual(await fieldsFor({ email: "a@b.co\r\nBcc: x@y.z" }), { email: malformed });
  assert.deepEqual(await fieldsFor({ user_id: "x".repeat(41) }), { user_id: "너무 깁니다." });
  assert.deepEqual(await fieldsFor({ user_id: "x".repeat(40) }), "joined");
  assert.deepEqual(await fieldsFor({ email: `${"x".repeat(250)}@b.co` }), {
    email: "너무 깁니다.",
  });
});

Deno.test("password length is counted in code points, and there are no composition rules", async () => {
  const tooShort = { password: "너무 짧습니다." };
  assert.deepEqual(await fieldsFor({ password: "qzjxkwv" }), tooShort);
  assert.equal(await fieldsFor({ password: "qzjxkwvm" }), "joined");
  assert.deepEqual(await fieldsFor({ password: "🦊".repeat(7) }), tooShort);
  assert.equal(await fieldsFor({ password: "🦊🐢🦉🐝🐙🐳🦔🐌" }), "joined");
  assert.equal(await fieldsFor({ password: "동해물과백두산이" }), "joined");
  assert.equal(await fieldsFor({ password: "qz jx kw" }), "joined");
  assert.equal(await fieldsFor({ password: "qzjx".repeat(64) }), "joined");
  assert.deepEqual(await fieldsFor({ password: "q".repeat(257) }), { password: "너무 깁니다." });
  assert.deepEqual(
    await fieldsFor({ password: "qzjxkwvmqzjxkw" }, { PASSWORD_MIN_LENGTH: "15" }),
    tooShort,
  );
});

Deno.test("a password that is common, or that contains a name, is refused with the reason", async () => {
  const list = dictionary["passwords-common"] as string[];
  const long = list.filter((word) => [...fold(word)].length >= 8).slice(0, 3000);
  assert.equal(long.length, 3000, "common passwords of 8 characters or more");
  const common = { password: "널리 쓰이거나 유출된 비밀번호입니다. 다른 비밀번호를 정해 주세요." };
  const { passwordProblem } = await import("../../domain/password.ts");
  const owner = { name: "zzzz", email: "yyyy@example.com" };
  for (const word of long) {
    assert.equal(passwordProblem(word.toUpperCase(), owner, 8), "common", word);
  }
  assert.deepEqual(await fieldsFor({ password: "PassWord" }), common);

  const contains = {
    password: "아이디, 이메일 또는 서비스 이름이 들어간 비밀번호는 쓸 수 없습니다.",
  };
  assert.deepEqual(await fieldsFor({ password: "xx-HONG-xx" }), contains);
  assert.deepEqual(await fieldsFor({ email: "kildong@b.co", password: "xxkildongxx" }), contains);
  assert.deepEqual(await fieldsFor({ password: "annyeongannyeong" }), contains);
  assert.deepEqual(await fieldsFor({ password: "안녕하세요안녕하세요" }), contains);
});

Deno.test("names and e-mails are compared without regard to case, width or normalization", async () => {
  await withApp({}, async (app) => {
    assert.equal((await join(app, "Straße".normalize("NFC"))).status, 201);
    const taken = async (user_id: string, email: string) => {
      const answer = await new Browser(app).send("POST", "/register", { ...form, user_id, email });
      assert.equal(answer.status, 409);
      assert.deepEqual(answer.json, {
        error: "이미 사용 중이거나 지금은 가입할 수 없는 아이디 또는 이메일입니다.",
        code: "conflict",
      });
    };
    await taken("STRASSE", "other@example.com");
    await taken("ｓｔｒａｓｓｅ", "other@example.com");
    await taken("somebody", "STRASSE@EXAMPLE.COM");
    assert.equal((await join(app, "홍길동".normalize("NFD"))).status, 201);
    await taken("홍길동".normalize("NFC"), "other@example.com");
    await signIn(app, "ｓＴＲＡＳＳＥ");
  });
});

Deno.test("POST /register ignores fields that it does not ask for", async () => {
  await withApp({}, async (app) => {
    const extra = { id: "1", rank: "admin", joined_at: 0, password_hash: "x", __proto__: { a: 1 } };
    const answer = await new Browser(app).send("POST", "/register", { ...form, ...extra });
    assert.equal(answer.status, 201);
    const [row] = await app.sql(
      "SELECT id, rank, joined_at, hash FROM users JOIN passwords ON user_id = id",
    );
    assert.equal(row!.rank, "member");
    assert.equal(row!.joined_at, app.clock.now());
    assert.match(String(row!.id), /^[\w-]{22}$/);
    assert.match(String(row!.hash), /^\$scrypt\$ln=4,r=8,p=5\$[\w+/]{22}\$[\w+/]{43}$/);
  });
});

Deno.test("two members with one password have two hashes, and neither is the password", async () => {
  await withApp({}, async (app) => {
    await join(app, "hong");
    await join(app, "kim");
    const hashes = (await app.sql("SELECT hash FROM passwords")).map((row) => row.hash);
    assert.equal(new Set(hashes).size, 2);
    assert.ok(!JSON.stringify(hashes).includes(goodPassword));
  });
});

Deno.test("names and e-mails with invisible or malformed characters are refused", () => {
  for (
    const name of [
      "bob\u3164",
      "bob\ufe0f",
      "\u3164\u3164",
      "b\u034fb",
      "b\u200db",
      "\u0301\u0301",
      "../..",
      "__",
    ]
  ) {
    assert.equal(loginName.safeParse(name).success, false, JSON.stringify(name));
  }
  for (const name of ["홍길동", "王小明", "jo", "a.b-c_d@e+f", "नमस्ते", "Jürgen"]) {
    assert.equal(loginName.safeParse(name).success, true, name);
  }
  for (
    const email of [
      "a\u200b@b.co",
      "a@-",
      "<script>@x",
      "a@b",
      "@b.co",
      "a@b..co",
      "a b@c.co",
      "a@.co",
    ]
  ) {
    assert.equal(emailAddress.safeParse(email).success, false, JSON.stringify(email));
  }
  for (const email of ["a@b.co", "a+b@sub.example.com", "홍@한국.kr", "o'neil@example.ie"]) {
    assert.equal(emailAddress.safeParse(email).success, true, email);
  }
});
