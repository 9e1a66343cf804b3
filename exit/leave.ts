/** The actions of a member of another system: the same as ours, with the host's session as the source. */
import { leave, type Left } from "../actions/withdraw.ts";
import { obstacleOf } from "../actions/preview_withdrawal.ts";
import type { Services } from "../actions/services.ts";
import { sha256 } from "../crypto/tokens.ts";
import type { Source } from "../db/engine/source.ts";
import { write } from "../db/engine/batch.ts";
import { byMember } from "../db/leaving/initiator.ts";
import type { Obstacle } from "../db/leaving/obstacle.ts";
import { memberOf, selectStanding, toStanding } from "../db/leaving/standing.ts";
import {
  type PreviewLine,
  previewWithdrawal as preview,
  restoreMember,
} from "../db/leaving/withdrawals.ts";
import { exportMember as exportFrom } from "../db/map/export.ts";
import type { Exported } from "../domain/export.ts";
import { countAttempt, dropAttempt, requireCounted } from "../db/session/attempts.ts";
import type { Asked } from "../domain/confirmation.ts";
import { AppError } from "../domain/error.ts";
import { requireMember, requireSession, type Standing } from "../domain/standing.ts";
import { confirmationAttempt } from "../domain/throttle.ts";
import { askedFor, decideWithdrawal, type WithdrawalForm } from "../domain/withdrawal.ts";
import { type Caller, checkedSource, type Condition, type Host } from "./host.ts";

/** What a withdrawal would do now, and what it asks for. */
export interface ExitPreview {
  memberId: string;
  eraseAt: number | null;
  confirm: Asked;
  confirmWith: string[];
  lines: PreviewLine[];
  obstacle: Obstacle | null;
}

/**
 * Previews a withdrawal. One round trip, or two if something can be in the way.
 * @param now ms
 * @throws `unauthenticated`, `unavailable`
 */
export async function previewExit(
  services: Services,
  host: Host,
  caller: Caller,
  now: number,
): Promise<ExitPreview> {
  const { config, db, inventory } = services;
  const source = sourceOf(caller, now);
  const member = memberOf(inventory.subject, source, now);
  const beside = [selectStanding(inventory.subject, source, now)];
  const found = await preview(db, inventory, member, beside, now);
  const standing = requireSession(standingOf(caller, found.beside[0]!));
  const confirmWith = credentialsOf(host, caller);
  return {
    memberId: standing.member.id,
    eraseAt: standing.eraseAt,
    confirm: askedFor(standing, confirmWith, config.withdrawal, now),
    confirmWith,
    lines: found.lines,
    obstacle: standing.eraseAt === null && found.canBeBlocked
      ? await obstacleOf(services, standing.member.id, now)
      : null,
  };
}

/**
 * Withdraws the caller. Two round trips beside those of the host.
 * @param form `once` is the token of the form, by which a second request finds the outcome
 * @param now ms
 * @throws as `withdraw` of our own members, and what `Host.before` throws
 */
export async function withdrawCaller(
  services: Services,
  host: Host,
  caller: Caller,
  form: WithdrawalForm & { password?: string | undefined; once?: string | undefined },
  request: Request,
  now: number,
): Promise<Left> {
  const { config, db, inventory } = services;
  const { subject } = inventory;
  const { password } = form;
  const credentials = credentialsOf(host, caller);
  const attempt = confirmationAttempt(
    sha256(`exit ${caller.session}`),
    config.throttleScale,
  );
  const { counted, found } = await write(db, {
    counted: password === undefined ? [] : countAttempt(attempt, now),
    found: selectStanding(subject, sourceOf(caller, now), now),
  });
  const standing = requireSession(standingOf(caller, found));
  if (password !== undefined) requireCounted(attempt, counted, now);
  const decide = (proof: "none" | "unverified" | "right" | "wrong") =>
    decideWithdrawal(standing, credentials, form, proof, config.withdrawal, now);
  let decision = decide(password === undefined ? "none" : "unverified");
  let proof: Condition | null = null;
  if (password !== undefined) {
    proof = caller.hasPassword && host.verify
      ? await host.verify(caller, password, request).catch(async (error) => {
        await dropAttempt(db, attempt).catch(() => {}); // report the first error, not this one
        throw error;
      })
      : null;
    decision = decide(proof ? "right" : "wrong");
  }
  await host.before?.(caller, request);
  const initiator = byMember(subject, narrowed(caller, decision.authenticatedSince, proof, now));
  const { id, name, email } = standing.member; // without a language: the host tells its members itself
  const member = { id, name, email };
  const { eraseAt } = decision;
  const left = await leave(services, initiator, member, eraseAt, form, host.signOut ?? [], now);
  if (left) return left;
  const [again] = await db.read([selectStanding(subject, sourceOf(caller, now), now)]);
  requireMember(standingOf(caller, again!));
  throw new AppError("conflict", { memberId: member.id });
}

/**
 * Cancels the caller's pending withdrawal. One round trip. Returns the member's id.
 * @param now ms
 * @throws `unauthenticated`; `conflict` if nothing is pending or the deadline has passed; `unavailable`
 */
export async function restoreCaller(
  { config, db, inventory }: Services,
  caller: Caller,
  now: number,
): Promise<string> {
  const { subject } = inventory;
  const source = sourceOf(caller, now);
  const beside = selectStanding(subject, source, now);
  const member = memberOf(subject, source, now);
  const outcome = await restoreMember(db, member, config.recipients, now, { beside });
  const standing = requireSession(standingOf(caller, outcome.beside!));
  if (outcome.restored) return standing.member.id;
  throw new AppError("conflict", { sentence: "nothing_pending", memberId: standing.member.id });
}

/**
 * Exports everything that the data map shows to the caller, as tables.
 * @param now ms
 * @throws `unauthenticated`, `unavailable`, both also while rows are read
 */
export async function exportCaller(
  { db, inventory }: Services,
  caller: Caller,
  now: number,
): Promise<{ memberId: string; exported: Exported }> {
  const source = sourceOf(caller, now);
  const asker = {
    member: memberOf(inventory.subject, source, now),
    select: selectStanding(inventory.subject, source, now),
    toSession: toStanding,
  };
  const { session, tables } = await exportFrom(db, inventory, asker);
  if (!session) throw new AppError("unauthenticated");
  return { memberId: session.id, exported: { at: now, tables } };
}

/** What the caller can confirm with: a password, or a new sign-in at the host. */
function credentialsOf(host: Host, { hasPassword }: Caller): string[] {
  return hasPassword && host.verify ? ["password", "sign_in"] : ["sign_in"];
}

function sourceOf(caller: Caller, now: number): Source {
  return checkedSource(caller.source(0, now));
}

function narrowed(caller: Caller, since: number, proof: Condition | null, now: number): Source {
  const source = checkedSource(caller.source(since, now));
  if (!proof) return source;
  const values = { ...source.values, ...proof.values };
  return checkedSource({ ...source, where: `${source.where} AND (${proof.where})`, values });
}

/** The caller as the decisions about our own members take one; the host keeps the rest of the record. */
function standingOf(caller: Caller, result: Parameters<typeof toStanding>[0]): Standing | null {
  const found = toStanding(result);
  if (!found || found.id !== caller.memberId) return null;
  const { id, name, email, eraseAt } = found;
  const rest = { emailVerified: false, language: "ko" as const, rank: "", joinedAt: 0 };
  return { member: { id, name, email, ...rest }, authenticatedAt: caller.authenticatedAt, eraseAt };
}
