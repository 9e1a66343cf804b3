import { identifierHash } from "./tokens.ts";
import { fold, type Member } from "../domain/member.ts";

type Identifiers = Pick<Member, "name" | "email">;

/** What a rejoin block consists of: keyed hashes, and until when they hold, ms. */
export interface RejoinTerms {
  identifiers: readonly string[];
  until: number;
}

/** Keyed hash of a login name, under which sign-ins are counted. */
export function nameHash(identifierKey: string, name: string): string {
  return identifierHash(identifierKey, "name", fold(name));
}

/** Keyed hashes of what a member joins with: one rule for the block and for who asks to join. */
export function identifiersOf(identifierKey: string, { name, email }: Identifiers): string[] {
  return [
    nameHash(identifierKey, name),
    identifierHash(identifierKey, "email", fold(email)),
  ];
}

/** The block that an erasure at `erasedAt` (ms) begins, or `null` where the operator wants none. */
export function rejoinTerms(
  config: { identifierKey: string; withdrawal: { rejoinBlockMs: number } },
  member: Identifiers,
  erasedAt: number,
): RejoinTerms | null {
  const { rejoinBlockMs } = config.withdrawal;
  if (rejoinBlockMs === 0) return null;
  const identifiers = identifiersOf(config.identifierKey, member);
  return { identifiers, until: erasedAt + rejoinBlockMs };
}
