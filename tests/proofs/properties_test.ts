/** The pure rules, each with random input, and the periods of retained rows on the real engine. */
import { dictionary } from "@zxcvbn-ts/language-common";
import fc from "fast-check";
import assert from "node:assert/strict";
import { ownTables } from "../../data_map.ts";
import { countAttempt, requireCounted } from "../../db/session/attempts.ts";
import { bind, expiresAt, startsAt } from "../../db/map/sql.ts";
import { confirms, isPhrase } from "../../domain/confirmation.ts";
import { dataMap, destroy, type Entry, erasureOrder, keepApart } from "../../domain/data_map.ts";
import { judge, retryForMs } from "../../domain/delivery.ts";
import { AppError } from "../../domain/error.ts";
import { clientNetwork } from "../../crypto/tokens.ts";
import { fold, loginName } from "../../domain/member.ts";
import { passwordProblem } from "../../domain/password.ts";
import { datesFrom, datesTo } from "../../domain/period.ts";
import { limits, registrationAttempt, signInAttempt } from "../../domain/throttle.ts";
import { decideWithdrawal } from "../../domain/withdrawal.ts";
import { day, minute, withApp } from "../support/harness.ts";
import { runs } from "../support/rounds.ts";

const anyText = fc.string({ unit: "binary", maxLength: 30 });
const words = { label: { ko: "가", en: "a" }, purpose: { ko: "나", en: "b" } };

Deno.test("folding a folded text changes nothing, for every code point and any text", () => {
  const unstable: string[] = [];
  for (let code = 0; code <= 0x10ffff; code++) {
    const folded = fold(String.fromCodePoint(code));
    if (fold(folded) !== folded) unstable.push(code.toString(16));
  }
  assert.deepEqual(unstable, []);
  const letters = fc.string({ unit: fc.constantFrom(..."aAßẞİıΣσςΐŉ\u0345\u0307가ㄱ각ﬁＡ⁹ ǅ") });
  fc.assert(
    fc.property(fc.oneof(anyText, letters), (text) => {
      assert.equal(fold(fold(text)), fold(text));
    }),
    runs(20_000),
  );
});

Deno.test("a text folds to one result in any case and normal form, also inside another text", () => {
  // Letters whose upper case is a single letter with a way back, as names are made of.
  const letters = fc.string({
    unit: fc.constantFrom(..."abzäñøσςωяйд안녕日가ßé"),
    minLength: 1,
    maxLength: 12,
  });
  fc.assert(
    fc.property(letters, letters, (text, rest) => {
      for (const form of ["NFC", "NFD", "NFKC", "NFKD"]) {
        assert.equal(fold(text.normalize(form)), fold(text));
        assert.equal(fold(text.toUpperCase().normalize(form)), fold(text));
        assert.equal(fold(text.toLowerCase().normalize(form)), fold(text));
      }
      assert.equal(
        fold(text + rest),
        fold(text) + fold(rest),
        "no letter depends on its neighbour",
      );
    }),
    runs(3000),
  );
});

const phrase = fc.constantFrom("회원탈퇴", "withdraw", "delete");
const space = fc.constantFrom(
  "",
  "",
  " ",
  "  ",
  "\t",
  "\n",
  "\u3000",
  "\u00a0",
  "\u2003",
  "\u200b",
);

/** A phrase as somebody may type it. */
const typedPhrase = phrase.chain((text) =>
  fc.tuple(
    fc.array(space, { minLength: text.length + 1, maxLength: text.length + 1 }),
    fc.array(fc.boolean(), { minLength: text.length, maxLength: text.length }),
    fc.array(fc.boolean(), { minLength: text.length, maxLength: text.length }),
    fc.constantFrom("NFC", "NFD", "NFKD", "as is"),
  ).map(([spaces, upper, wide, form]) => {
    const letters = [...text].map((letter, at) => {
      const cased = upper[at] ? letter.toUpperCase() : letter;
      const isAscii = cased.charCodeAt(0) < 128;
      const shown = wide[at] && isAscii ? fullWidth(cased) : cased;
      return spaces[at] + shown;
    });
    const whole = letters.join("") + spaces.at(-1);
    return form === "as is" ? whole : whole.normalize(form);
  })
);

function fullWidth(letter: string): string {
  return String.fromCharCode(letter.charCodeAt(0) + 0xfee0);
}

