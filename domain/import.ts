/** A row of the table that members are imported from: the member that it becomes, or what is wrong. */
import * as z from "zod/mini";
import { readPassword, type SourcePassword } from "./import_password.ts";
import { emailAddress, fold, invisible, plainText, trimmed } from "./member.ts";

/** A row of the operator's SELECT. `joinedAt` is ms since the epoch, or NaN where it is no instant. */
export interface SourceRow {
  id: string;
  name: string | null;
  email: string | null;
  password: string | null;
  rank: string | null;
  joinedAt: number | null;
}

/** A member as they will be, except that a plain text password is not hashed yet. */
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
 * A login name that the sign-in form can send. The rules of registration for length and letters do not
 * apply, because the name exists already; invisible characters do, because with them one name passes
 * for another.
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

/** @returns the member, or everything that is wrong with the row, in sentences that name nobody. */
export function readRow(row: SourceRow, now: number): ImportedMember | string[] {
  const name = importedName.safeParse(row.name);
  const email = emailAddress.safeParse(row.email);
  const rank = importedRank.safeParse(row.rank ?? "member");
  const problems: string[] = [];
  if (!importedId.safeParse(row.id).success) problems.push("the id is no plain word");
  if (!name.success) problems.push("the name is no login name");
  if (!email.success) problems.push("the e-mail is no address");
  if (!rank.success) problems.push("the rank is no plain text");
  if (Number.isNaN(row.joinedAt)) problems.push("joined_at is no instant");
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
