import type { FieldProblem } from "./error.ts";
import { guessingBits } from "./guessing.ts";
import { fold } from "./member.ts";

/** Beyond this a password is refused, never cut (NIST SP 800-63B-4 3.1.1.2 asks for 64 at least). */
export const passwordMaxLength = 256;

/** 16 million guesses. Eight random letters take 37 bits, three uncommon words more. */
const minBits = 24;

/** What a password must not contain, because it is the first thing that somebody else tries. */
export interface PasswordContext {
  /** The member's login name. */
  name: string;
  email: string;
  /** What the service is called, in each language. */
  service: readonly string[];
}

/**
 * Returns why a new password is refused, or `null`. Length is counted in code points after NFC. There are
 * no rules of composition (NIST SP 800-63B-4 3.1.1.2; OWASP ASVS 6.2.1-6.2.12).
 */
export function passwordProblem(
  password: string,
  { name, email, service }: PasswordContext,
  minLength: number,
): FieldProblem | null {
  const length = [...password.normalize("NFC")].length;
  if (length < minLength) return "too_short";
  if (length > passwordMaxLength) return "too_long";
  const folded = fold(password);
  if (guessingBits(folded) < minBits) return "common";
  const names = [name, email.split("@")[0] ?? "", ...service].map(fold);
  return names.some((text) => contains(folded, text) || contains(bare(folded), bare(text)))
    ? "contains_name"
    : null;
}

/** One or two letters occur in any password. Three bytes (one Hangul syllable) say something. */
function contains(password: string, name: string): boolean {
  return new TextEncoder().encode(name).length >= 3 && password.includes(name);
}

/** Only letters and digits, so that "Haru Tea" is found in "haru-tea-2026". */
function bare(text: string): string {
  return text.replace(/[^\p{L}\p{M}\p{N}]/gu, "");
}
