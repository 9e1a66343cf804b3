import commonPasswords from "./common_passwords.txt" with { type: "text" };
import type { FieldProblem } from "./error.ts";
import { fold } from "./member.ts";

/** Beyond this a password is refused, never cut (NIST SP 800-63B-4 3.1.1.2 asks for 64 at least). */
export const passwordMaxLength = 256;

/** A line begins with a letter: A shares nothing with the word before, B one character, and so on. */
const common = new Set<string>();
commonPasswords.trim().split("\n").reduce((before, line) => {
  const word = before.slice(0, line.charCodeAt(0) - 65) + line.slice(1);
  common.add(word);
  return word;
}, "");

/**
 * Why a new password is refused, or `null`. Length is counted in code points after NFC; there are no
 * rules of composition (NIST SP 800-63B-4 3.1.1.2; OWASP ASVS 6.2.1-6.2.12).
 */
export function passwordProblem(
  password: string,
  owner: { name: string; email: string },
  minLength: number,
): FieldProblem | null {
  const length = [...password.normalize("NFC")].length;
  if (length < minLength) return "too_short";
  if (length > passwordMaxLength) return "too_long";
  const folded = fold(password);
  if (isCommon(folded)) return "common";
  const names = [owner.name, owner.email.split("@")[0] ?? "", "annyeong", "안녕"];
  return names.some((name) => tellsMuch(name) && folded.includes(fold(name)))
    ? "contains_name"
    : null;
}

/** A common password, or one said over and over: kisskiss is common, kiss is too short to be listed. */
function isCommon(folded: string): boolean {
  for (let length = 1; length <= folded.length; length++) {
    const word = folded.slice(0, length);
    if (common.has(word) && word.repeat(folded.length / length) === folded) return true;
  }
  return false;
}

/** One or two letters occur in any password; three bytes (one Hangul syllable) say something. */
function tellsMuch(name: string): boolean {
  return new TextEncoder().encode(name).length >= 3;
}
