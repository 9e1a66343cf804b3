/** Checks the rows of the table that members are imported from. */
import * as z from "zod/mini";
import { readPassword, type SourcePassword } from "./import_password.ts";
import { anyEmailAddress, fold, invisible, plainText, trimmed } from "./member.ts";

/** A row of the operator's SELECT. `joinedAt` is ms since the epoch, or NaN if it is not an instant. */
export interface SourceRow {
  id: string;
  name: string | null;
  email: string | null;
  password: string | null;
  rank: string | null;
  joinedAt: number | null;
}

/** The member that a row becomes. A plain text password is not hashed yet. */
export interface ImportedMember {
  id: string;
  name: string;
  nameKey: string;
  email: string;
  emailKey: string;
  rank: string;
  /** ms since the epoch */
  joinedAt: number;
  password: SourcePassword;
}

/**
 * A login name that the sign-in form can send. The registration's rules for length and letters do not apply,
 * because the name exists already. Invisible characters are refused, because they make two names look alike.
 */
const importedName = z.pipe(
  trimmed,
  z.string().check(
    z.refine((text) => text.length >= 1 && text.length <= 254 && !invisible.test(text)),
  ),
);
const importedId = plainText.check(
  z.refine((text) => /^\S{1,128}$/u.test(text) && !invisible.test(text)),
);
const importedRank = plainText.check(z.refine((text) => text.length >= 1 && text.length <= 100));

/**
 * Checks a row.
 * @param now ms; when the member joined, if the row does not say
 * @returns the member, or a sentence for each problem, without personal data
 */
export function readRow(row: SourceRow, now: number): ImportedMember | string[] {
  const name = importedName.safeParse(row.name);
  const email = anyEmailAddress.safeParse(row.email);
  const rank = importedRank.safeParse(row.rank ?? "member");
  const problems: string[] = [];
  if (!importedId.safeParse(row.id).success) problems.push("the id is not a plain word");
  if (!name.success) problems.push("the name is not a login name");
  if (!email.success) problems.push("the e-mail is not an address");
  if (!rank.success) problems.push("the rank is not plain text");
  if (Number.isNaN(row.joinedAt)) problems.push("joined_at is not an instant");
  if (!name.success || !email.success || !rank.success || problems.length > 0) return problems;
  return {
    id: row.id,
    name: name.data,
    nameKey: fold(name.data),
    email: email.data,
    emailKey: fold(email.data),
    rank: rank.data,
    joinedAt: row.joinedAt ?? now,
    password: readPassword(row.password),
  };
}