Deno.test("the phrase is accepted in every normal form, width, case and spacing", () => {
  fc.assert(fc.property(typedPhrase, (typed) => assert.ok(isPhrase(typed), typed)), runs(3000));
});

Deno.test("a random text, or a phrase with one change, is not accepted as the phrase", () => {
  const letter = fc.constantFrom(..."abcdefghijklmnopqrstuvwxyz0123456789.-_회원탈퇴가나");
  const slip = fc.tuple(phrase, fc.nat(20), letter, fc.constantFrom("add", "drop", "swap"))
    .filter(([text, at, other, how]) => how !== "swap" || text[at % text.length] !== other)
    .map(([text, at, other, how]) => {
      const index = at % text.length;
      const rest = text.slice(index + (how === "add" ? 0 : 1));
      return text.slice(0, index) + (how === "drop" ? "" : other) + rest;
    });
  const others = fc.oneof(
    anyText,
    fc.string(),
    slip,
    fc.tuple(phrase, phrase).map((two) => two.join()),
  );
  fc.assert(fc.property(others, (typed) => assert.equal(isPhrase(typed), false)), runs(5000));
});

Deno.test("a withdrawal is decided as the table of the contract says, for every confirmation", () => {
  const now = Date.parse("2026-11-22T12:00:00Z");
  const member = {
    id: "id",
    name: "Hong",
    email: "hong@example.com",
    emailVerified: false,
    language: "ko" as const,
    rank: "member",
    joinedAt: 0,
  };
  const situation = fc.record({
    confirm: fc.constantFrom(...confirms),
    freshMs: fc.integer({ min: 0, max: day }),
    graceMs: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 30 * day })),
    age: fc.oneof(
      fc.integer({ min: 0, max: 2 * day }),
      fc.constant("the last fresh instant" as const),
    ),
    pending: fc.boolean(),
    proof: fc.constantFrom("none", "right", "wrong", "unverified"),
    credentials: fc.constantFrom([], ["password"], ["passkey", "password"], ["passkey"]),
    phrase: fc.constantFrom("none", "right", "wrong"),
    userId: fc.constantFrom("none", "right", "wrong"),
  });
  fc.assert(
    fc.property(situation, (s) => {
      const age = typeof s.age === "number" ? s.age : s.freshMs;
      const standing = { member, authenticatedAt: now - age, eraseAt: s.pending ? now + 1 : null };
      const form = {
        ...(s.phrase !== "none" && { phrase: s.phrase === "right" ? "ＤＥＬＥＴＥ" : "deleted" }),
        ...(s.userId !== "none" && { user_id: s.userId === "right" ? "hONG" : "kim" }),
      };
      const policy = { ...s, rejoinBlockMs: 0, backupDays: null };
      const decide = () => decideWithdrawal(standing, s.credentials, form, s.proof, policy, now);

      const fresh = age <= s.freshMs;
      const needsProof = s.confirm === "password" || (s.confirm === "fresh" && !fresh);
      const hasNone = s.credentials.length === 0;
      const needsPhrase = s.confirm === "phrase" || (needsProof && hasNone);
      const given: string[] = [s.proof, s.phrase, s.userId];
      const expected = s.pending
        ? "withdrawal_pending"
        : needsProof && !hasNone && s.proof === "none"
        ? "confirmation_required"
        : needsPhrase && s.phrase === "none"
        ? "confirmation_required"
        : given.includes("wrong")
        ? "confirmation_failed"
        : null;
      if (expected !== null) {
        assert.throws(decide, (error) => error instanceof AppError && error.code === expected);
        return;
      }
      assert.deepEqual(decide(), {
        eraseAt: s.graceMs > 0 ? now + s.graceMs : null,
        authenticatedSince: s.confirm === "fresh" && fresh ? now - s.freshMs : 0,
      });
    }),
    runs(5000),
  );
});

