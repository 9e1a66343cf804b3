import assert from "node:assert/strict";
import { dictionary } from "@zxcvbn-ts/language-common";
import fc from "fast-check";
import { createApp } from "../../app.ts";
import { dataMap, membership, ownTables } from "../../mod.ts";
import { emailAddress, fold, loginName } from "../../domain/member.ts";
import { passwordProblem } from "../../domain/password.ts";
import {
  Browser,
  goodPassword,
  join,
  newMember,
  openApp,
  signIn,
  withApp,
} from "../support/harness.ts";

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
  assert.equal(await fieldsFor({ password: "qzjxkwvm".repeat(32) }), "joined");
  assert.deepEqual(await fieldsFor({ password: "q".repeat(257) }), { password: "너무 깁니다." });
  assert.deepEqual(
    await fieldsFor({ password: "qzjxkwvmqzjxkw" }, { PASSWORD_MIN_LENGTH: "15" }),
    tooShort,
  );
});

const common = { password: "널리 쓰이거나 유출된 비밀번호입니다. 다른 비밀번호를 정해 주세요." };

Deno.test("each of the 3,000 most common passwords of eight characters or more is refused", () => {
  const list = dictionary["passwords-common"] as string[];
  const long = list.filter((word) => [...fold(word)].length >= 8).slice(0, 3000);
  assert.equal(long.length, 3000);
  const context = { name: "zzzz", email: "yyyy@example.com", service: [] };
  for (const word of long) {
    assert.equal(passwordProblem(word.toUpperCase(), context, 8), "common", word);
  }
});

Deno.test("a password that is easily guessed is refused: words, repetitions, sequences, years", async () => {
  const guessed = [
    ...["PassWord", "password1234", "Password1!", "P@ssw0rd2024", "p4$$w0rd!!!!", "$unshine1"],
    ...["monkey123!", "Summer2024!", "dragon007!", "password8372", "love1234!", "iloveyou!!"],
    ...["aaaaaaaa", "ababababab", "abc123abc123", "aabbccdd", "passwordpassword", "qzjxqzjxqzjx"],
    ...["x".repeat(80), "🦊".repeat(15), "abcdefgh", "hgfedcba", "12345678", "98765432"],
    ...["qwerty123456", "qwer1234!", "asdfasdf", "asdfghjkl", "!@#$%^&*", "zxcvbnm1", "1q2w3e4r!"],
    ...["01012345678", "19870512", "monkeydragon", "비밀번호123!", "qlalfqjsgh12", "tkfkdgo1004"],
  ];
  const app = await openApp({ env: { THROTTLE_SCALE: "1000" } });
  for (const password of guessed) {
    const answer = await new Browser(app).send("POST", "/register", { ...form, password });
    assert.deepEqual(answer.json.fields, common, password);
  }
  const hong = await newMember(app, "hong");
  const change = { current: goodPassword, password: "password1234" };
  const answer = await hong.send("POST", "/userinfo/password", change);
  assert.deepEqual(answer.json.fields, common);
  await app.close();
});

Deno.test("passphrases in Korean and English and random passwords are accepted", () => {
  const context = { name: "zzzz", email: "yyyy@example.com", service: ["Annyeong", "안녕"] };
  const accepted = (password: string) => passwordProblem(password, context, 8) === null;
  for (
    const password of [
      ...["correct horse battery staple", "a fine day for hello", "qz jx kw", "qzjxkwvm"],
      ...["my dog is happy", "blue monday rain", "Tr0ub4dor&3", "haneul-2026-sky"],
      ...[
        "동해물과백두산이",
        "봄바람 커피 두잔",
        " 하늘 Sky 구름 ",
        "산과 바다와 하늘",
        "우리집강아지콩이",
      ],
    ]
  ) {
    assert.ok(accepted(password), password);
  }
  const english = (dictionary["diceware-common"] as string[]).filter((word) =>
    /^[a-z]{4,}$/.test(word)
  );
  const korean =
    "하늘 바다 구름 나무 커피 바람 강아지 고양이 여름 겨울 노을 책상 연필 우산 기차 호수 달빛 별빛 " +
    "소나무 떡볶이 김치 수박 참외 오솔길 은행 도서관 자전거 지하철 시골 할머니 이야기 노래 피아노";
  assert.ok(english.length > 3000);
  const phrase = (words: string[], gaps: string[]) =>
    fc.tuple(
      fc.uniqueArray(fc.constantFrom(...words), { minLength: 3, maxLength: 6 }),
      fc.constantFrom(...gaps),
    );
  const check = (chosen: fc.Arbitrary<[string[], string]>) =>
    fc.assert(fc.property(chosen, ([words, gap]) => {
      const password = words.join(gap);
      return [...password].length < 8 || accepted(password);
    }));
  check(phrase(english, [" ", "-", ".", ", "]));
  check(phrase(korean.split(" "), [" ", "-", ""]));
  const letters = fc.constantFrom(..."abcdefghijklmnopqrstuvwxyz0123456789");
  const random = fc.sample(fc.array(letters, { minLength: 12, maxLength: 12 }), 2000);
  const refused = random.filter((drawn) => !accepted(drawn.join("")));
  assert.ok(refused.length <= 2, `${refused.length} of 2,000 random passwords were refused`);
});

