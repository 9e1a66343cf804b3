import { identifierHash } from "./tokens.ts";
import { fold, inboxOf, type Member } from "../domain/member.ts";

type Identifiers = Pick<Member, "name" | "email">;

/** Whom a rejoin block is about. */
export type Blocked = Identifiers & Partial<Pick<Member, "emailVerified">>;

/** A rejoin block: who cannot join, and until when. */
export interface RejoinTerms {
  /** Keyed hashes of login name and e-mail. */
  identifiers: readonly string[];
  /** ms */
  until: number;
}

/** Returns the keyed hash of a login name, under which attempts to sign in are counted. */
export function nameHash(identifierKey: string, name: string): string {
  return identifierHash(identifierKey, "name", fold(name));
}

/** Returns the keyed hash of an inbox, under which the mails to it are counted. */
export function inboxHash(identifierKey: string, address: string): string {
  return identifierHash(identifierKey, "email", inboxOf(address));
}

/**
 * Returns the keyed hashes of a name and an e-mail, as a rejoin block stores and registration checks them.
 * An empty one, which another system's member may have, is nobody's.
 */
export function identifiersOf(identifierKey: string, { name, email }: Identifiers): string[] {
  return [
    ...(name ? [nameHash(identifierKey, name)] : []),
    ...(email ? [identifierHash(identifierKey, "email", fold(email))] : []),
  ];
}

/** Returns the keyed hashes of a text as a login name and as an e-mail address, to look up its blocks. */
export function blockHashes(identifierKey: string, text: string): string[] {
  return identifiersOf(identifierKey, { name: text, email: text });
}

/**
 * Returns the rejoin block of a member, or `null` if the operator configured none. Where addresses have to
 * be verified, one that is not belongs to nobody, so that a stranger cannot keep its owner from joining.
 * @param erasedAt when the block begins, ms
 */
export function rejoinTerms(
  config: {
    identifierKey: string;
    emailVerification: "off" | "optional" | "required";
    withdrawal: { rejoinBlockMs: number };
  },
  member: Blocked,
  erasedAt: number,
): RejoinTerms | null {
  const { rejoinBlockMs } = config.withdrawal;
  if (rejoinBlockMs === 0) return null;
  const [name, email] = identifiersOf(config.identifierKey, member) as [string, string];
  const owned = config.emailVerification !== "required" || member.emailVerified !== false;
  const identifiers = owned ? [name, email] : [name];
  return { identifiers, until: erasedAt + rejoinBlockMs };
}