Deno.test("a delivery ends: its waits grow, heed Retry-After and stay within its time", () => {
  const failure = fc.oneof(
    fc.constant(null),
    fc.integer({ min: 100, max: 599 }).filter((status) =>
      status !== 410 && (status < 200 || status > 299)
    ),
  );
  const retryAfter = fc.oneof(fc.constant(null), fc.integer({ min: 1, max: 10 * day }));
  const jitter = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(fc.infiniteStream(fc.tuple(failure, retryAfter, jitter)), (replies) => {
      const retryUntil = retryForMs;
      let now = 0;
      for (let tries = 1;; tries++) {
        assert.ok(tries < 1000, "it ends");
        const [status, retryAfterMs, spread] = replies.next().value!;
        const outcome = judge({ status, retryAfterMs }, tries, retryUntil, now, spread);
        assert.ok(outcome.status === "waiting" || outcome.status === "given_up");
        assert.match(outcome.problem, /^(no answer|status \d{3})$/);
        if (outcome.status === "given_up") return;
        assert.ok(outcome.nextAt >= now + 4000 && outcome.nextAt <= retryUntil);
        assert.ok(outcome.nextAt >= now + Math.min(retryAfterMs ?? 0, day), "it waits as asked");
        now = outcome.nextAt;
      }
    }),
    runs(500),
  );
  const nextAt = (tries: number, spread: number, retryAfterMs: number | null) => {
    const outcome = judge({ status: 500, retryAfterMs }, tries, Infinity, 0, spread);
    return outcome.status === "waiting" ? outcome.nextAt : NaN;
  };
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), jitter, retryAfter, (tries, spread, wait) => {
      assert.ok(nextAt(tries + 1, spread, wait) >= nextAt(tries, spread, wait));
      assert.ok(nextAt(tries, 1, wait) >= nextAt(tries, spread, wait));
      assert.ok(nextAt(tries, spread, wait) >= nextAt(tries, spread, null));
    }),
    runs(2000),
  );
  fc.assert(
    fc.property(
      fc.integer({ min: 200, max: 299 }),
      fc.nat(100),
      fc.integer(),
      (status, tries, now) => {
        const judged = (status: number) =>
          judge({ status, retryAfterMs: null }, tries + 1, 0, now, 0);
        assert.deepEqual(judged(status), { status: "confirmed" });
        assert.equal(judged(410).status, "refused");
      },
    ),
    runs(500),
  );
});

const group = fc.oneof(fc.constant(0), fc.constant(0), fc.integer({ min: 0, max: 0xffff }));
const groups = fc.array(group, { minLength: 8, maxLength: 8 });
const octets = fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 4, maxLength: 4 });

/** One address as different programs write it. */
const spelling = fc.record({
  padded: fc.boolean(),
  upper: fc.boolean(),
  from: fc.nat(8),
  length: fc.integer({ min: 1, max: 8 }),
  around: fc.constantFrom<(address: string) => string>(
    (address) => address,
    (address) => `${address}%eth0`,
    (address) => `[${address}]`,
    (address) => `[${address}]:443`,
  ),
});

function spell(
  groups: readonly number[],
  how: typeof spelling extends fc.Arbitrary<infer T> ? T : never,
) {
  const hex = groups.map((group) => group.toString(16).padStart(how.padded ? 4 : 1, "0"));
  const zeros = groups.slice(how.from, how.from + how.length);
  const compresses = zeros.length > 0 && zeros.every((group) => group === 0);
  const text = compresses
    ? `${hex.slice(0, how.from).join(":")}::${hex.slice(how.from + zeros.length).join(":")}`
    : hex.join(":");
  return how.around(how.upper ? text.toUpperCase() : text);
}

Deno.test("the network of an IPv6 client is its /64 and that of an IPv4 client its address, in any spelling", () => {
  const isMapped = (all: readonly number[]) =>
    all.slice(0, 5).every((one) => one === 0) && all[5] === 0xffff;
  fc.assert(
    fc.property(groups, groups, spelling, spelling, (one, two, how, other) => {
      fc.pre(!isMapped(one) && !isMapped(two));
      const network = clientNetwork(spell(one, how));
      assert.equal(network, one.slice(0, 4).map((group) => group.toString(16)).join(":"));
      assert.equal(clientNetwork(network), network);
      const neighbour = [...one.slice(0, 4), ...two.slice(4)];
      fc.pre(!isMapped(neighbour));
      assert.equal(clientNetwork(spell(neighbour, other)), network);
      const same = one.slice(0, 4).join() === two.slice(0, 4).join();
      assert.equal(clientNetwork(spell(two, other)) === network, same);
    }),
    runs(3000),
  );
  fc.assert(
    fc.property(octets, fc.integer({ min: 1, max: 65_535 }), spelling, (bytes, port, how) => {
      const [a = 0, b = 0, c = 0, d = 0] = bytes;
      const dotted = bytes.join(".");
      const mapped = [0, 0, 0, 0, 0, 0xffff, a * 256 + b, c * 256 + d];
      for (const text of [dotted, `${dotted}:${port}`, `::ffff:${dotted}`, `::FFFF:${dotted}`]) {
        assert.equal(clientNetwork(text), dotted);
      }
      assert.equal(clientNetwork(spell(mapped, how)), dotted);
    }),
    runs(1000),
  );
  fc.assert(fc.property(anyText, (text) => void clientNetwork(text)), runs(2000));
});

