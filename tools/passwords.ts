/**
 * Writes `domain/common_passwords.txt` from the frequency list of `@zxcvbn-ts/language-common` (MIT): the
 * 3,000 most common of eight characters or more (OWASP ASVS 6.2.4), and the 2,000 most common of four to
 * seven, which people put digits behind. The list is mostly Western, so a few Korean words are added. Words
 * that `guessingBits` finds easy without being told, such as `abcdefgh` and `love1234`, are left out.
 */
import { dictionary } from "@zxcvbn-ts/language-common";
import { guessingBits } from "../domain/guessing.ts";
import { fold } from "../domain/member.ts";

const byFrequency = [...new Set((dictionary["passwords-common"] as string[]).map(fold))];
const long = byFrequency.filter((word) => [...word].length >= 8).slice(0, 3000);
const short = byFrequency.filter((word) => /^.{4,7}$/u.test(word)).slice(0, 2000);
const chosen = new Set([...long, ...short]);

/** In Hangul, and as a Korean keyboard types them while it is set to Latin letters. */
const korean = [
  ...["비밀번호", "qlalfqjsgh", "사랑해요", "tkfkdgo", "tkfkdgody", "대한민국", "eogksalsrnr"],
  ...["안녕하세요", "dkssud", "dkssudgktpdy"],
];

/** Whole bits, rounded down: the 510 most common words have 8, the next 512 have 9, the next 1,024 have 10. */
const words = new Map(
  [...new Set([...byFrequency.filter((word) => chosen.has(word)), ...korean])]
    .map((word, rank) => [word, Math.max(8, Math.floor(Math.log2(rank + 1)))]),
);
for (const [word, bits] of [...words].toSorted(([a], [b]) => b.length - a.length)) {
  words.delete(word);
  if (guessingBits(word, words) > bits + 1) words.set(word, bits);
}

/** Sorted, each with the number of leading characters that it has in common with the one before, at most 9. */
function packed(sorted: string[]): string {
  return sorted.map((word, n) => {
    const before = sorted[n - 1] ?? "";
    let shared = 0;
    while (shared < 9 && shared < word.length && word[shared] === before[shared]) shared++;
    return `${shared}${word.slice(shared)}\n`;
  }).join("");
}

const bits = [...new Set(words.values())].toSorted((a, b) => a - b);
const blocks = bits.map((n) =>
  packed([...words.keys()].filter((word) => words.get(word) === n).sort())
);
await Deno.writeTextFile("domain/common_passwords.txt", blocks.join("\n"));
console.log(`${words.size} passwords written`);
