import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { readPassword } from "../../domain/import_password.ts";
import { createPasswords } from "../../crypto/passwords.ts";
import { sqldPath } from "../../cli/sqld.ts";
import { Browser, type Service, signIn } from "../support/harness.ts";
import { openWorker } from "../support/stacks.ts";
import * as made from "./hashes.ts";
import { onBoth, type Place, withPlace } from "./place.ts";

const { argon2Hash, bcryptHash, hashes, pbkdf2Hash, werkzeugHash } = made;
const rows = "SELECT id, login AS name, login || '@example.com' AS email, pw AS password FROM old";

async function fill(place: Place, passwords: readonly string[]) {
  await place.batch("CREATE TABLE old (id INTEGER PRIMARY KEY, login TEXT, pw TEXT)");
  const quoted = passwords.map((text, n) => `(${n + 1}, 'm${n + 1}', '${text}')`);
  await place.sql(`INSERT INTO old VALUES ${quoted.join(", ")}`);
}

function storedHash(place: Place, name: string) {
  return place.sql(`SELECT hash FROM passwords JOIN users ON id = user_id WHERE name = '${name}'`)
    .then(([row]) => String(row!.hash));
}

/**
 * Every member's password works, and then the hash is one of ours. A wrong one fails: for everybody,
 * or for the first of each form.
 */
async function everybodySignsIn(service: Service, place: Place, wrongFor: "all" | "first") {
  const forms = new Set<string>();
  for (const [n, { made: maker, form, password = made.password }] of hashes.entries()) {
    const name = `m${n + 1}`;
    if (wrongFor === "all" || !forms.has(form)) {
      const wrong = await new Browser(service).send("POST", "/login", {
        user_id: name,
        password: `${password.slice(0, 3)}!`,
      });
      assert.equal(wrong.status, 401, maker);
    }
    forms.add(form);
    await signIn(service, name, password).catch((cause) => {
      throw new Error(maker, { cause });
    });
    assert.match(await storedHash(place, name), /^\$scrypt\$ln=4,r=8,p=5\$[^$]+\$[^$]+$/, maker);
    await signIn(service, name, password);
  }
}

Deno.test("Deno verifies the hashes of every known system at sign-in and replaces them", async () => {
  await withPlace(false, async (place) => {
    await fill(place, hashes.map(({ hash }) => hash));
    const done = await place.import(rows, "--yes");
    assert.equal(done.code, 0, done.text);
    for (const form of new Set(hashes.map(({ form }) => form))) {
      const count = hashes.filter((hash) => hash.form === form).length;
      assert.match(done.out, new RegExp(`passwords: .*\\b${count} ${form}\\b`));
    }
    const app = await place.open();
    await everybodySignsIn(app, place, "all");
    await app.close();
  });
});

Deno.test({
  name: "workerd verifies the hashes of every known system at sign-in and replaces them",
  ignore: !sqldPath(),
  fn: () =>
    withPlace(true, async (place) => {
      await fill(place, hashes.map(({ hash }) => hash));
      const done = await place.import(rows, "--yes");
      assert.equal(done.code, 0, done.text);
      const env = { TURSO_DATABASE_URL: place.url, THROTTLE_SCALE: "1000" };
      const worker = await openWorker({ env });
      try {
        await everybodySignsIn(worker, place, "first");
      } finally {
        await worker.close();
      }
    }),
});

Deno.test("bcrypt uses 72 bytes of a password as its makers do, and no NUL character", async () => {
  const passwords = createPasswords(4, 64);
  const long = hashes.filter(({ password }) => password === made.longPassword);
  for (const { hash } of long) {
    assert.equal(await passwords.verify("가".repeat(24), hash), true, "the first 72 bytes");
    assert.equal(await passwords.verify("가".repeat(23), hash), false);
  }
  const { hash } = await import("bcryptjs");
  const short = await hash("abc", 4);
  assert.equal(await passwords.verify("abc", short), true);
  for (const other of ["abc\0abc", "abc\0", "abc\0zzz"]) { // npm bcrypt says no to them as well
    assert.equal(await passwords.verify(other, short), false, JSON.stringify(other));
  }
});

Deno.test("PBKDF2 and Argon2 give the same where the platform refuses them", async () => {
  const own = crypto.subtle.deriveBits.bind(crypto.subtle);
  let refused = 0;
  const passwords = createPasswords(4, 64);
  crypto.subtle.deriveBits = (algorithm, ...rest) => {
    const { name, iterations = 0 } = algorithm as { name: string; iterations?: number };
    if (name === "PBKDF2" && iterations <= 100_000) return own(algorithm, ...rest);
    refused++; // as Cloudflare does, and as workerd does for Argon2
    return Promise.reject(new DOMException("not supported", "NotSupportedError"));
  };
  try {
    for (const hash of [made.smallPbkdf2Hash, made.smallArgon2Hash]) {
      assert.equal(await passwords.verify(made.password, hash), true, hash);
      assert.equal(await passwords.verify("wrong", hash), false, hash);
    }
    assert.equal(refused, 4);
  } finally {
    crypto.subtle.deriveBits = own;
  }
});

