import * as z from "zod/mini";

/** A member's record. It holds no secret. */
export interface Member {
  id: string;
  /** The login name, as the member typed it. */
  name: string;
  email: string;
  /** Whether the member has used a link that was sent to `email`. */
  emailVerified: boolean;
  /** The language of the mails to the member. */
  language: "ko" | "en";
  rank: string;
  /** ms since the epoch */
  joinedAt: number;
}

/**
 * The one form in which login names, e-mails and phrases are compared: NFKC and case-folded
 * (through upper case, so that ß and ss, ı and i, are one; first through lower case, for ẞ is upper
 * case already). A sigma is one letter wherever it stands, so a part of a text folds as it does alone.
 */
export function fold(text: string): string {
  return text.normalize("NFKC").toLowerCase().toUpperCase().toLowerCase().replaceAll("ς", "σ")
    .normalize("NFKC");
}

/** Text that survives a round trip through UTF-8 and SQLite: no lone surrogates, no control characters. */
export const plainText = z.string().check(
  z.refine((text) => text.isWellFormed() && !/\p{Cc}/u.test(text), { error: "malformed" }),
);

/** Invisible characters, with which one name could pass for another. */
export const invisible = /[\p{Cf}\p{Default_Ignorable_Code_Point}]/u;

export const trimmed = z.pipe(plainText, z.transform((text) => text.normalize("NFC").trim()));

/**
 * A login name: 2 to 40 letters, digits, dots, hyphens, underscores, @ or + of any script. At
 * registration `isForeignAddress` says whether a name with @ is allowed.
 */
export const loginName = z.pipe(
  trimmed,
  z.string().check(
    z.refine((text) => [...text].length >= 2, { error: "too_short" }),
    z.refine((text) => [...text].length <= 40, { error: "too_long" }),
    z.refine((text) => /^[\p{L}\p{N}._@+-][\p{L}\p{M}\p{N}._@+-]*$/u.test(text), {
      error: "malformed",
    }),
    z.refine((text) => /[\p{L}\p{N}]/u.test(text) && !invisible.test(text), { error: "malformed" }),
  ),
);

/** A dot-atom, then a domain of two labels or more; letters of any script (RFC 5321, RFC 6531). */
const mailbox =
  /^[\p{L}\p{M}\p{N}.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[\p{L}\p{N}][\p{L}\p{M}\p{N}-]{0,62}\.)+[\p{L}\p{N}][\p{L}\p{M}\p{N}-]{0,62}$/u;

/** An e-mail address that a member may have, at most 254 characters (RFC 5321 4.5.3.1.3). */
export const anyEmailAddress = z.pipe(
  trimmed,
  z.string().check(
    z.refine((text) => text.length <= 254, { error: "too_long", abort: true }),
    z.refine((text) => mailbox.test(text) && !invisible.test(text), { error: "malformed" }),
  ),
);

/**
 * An e-mail address that somebody types. One whose domain `fold` changes in more than its case is refused:
 * `a@gmaıl.com` is compared as `a@gmail.com`, but another domain gets its mail, and could verify it.
 */
export const emailAddress = z.pipe(
  anyEmailAddress,
  z.string().check(
    z.refine((text) => {
      const domain = text.slice(text.lastIndexOf("@"));
      return fold(domain) === domain.toLowerCase();
    }, { error: "malformed" }),
  ),
);

/**
 * Returns one text for the usual spellings of one inbox, to count what it is sent: without what follows a
 * `+`, without the dots that Gmail ignores, and with the domain in ASCII.
 */
export function inboxOf(address: string): string {
  const folded = fold(address);
  const at = folded.lastIndexOf("@");
  if (at < 1) return folded;
  const written = folded.slice(at + 1);
  const domain = URL.canParse(`https://${written}`) ? new URL(`https://${written}`).host : written;
  const local = folded.slice(0, at).replace(/(?<=.)\+.*$/, "");
  const isGmail = domain === "gmail.com" || domain === "googlemail.com";
  return isGmail ? `${local.replaceAll(".", "")}@gmail.com` : `${local}@${domain}`;
}

/**
 * Whether a login name looks like an e-mail address that is not the member's own. Readers would take the
 * member for the owner of that address.
 */
export function isForeignAddress(name: string, email: string): boolean {
  return name.includes("@") && fold(name) !== fold(email);
}
