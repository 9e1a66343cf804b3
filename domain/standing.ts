import { AppError } from "./error.ts";
import type { Member } from "./member.ts";

/** The member of a live session, and the state of the member. */
export interface Standing {
  member: Member;
  /** When the member last gave a proof in this session, ms. */
  authenticatedAt: number;
  /** When a pending withdrawal will be carried out, ms. */
  eraseAt: number | null;
}

/** Returns the session. Throws `unauthenticated` if there is none. Allows a pending withdrawal. */
export function requireSession<S extends Standing>(session: S | null): S {
  if (!session) throw new AppError("unauthenticated");
  return session;
}

/** Returns the session. Throws `unauthenticated` if there is none, or `withdrawal_pending`. */
export function requireMember<S extends Standing>(found: S | null): S {
  const session = requireSession(found);
  if (session.eraseAt !== null) {
    const memberId = session.member.id;
    throw new AppError("withdrawal_pending", { eraseAt: session.eraseAt, memberId });
  }
  return session;
}