Deno.test("other requests are answered while a hash is made in JavaScript", async () => {
  const passwords = createPasswords(4, 64);
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  assert.equal(await passwords.verify(made.password, bcryptHash), true);
  const whileBcrypt = turns;
  const version16 = hashes.find(({ hash }) => hash.includes("v=16"))!.hash;
  assert.equal(await passwords.verify(made.password, version16), true);
  clearInterval(timer);
  assert.ok(whileBcrypt >= 2, `${whileBcrypt} turns`);
  assert.ok(turns - whileBcrypt >= 2, `${turns - whileBcrypt} turns`);
});

Deno.test("hashes of other systems are bounded by memory, and by number", async () => {
  const scrypt = readPassword(werkzeugHash);
  assert.ok("ready" in scrypt);
  const small = createPasswords(4, 48); // MiB: werkzeug's takes 32, Argon2's 64
  const first = small.verify(made.password, scrypt.ready);
  await assert.rejects(small.verify(made.password, scrypt.ready), { code: "unavailable" });
  await assert.rejects(small.verify(made.password, argon2Hash), { code: "unavailable" });
  assert.equal(await small.verify("x", null), false, "ours takes next to nothing");
  assert.equal(await first, true);
  assert.equal(
    await small.verify(made.password, argon2Hash),
    true,
    "one may take more, if it is alone",
  );

  const large = createPasswords(4, 1024);
  const four = [1, 2, 3, 4].map(() => large.verify("wrong", bcryptHash));
  await assert.rejects(large.verify(made.password, bcryptHash), { code: "unavailable" });
  assert.deepEqual(await Promise.all(four), [false, false, false, false]);
  assert.equal(await large.verify(made.password, bcryptHash), true, "and then there is room again");
});

Deno.test("no row can ask for more work than a sign-in may cost", async () => {
  const passwords = createPasswords(4, 64);
  for (
    const hash of [
      bcryptHash.replace("$12$", "$16$"),
      bcryptHash.replace("$12$", "$31$"),
      argon2Hash.replace("m=65536", "m=102401"),
      argon2Hash.replace("t=3", "t=9"),
      argon2Hash.replace("m=65536", "m=8").replace("t=3", "t=999999999").replace("p=4", "p=1"),
      pbkdf2Hash.replace("1000000", "2000001"),
    ]
  ) {
    const read = readPassword(hash);
    assert.ok(read.form === "none", hash);
    assert.match(read.kind, /costs too much/, hash);
    await assert.rejects(passwords.verify(made.password, hash), /too much work/);
  }
});

