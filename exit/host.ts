import type { Erasing } from "../actions/services.ts";
import type { InValue } from "../db/engine/database.ts";
import type { Source } from "../db/engine/source.ts";

/** SQL that is true while what was verified still holds, and the values of its parameters. */
export interface Condition {
  where: string;
  values: Readonly<Record<string, InValue>>;
}

/** Who asks: a member in a live session of the host. */
export interface Caller {
  memberId: string;
  /** Tells this session from others. Wrong passwords are counted by its hash. */
  session: string;
  /** When the member last proved who they are in this session, ms. */
  authenticatedAt: number;
  /** Whether `Host.verify` can confirm this member with a password. */
  hasPassword?: boolean;
  /**
   * The rows and the condition that every statement repeats: this session is live, and the member proved who
   * they are at `since` (ms) or later. `from` has the subject's table, unaliased. Names of parameters begin
   * with `app_`.
   * @param now ms
   */
  source(since: number, now: number): Source;
}

/** The system that the members belong to. */
export interface Host {
  /**
   * Finds who asks. `null`: nobody is signed in.
   * @param now ms
   */
  caller(request: Request, now: number): Promise<Caller | null>;
  /**
   * Verifies the password of a member. Returns a condition that holds as long as it is the password, or
   * `null` if it is wrong. Without it, a member whose session is not fresh is asked to sign in again.
   */
  verify?(caller: Caller, password: string, request: Request): Promise<Condition | null>;
  /** SQL that ends the member's sessions when a grace period begins. `member` is SQL for the id, as text. */
  signOut?: readonly ((member: string) => string)[];
  /** Called before a withdrawal is accepted. If it throws, nothing has changed. */
  before?(caller: Caller, request: Request): Promise<void>;
  /**
   * Called before an erasure, also by the job at the end of a grace period, while the member's row is still
   * there. It returns the grants at providers to end, and what to call when the member is erased.
   */
  erasing?(memberId: string): Promise<Erasing>;
  /** `Set-Cookie` lines that delete the cookies of the host's session. */
  endCookies?(request: Request): readonly string[] | Promise<readonly string[]>;
}

/** Throws an `Error` if a parameter could be taken for one of Annyeong's own. */
export function checkedSource(source: Source): Source {
  const wrong = Object.keys(source.values).find((name) => !name.startsWith("app_"));
  if (wrong) throw new Error(`exit: the parameter :${wrong} must begin with app_`);
  return source;
}