Deno.test("a password that contains the member's or the service's name is refused", async () => {
  const contains = {
    password: "아이디, 이메일 또는 서비스 이름이 들어간 비밀번호는 쓸 수 없습니다.",
  };
  assert.deepEqual(await fieldsFor({ password: "xx-HONG-xx" }), contains);
  assert.deepEqual(await fieldsFor({ email: "kildong@b.co", password: "xxkildongxx" }), contains);
  const dotted = { user_id: "hong.gil-dong", password: "Hong Gil Dong's dog" };
  assert.deepEqual(await fieldsFor(dotted), contains);
  assert.deepEqual(await fieldsFor({ password: "annyeong my old friend" }), contains);
  assert.deepEqual(await fieldsFor({ password: "안녕하신지요 여러분" }), contains);

  const { parts } = membership({
    dataMap: dataMap(ownTables),
    name: "하루다방",
    words: { en: { service: { name: "Haru Tea" } } },
  });
  await withApp({ beside: { parts, app: createApp, folder: "." } }, async (app) => {
    for (const password of ["haru tea at four", "HaruTea-9-clouds", "하루 다방에서 만나요"]) {
      const answer = await new Browser(app).send("POST", "/register", { ...form, password });
      assert.deepEqual(answer.json.fields, contains, password);
    }
    assert.equal((await join(app, "hong", "haru likes green tea")).status, 201);
  });
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

Deno.test("a user id with @ is refused unless it is the member's own e-mail address", async () => {
  const foreign = { user_id: "@가 들어간 아이디는 본인의 이메일 주소와 같아야 합니다." };
  for (const user_id of ["kim@example.com", "@hong", "hong@", "hong@example.co"]) {
    assert.deepEqual(await fieldsFor({ user_id }), foreign, user_id);
  }
  for (const user_id of ["hong@example.com", "HONG@Example.com"]) {
    assert.equal(await fieldsFor({ user_id, password: "blue monday rain" }), "joined", user_id);
  }
  await withApp({}, async (app) => {
    const typed = new URLSearchParams({ ...form, user_id: "kim@example.com" }).toString();
    const headers = {
      "Accept": "text/html",
      "Accept-Language": "en",
      "Content-Type": "application/x-www-form-urlencoded",
    };
    const page = await new Browser(app).send("POST", "/register", typed, headers);
    assert.equal(page.status, 400);
    assert.ok(page.text.includes("A username with @ must be your own email address."), page.text);
  });
});

Deno.test("POST /register accepts the tutorial's field names, and prefers its own", async () => {
  await withApp({}, async (app) => {
    const form = { userid: "hong", userpw: goodPassword, email: "hong@example.com" };
    const headers = { "Content-Type": "application/x-www-form-urlencoded" };
    const typed = new URLSearchParams(form).toString();
    assert.equal((await new Browser(app).send("POST", "/register/", typed, headers)).status, 201);
    await signIn(app, "hong");
    const both = {
      ...form,
      email: "kim@example.com",
      user_id: "kim",
      password: "blue monday rain",
    };
    assert.equal((await new Browser(app).send("POST", "/register", both)).status, 201);
    await signIn(app, "kim", "blue monday rain");
    const missing = await new Browser(app).send("POST", "/register", { email: "lee@example.com" });
    assert.deepEqual(Object.keys(missing.json.fields), ["user_id", "password"]);
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

Deno.test("an address that is compared as another domain's is refused, so that nobody takes its place", async () => {
  await withApp({}, async (app) => {
    const joining = (user_id: string, email: string) =>
      new Browser(app).send("POST", "/register", { user_id, email, password: goodPassword });
    for (const email of ["kim@gma\u0131l.com", "kim@\uff47mail.com", "kim@gma\u2113l.com"]) {
      const { status, json } = await joining("squatter", email);
      assert.deepEqual([status, Object.keys(json.fields)], [400, ["email"]], email);
    }
    assert.equal((await joining("kim", "Kim@Gmail.com")).status, 201);
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
