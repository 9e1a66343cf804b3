import { AppError } from "./error.ts";
import type { Member } from "./member.ts";

/** What a live session says about its member. */
export interface Standing {
  member: Member;
  /** When the member last proved in this session who they are, ms. */
  authenticatedAt: number;
  /** When a pending withdrawal will be carried out, ms. */
  eraseAt: number | null;
}

/** Throws `unauthenticated` where there is no live session. A pending withdrawal is no obstacle. */
export function requireSession<S extends Standing>(session: S | null): S {
  if (!session) throw new AppError("unauthenticated");
  return session;
}

/** Throws `unauthenticated`, and `withdrawal_pending` while the member is about to leave. */
export function requireMember<S extends Standing>(found: S | null): S {
  const session = requireSession(found);
  if (session.eraseAt !== null) {
    const memberId = session.member.id;
    throw new AppError("withdrawal_pending", { eraseAt: session.eraseAt, memberId });
  }
  return session;
}
