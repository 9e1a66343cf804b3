/** Makes `domain/common_passwords.txt` anew from the frequency list of `@zxcvbn-ts/language-common` (MIT). */
import { dictionary } from "@zxcvbn-ts/language-common";
import { fold } from "../domain/member.ts";

const byFrequency = (dictionary["passwords-common"] as string[]).map(fold);
const ofLength = (min: number) => byFrequency.filter((word) => [...word].length >= min);

/** The 3,000 most common of eight characters or more (OWASP ASVS 6.2.4). */
const chosen = new Set(ofLength(8).slice(0, 3000));

/** Each line as how many characters it shares with the line before, a letter, and the rest. */
let previous = "";
const lines = [...chosen].sort().map((word) => {
  let shared = 0;
  while (word[shared] !== undefined && word[shared] === previous[shared]) shared++;
  previous = word;
  return String.fromCharCode(65 + shared) + word.slice(shared);
});

await Deno.writeTextFile("domain/common_passwords.txt", lines.join("\n") + "\n");
console.log(`${chosen.size} passwords written`);