const long = "ab".repeat(64);
/** Texts that are hashes of other makes, or stand for no password, with what the import calls them. */
const unusable: [text: string, kind: RegExp][] = [
  ["!", /disabled/],
  ["!FyLKKZ7zogPDxpxCMPdFeL38JHKkWAedwyKO0Jys", /disabled/], // Django
  ["!xyz", /disabled/],
  ["*", /disabled/],
  ["*0", /disabled/],
  ["x", /disabled/],
  ["NULL", /disabled/],
  ["None", /disabled/],
  ["$scrypt$ln=14,r=8,p=5$c2FsdHNhbHRzYWx0c2FsdA$YQ", /crypt/], // too short a key
  ["$scrypt$ln=20,r=8,p=1$c2FsdHNhbHRzYWx0c2FsdA$" + "a".repeat(43), /costs too much/], // 1 GiB
  [`scrypt:1048576:8:1$salt$${long}`, /costs too much/],
  [`scrypt:1000:8:1$salt$${long}`, /Werkzeug/],
  ["pbkdf2:sha256:600000$salt$0011", /Werkzeug/],
  ["pbkdf2:sha1:150000$salt$" + "ab".repeat(20), /Werkzeug/],
  ["s2:s1ssmrqm9k9lo786:900b", /Lucia/],
  ["s3:s1ssmrqm9k9lo786:" + long, /Lucia/],
  ["pbkdf2_sha1$1000000$k0HqJ6MnAPOMDr57zsQMmX$zqAv4hkkjbjdIsjcNmhybMwrOKk=", /Django/],
  ["pbkdf2_sha256$1000000$salt$aT0phW3ZpDN4Q7", /Django/],
  ["scrypt$16384$salt$8$5$short", /Django/],
  ["md5$salt$5f4dcc3b5aa765d61d8327deb882cf99", /named/],
  ["sha1$salt$W6ph5Mm5Pz8GgiULbPgzG37mj9g", /named/],
  ["unsalted_md5$$x", /named/],
  ["$2b$12$abcdefghijklmnopqrstuv", /bcrypt/],
  ["$2x$12$" + "a".repeat(53), /bcrypt/],
  ["$2b$03$" + "a".repeat(53), /bcrypt/],
  [
    "$argon2d$v=19$m=1024,p=4,t=3$wPUvgr8td/hyCbr+0PasiA$2z2wck1qUp9XYEZGvnkN5fnXfinF600qque2udyCgXw",
    /Argon2/,
  ],
  ["$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA", /Argon2/],
  ["$P$Bsomething.sOmethingElse0123456/", /phpass/],
  ["$wp$2y$10$" + "a".repeat(53), /phpass/],
  ["$1$salt$qJH7.N4xYta3aEG/dfqo/0", /crypt/],
  ["$5$rounds=5000$salt$qJH7", /crypt/],
  ["$6$salt$qJH7", /crypt/],
  ["$y$j9T$salt$qJH7", /crypt/],
  ["{SSHA}W6ph5Mm5Pz8GgiULbPgzG37mj9gxMjM0", /LDAP/],
  ["{bcrypt}$2a$10$x", /LDAP/],
  ["AQAAAAIAAYagAAAAEFmJY0fV3YH3rN7b1S8yFJk0pW0Xw0Q3b2m1l6c7d8e9f0A1B2C3D4E5F6G7H8I9J0==", /ASP/],
  ["*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19", /MySQL/],
  ["5f4dcc3b5aa765d61d8327deb882cf99", /hex/],
  ["md55f4dcc3b5aa765d61d8327deb882cf99", /hex/], // PostgreSQL
  ["0x5f4dcc3b5aa765d61d8327deb882cf99", /hex/],
  ["\\x5f4dcc3b5aa765d61d8327deb882cf99", /hex/],
  ...[32, 40, 56, 64, 96, 128].map((
    letters,
  ): [string, RegExp] => ["aF".repeat(letters / 2), /hex/]),
  ["5f4dcc3b5aa765d61d8327deb882cf99:pepper", /hex with a salt/],
  ["pepper.5f4dcc3b5aa765d61d8327deb882cf99", /hex with a salt/],
  ["X03MO1qnZdYdgyfeuILPmQ==", /base64/], // 16 bytes
  ["X03MO1qnZdYdgyfeuILPmQ", /base64/],
  ["W6ph5Mm5Pz8GgiULbPgzG37mj9g=", /base64/], // 20
  ["XohImNooBHFR0OVvjcYpJ3NgPQ1qq73WKhHvch0VQtg=", /base64/], // 32
  ["ypeBEsobvcr6wjGzmiPcTaeG7_gUfE5yuYB3ha_uSLs", /base64/],
  [Buffer.from(long, "hex").toString("base64"), /base64/], // 64
  ["c2FsdGVkIHRleHQgb2YgMjcgYnl0ZXMhNzg5", /base64/], // 27 bytes, but long and of mixed letters
  ["correcthorsebatterystQ", /base64/], // 16 bytes, and unlikely a word
  ['{"hash":"abc","salt":"def"}', /JSON/],
  ["x".repeat(257), /256/], // longer than the sign-in form takes
];

Deno.test("what looks like a hash is told by its kind; what somebody may type is a password", () => {
  for (const [text, kind] of unusable) {
    const read = readPassword(text);
    assert.ok(read.form === "none", text);
    assert.match(read.kind, kind, text);
  }
  for (const text of [null, ""]) {
    assert.deepEqual(readPassword(text), { form: "none", kind: "empty" });
  }
  for (
    const text of [
      ...["hunter2", "a:b$c", "shadow$1999", "crypto: fan", "sunshine:1", "*not a hash at all"],
      ...[
        "correct-horse-battery-Q",
        "correcthorsebatterystw",
        "$money",
        "{hello",
        "비밀번호 1234",
      ],
      "X03MO1qnZdYdgyfeuILPmR", // its last letter has bits that no byte has
      "correct horse battery staple and so on and on",
    ]
  ) {
    assert.deepEqual(readPassword(text), { form: "plain", text });
  }
});

onBoth("a hash of unknown make never becomes a password, with any options", async (place) => {
  const texts = unusable.map(([text]) => text);
  await fill(place, [...texts, "typed by hand"]);
  const refused = await place.import(rows, "--plain-passwords", "--yes");
  assert.equal(refused.code, 1);
  assert.match(refused.text, /no password that can be taken over: rows 1, 2, 3,/);
  const done = await place.import(rows, "--plain-passwords", "--without-passwords", "--yes");
  assert.equal(done.code, 0, done.text);
  assert.match(done.out, new RegExp(`passwords: ${texts.length} none, 1 plain`));
  assert.match(done.out, /^disabled password: rows 1, 2, 3, 4, 5, 6, 7, 8 need a recovery link$/m);
  assert.match(done.out, /^MySQL hash: rows \d+ need a recovery link$/m);
  for (const text of texts.filter(({ length }) => length > 5)) {
    assert.ok(!(refused.text + done.text).includes(text), "the content is never printed");
  }

  const app = await place.open();
  await signIn(app, `m${texts.length + 1}`, "typed by hand");
  for (const [n, text] of texts.entries()) {
    const answer = await new Browser(app).send("POST", "/login", {
      user_id: `m${n + 1}`,
      password: text,
    });
    assert.notEqual(answer.status, 200, text);
  }
  await app.close();
});