Deno.test("with any references between tables, children are erased before their parents and users last", () => {
  const tree = fc.array(fc.nat(), { minLength: 1, maxLength: 15 }).chain((parents) => {
    const entries: Entry[] = parents.map((parent, index) =>
      parent % (index + 1) === index
        ? destroy(`t${index}`, { member: "user_id", ...words })
        : destroy(`t${index}`, {
          via: { column: "p", to: `t${parent % (index + 1)}.id` },
          ...words,
        })
    );
    return fc.shuffledSubarray([...ownTables, ...entries], {
      minLength: ownTables.length + entries.length,
    });
  });
  fc.assert(
    fc.property(tree, (list) => {
      const map = dataMap(list);
      const order = erasureOrder(map.entries);
      assert.deepEqual(new Set(order), new Set(map.entries), "nothing is lost or doubled");
      assert.equal(order.length, map.entries.length);
      assert.equal(order.at(-1)!.table, "users");
      const position = (table: string) => order.findIndex((entry) => entry.table === table);
      for (const { table, via } of order) {
        if (via) assert.ok(position(table) < position(via.table), `${table} before ${via.table}`);
      }
    }),
    runs(1000),
  );
});

const commonWords = [...new Set((dictionary["passwords-common"] as string[]).map(fold))]
  .filter((word) => [...word].length >= 8).slice(0, 3000);

Deno.test("no common password is accepted, in any case or width, once or repeated", () => {
  const owner = { name: "hong", email: "hong@example.com", service: [] };
  const typed = fc.tuple(
    fc.constantFrom(...commonWords),
    fc.array(fc.constantFrom("as is", "upper", "wide"), { minLength: 40, maxLength: 40 }),
    fc.integer({ min: 1, max: 4 }),
  ).map(([word, styles, times]) =>
    [...word].map((letter, at) => {
      const isAscii = /[!-~]/.test(letter);
      if (styles[at % 40] === "upper") return letter.toUpperCase();
      return styles[at % 40] === "wide" && isAscii ? fullWidth(letter) : letter;
    }).join("").repeat(times)
  );
  for (const word of commonWords) assert.equal(passwordProblem(word, owner, 8), "common", word);
  fc.assert(
    fc.property(typed, (password) => {
      assert.equal(passwordProblem(password, owner, 8), "common");
    }),
    runs(3000),
  );
});

Deno.test("no password that holds its owner's name is accepted, and length is judged by what is typed", () => {
  const letters = fc.string({
    unit: fc.constantFrom(..."abzÄñσςΣяЙ안녕日가ßéẞİ0_.+"),
    minLength: 3,
    maxLength: 20,
  });
  const name = letters.filter((text) => loginName.safeParse(text).success);
  const mailbox = fc.stringMatching(/^[a-z][a-z0-9.]{2,15}$/);
  const around = fc.string({ unit: fc.constantFrom(..."abz 0-!Q"), maxLength: 20 });
  const asTyped = fc.constantFrom<(text: string) => string>(
    (text) => text,
    (text) => text.toUpperCase(),
    (text) => text.toLowerCase(),
    (text) => text.normalize("NFD"),
  );
  fc.assert(
    fc.property(
      ...[name, mailbox, around, around, asTyped, fc.boolean(), fc.constantFrom(8, 15)] as const,
      (name, box, before, after, how, byMail, minLength) => {
        const password = before + how(byMail ? box : name) + after;
        const owner = { name, email: `${box}@example.com`, service: [] };
        assert.notEqual(passwordProblem(password, owner, minLength), null, password);
      },
    ),
    runs(5000),
  );
  const stranger = { name: "zzqqzz", email: "qqzzqq@example.com", service: [] };
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 300 }), (password) => {
      const length = [...password.normalize("NFC")].length;
      const problem = passwordProblem(password, stranger, 8);
      assert.equal(problem === "too_short", length < 8);
      assert.equal(problem === "too_long", length > 256);
    }),
    runs(2000),
  );
});

