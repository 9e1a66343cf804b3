import * as z from "zod/mini";

export interface Member {
  id: string;
  /** The login name, as the member typed it. */
  name: string;
  email: string;
  rank: string;
  /** ms since the epoch */
  joinedAt: number;
  /** PHC string */
  passwordHash: string;
}

/**
 * The one form in which login names, e-mails and phrases are compared: NFKC and case-folded
 * (through upper case, so that ß and ss, ı and i, are one).
 */
export function fold(text: string): string {
  return text.normalize("NFKC").toUpperCase().toLowerCase().normalize("NFKC");
}

/** Text that survives a round trip through UTF-8 and SQLite: no lone surrogates, no control characters. */
export const plainText = z.string().check(
  z.refine((text) => text.isWellFormed() && !/\p{Cc}/u.test(text), { error: "malformed" }),
);

const trimmed = z.pipe(plainText, z.transform((text) => text.normalize("NFC").trim()));

/** A login name: 2 to 40 letters, digits, dots, hyphens, underscores, @ or + of any script. */
export const loginName = z.pipe(
  trimmed,
  z.string().check(
    z.refine((text) => [...text].length >= 2, { error: "too_short" }),
    z.refine((text) => [...text].length <= 40, { error: "too_long" }),
    z.refine((text) => /^[\p{L}\p{M}\p{N}._@+-]+$/u.test(text), { error: "malformed" }),
  ),
);

/** An e-mail address, at most 254 characters (RFC 5321 4.5.3.1.3). */
export const emailAddress = z.pipe(
  trimmed,
  z.string().check(
    z.refine((text) => text.length <= 254, { error: "too_long" }),
    z.refine((text) => z.regexes.unicodeEmail.test(text), { error: "malformed" }),
  ),
);
