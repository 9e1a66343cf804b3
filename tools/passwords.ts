/**
 * Writes `domain/common_passwords.txt` from the frequency list of `@zxcvbn-ts/language-common` (MIT), the
 * most common first: the 3,000 most common of eight characters or more (OWASP ASVS 6.2.4), and the 2,000
 * most common of four to seven, which people put digits behind. The list is mostly Western, so a few
 * Korean words are added.
 */
import { dictionary } from "@zxcvbn-ts/language-common";
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

const words = [...new Set([...byFrequency.filter((word) => chosen.has(word)), ...korean])];
await Deno.writeTextFile("domain/common_passwords.txt", words.join("\n") + "\n");
console.log(`${words.length} passwords written`);