Deno.test("THROTTLE_SCALE multiplies every limit, and leaves at least one try", () => {
  const scale = fc.double({ min: 0.001, max: 1e9, noNaN: true });
  fc.assert(
    fc.property(scale, scale, (one, two) => {
      const [low, high] = one < two ? [one, two] : [two, one];
      const triesAt = (scale: number) =>
        [
          ...signInAttempt("a", "c", null, scale).subjects,
          ...registrationAttempt("c", scale).subjects,
        ].map(({ limit }) => limit.tries);
      const base = [
        limits.pair,
        limits.pair_day,
        limits.client,
        limits.account,
        limits.registration,
      ];
      assert.deepEqual(triesAt(1), base.map(({ tries }) => tries));
      triesAt(low).forEach((tries, at) => {
        assert.ok(Number.isInteger(tries) && tries >= 1);
        assert.ok(tries <= triesAt(high)[at]!);
        assert.ok(tries <= Math.max(1, base[at]!.tries * low));
      });
    }),
    runs(1000),
  );
});

Deno.test("the database lets through exactly the tries that a plain count lets through", async () => {
  const tries = fc.array(
    fc.record({
      account: fc.constantFrom("a", "b"),
      client: fc.constantFrom("c", "d", "e"),
      wait: fc.constantFrom(0, 0, 0, 0, minute, 16 * minute, day),
    }),
    { minLength: 1, maxLength: 60 },
  );
  await withApp({}, async ({ db, sql }) => {
    await fc.assert(
      fc.asyncProperty(tries, fc.constantFrom(0.05, 0.1, 0.3), async (sequence, scale) => {
        const counted: { subject: string; until: number }[] = [];
        let now = 1_000_000;
        for (const { account, client, wait } of sequence) {
          now += wait;
          const attempt = signInAttempt(account, client, null, scale);
          let expected = true;
          for (const { subject, limit } of attempt.subjects) {
            const used = counted.filter((one) => one.subject === subject && one.until > now).length;
            if (used >= limit.tries) {
              expected = false;
              break;
            }
            counted.push({ subject, until: now + limit.windowMs });
          }
          const results = await db.write(countAttempt(attempt, now));
          let passed = true;
          try {
            requireCounted(attempt, results.at(-1)!, now);
          } catch (error) {
            assert.ok(error instanceof AppError && error.details.retryAfterMs! >= 1000);
            passed = false;
          }
          assert.equal(passed, expected);
        }
        await sql("DELETE FROM attempts");
      }),
      runs(25),
    );
  });
});

/** The same instant so many calendar units later, in UTC: 29 February and a year is 1 March. */
function later(ms: number, unit: string, length: number): number {
  const date = new Date(ms);
  if (unit === "years") date.setUTCFullYear(date.getUTCFullYear() + length);
  if (unit === "months") date.setUTCMonth(date.getUTCMonth() + length);
  if (unit === "days") date.setUTCDate(date.getUTCDate() + length);
  return date.getTime();
}

Deno.test("the database ends a retention period when the calendar does, from any instant", async () => {
  const firstMs = 100_000_000_000; // numbers below are seconds
  const leapDay = fc.tuple(fc.integer({ min: 1972, max: 2096 }), fc.nat(86_399_999))
    .map(([year, ms]) => Date.UTC(year - year % 4, 1, 29) + ms);
  const monthEnd = fc.tuple(fc.integer({ min: 1975, max: 2090 }), fc.nat(11))
    .map(([year, month]) => Date.UTC(year, month + 1, 0, 23, 59, 59, 999));
  const recent = fc.integer({ min: firstMs, max: Date.UTC(2100, 0) });
  const any = fc.integer({ min: datesFrom, max: datesTo });
  const instant = fc.oneof(leapDay, monthEnd, recent, any);
  const from = fc.tuple(
    instant,
    fc.constantFrom("iso", "iso without zone", "ms", "seconds", "fraction of seconds"),
  ).map(([ms, how]): [number, string | number | bigint] => {
    const year = new Date(ms).getUTCFullYear();
    const text = new Date(ms).toISOString();
    if (how === "iso" && year >= 0 && year <= 9999) return [ms, text];
    if (how === "iso without zone" && year >= 0 && year <= 9999) {
      return [ms, text.replace("T", " ").slice(0, -1)];
    }
    const seconds = Math.floor(ms / 1000);
    if (how === "seconds" && Math.abs(seconds) < firstMs) return [seconds * 1000, seconds];
    if (how === "fraction of seconds" && Math.abs(seconds) < 1e10) {
      return [seconds * 1000 + 500, seconds + 0.5];
    }
    return Math.abs(ms) >= firstMs ? [ms, ms] : [seconds * 1000, seconds];
  });
  // A bigint is stored as an integer, a number as a real.
  const stored = fc.tuple(from, fc.boolean()).map((
    [[ms, at], whole],
  ): typeof from extends fc.Arbitrary<infer T> ? T : never => [
    ms,
    whole && Number.isInteger(at) ? BigInt(at) : at,
  ]);
  const period = fc.oneof(
    fc.integer({ min: 1, max: 100 }).map((years) => ({ years })),
    fc.integer({ min: 1, max: 1000 }).map((months) => ({ months })),
    fc.integer({ min: 1, max: 30_000 }).map((days) => ({ days })),
  );
  await withApp({ tables: ["CREATE TABLE kept (id INTEGER PRIMARY KEY, at)"] }, async ({ db }) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(stored, { minLength: 50, maxLength: 50 }),
        period,
        async (rows, period) => {
          const entry = keepApart("kept", {
            member: "user_id",
            columns: ["id"],
            ground: { kind: "law", ko: "법", en: "law" },
            from: "at",
            ...period,
            ...words,
          });
          const results = await db.write([
            "DELETE FROM kept",
            ...rows.map(([, at], id) => ({
              sql: "INSERT INTO kept VALUES (?, ?)",
              args: [id, at],
            })),
            bind(
              `SELECT at, ${startsAt(entry)} AS starts, ${
                expiresAt(entry)
              } AS ends FROM kept ORDER BY id`,
              { now: 1 },
            ),
          ]);
          const [[unit, length]] = Object.entries(period) as [[string, number]];
          results.at(-1)!.rows.forEach((row, id) => {
            const [ms] = rows[id]!;
            assert.equal(row.starts, ms, `${row.at} begins`);
            assert.equal(row.ends, later(ms, unit, length), `${row.at} and ${length} ${unit}`);
          });
        },
      ),
      runs(40),
    );
  });
});

Deno.test("a value that is not a date starts its retention period now", async () => {
  const nonsense = fc.oneof(
    fc.constant(null),
    fc.string().filter((text) => !/\d/.test(text) && text.trim().toLowerCase() !== "now"),
    fc.integer({ min: datesTo + 1, max: Number.MAX_SAFE_INTEGER }),
    fc.integer({ min: -Number.MAX_SAFE_INTEGER, max: datesFrom - 1 }),
    fc.bigInt({ min: BigInt(datesTo) + 1n, max: 2n ** 53n - 1n }),
    fc.uint8Array({ maxLength: 20 }),
  );
  const now = Date.parse("2026-11-22T12:00:00Z");
  const entry = keepApart("kept", {
    member: "user_id",
    columns: ["id"],
    ground: { kind: "law", ko: "법", en: "law" },
    from: "at",
    years: 5,
    ...words,
  });
  await withApp({ tables: ["CREATE TABLE kept (id INTEGER PRIMARY KEY, at)"] }, async ({ db }) => {
    await fc.assert(
      fc.asyncProperty(fc.array(nonsense, { minLength: 20, maxLength: 20 }), async (values) => {
        const results = await db.write([
          "DELETE FROM kept",
          ...values.map((at) => ({ sql: "INSERT INTO kept (at) VALUES (?)", args: [at] })),
          bind(`SELECT at, ${expiresAt(entry)} AS ends FROM kept`, { now }),
        ]);
        for (const row of results.at(-1)!.rows) {
          assert.equal(row.ends, later(now, "years", 5), String(row.at));
        }
      }),
      runs(30),
    );
  });
});
