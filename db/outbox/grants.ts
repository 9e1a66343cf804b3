/** Grants to end at providers: the channel `grant` of the outbox. */
import { endingMs, type GrantState, type GrantStatus } from "../../domain/provider.ts";
import type { InStatement, InValue, Row } from "../engine/database.ts";
import type { Fragment } from "../engine/source.ts";
import type { MailCondition } from "./mails.ts";

/** Rows of `identities` whose grants end, and what their rows of the outbox say. */
interface Ending {
  /** SQL, with `identities` in it. */
  from: string;
  where: string;
  /** SQL for the number of the receipt. */
  receiptId: string;
  values: Readonly<Record<string, InValue>>;
}

/**
 * Makes the statement that queues the end of grants, for the batch that erases or unlinks the identities.
 * It moves the sealed tokens of the newest live confirmation. Without one, what `vouched` holds is queued,
 * else only that the member has to end the grant. A row has the id of its identity, which its sealed data
 * belong to.
 * @param vouched what ends a grant without a token, sealed, by the id of the identity
 * @param now ms
 */
function queueGrants(
  { from, where, receiptId, values }: Ending,
  vouched: Readonly<Record<string, string>>,
  now: number,
): InStatement {
  return {
    sql: `
      INSERT INTO outbox (id, channel, recipient, member_id, receipt_id, type, sealed, created_at, status,
        settled_at, next_at, retry_until, problem)
      SELECT identities.id, 'grant', identities.provider, identities.user_id,
        ${receiptId}, 'grant.end', coalesce(held.sealed, given.value), :grant_now,
        iif(coalesce(held.sealed, given.value) IS NULL, 'given_up', 'waiting'),
        iif(coalesce(held.sealed, given.value) IS NULL, :grant_now, NULL), :grant_now,
        coalesce(held.confirmed_at, :grant_now) + ${endingMs},
        iif(coalesce(held.sealed, given.value) IS NULL, '${noToken}', NULL)
      FROM ${from}
      LEFT JOIN confirmations AS held ON held.id = (
        SELECT id FROM confirmations
        WHERE identity_id = identities.id AND expires_at > :grant_now AND sealed IS NOT NULL
        ORDER BY confirmed_at DESC LIMIT 1)
      LEFT JOIN json_each(:vouched) AS given ON given.key = identities.id
      WHERE ${where}
      ON CONFLICT DO NOTHING`,
    args: { ...values, grant_now: now, vouched: JSON.stringify(vouched) },
  };
}

/** The `problem` of a grant that nobody but the member can end. */
const noToken = "no token";

/** Queues the end of all the grants of an erasure's member, before the identities are destroyed. */
export function endGrantsOf(
  claim: string,
  vouched: Readonly<Record<string, string>>,
  now: number,
): InStatement {
  const from = "erasures JOIN identities ON identities.user_id = erasures.member_id";
  const ending = { from, where: "erasures.id = :claim", receiptId: "erasures.receipt_id" };
  return queueGrants({ ...ending, values: { claim } }, vouched, now);
}

/** A grant whose tokens another system has stored. */
export interface HeldGrant {
  /** The id of its row, which the sealed tokens belong to. */
  id: string;
  provider: string;
  sealed: string;
}

/** Queues the end of grants whose tokens another system has stored, if the member is erased. */
export function endHeldGrants(
  done: MailCondition,
  memberId: string,
  held: readonly HeldGrant[],
  now: number,
): InStatement {
  const { receiptId = "NULL" } = done;
  return {
    sql: `
      INSERT INTO outbox
        (id, channel, recipient, member_id, receipt_id, type, sealed, created_at, next_at, retry_until)
      SELECT value ->> 0, 'grant', value ->> 1, :grant_member, ${receiptId}, 'grant.end', value ->> 2,
        :grant_now, :grant_now, :grant_now + ${endingMs}
      FROM json_each(:held) WHERE ${done.sql}
      ON CONFLICT DO NOTHING`,
    args: {
      ...done.values,
      grant_member: memberId,
      grant_now: now,
      held: JSON.stringify(held.map(({ id, provider, sealed }) => [id, provider, sealed])),
    },
  };
}

/**
 * Queues the end of one grant.
 * @param condition SQL about a row of `identities`, and its values
 */
export function endGrantIf(
  condition: Fragment,
  vouched: Readonly<Record<string, string>>,
  now: number,
): InStatement {
  const ending = { from: "identities", where: condition.sql, receiptId: "NULL" };
  return queueGrants({ ...ending, values: condition.values }, vouched, now);
}

/** Makes the statement that notes that the provider itself has said that a grant is over. */
export function settleGrantEndedThere(identityId: string, now: number): InStatement {
  return {
    sql: `
      UPDATE outbox SET status = 'confirmed', settled_at = ?, problem = NULL, sealed = NULL,
        lease = NULL, leased_until = NULL
      WHERE id = ? AND channel = 'grant' AND status <> 'confirmed'`,
    args: [now, identityId],
  };
}

/** Makes the SELECT of the grants on a receipt. */
export function selectGrants(receiptId: string): InStatement {
  return {
    sql: `
      SELECT recipient, status, settled_at, problem FROM outbox
      WHERE receipt_id = ? AND channel = 'grant' ORDER BY position`,
    args: [receiptId],
  };
}

/** Makes the SELECT of the end of an unlinked identity's grant. */
export function selectGrant(identityId: string): InStatement {
  return {
    sql: `
      SELECT recipient, status, settled_at, problem FROM outbox
      WHERE id = ? AND channel = 'grant' AND NOT EXISTS (SELECT 1 FROM identities WHERE id = outbox.id)`,
    args: [identityId],
  };
}

/** Reads a row of `selectGrants` or `selectGrant`. */
export function toGrant(row: Row): GrantState {
  return {
    name: String(row.recipient),
    status: statusOf(String(row.status), row.problem),
    at: row.settled_at === null ? null : Number(row.settled_at),
  };
}

/** What an outbox row says about its grant. */
function statusOf(status: string, problem: unknown): GrantStatus {
  if (status === "given_up" && problem === noToken) return "by_member";
  return status === "confirmed" ? "ended" : status as GrantStatus;
}
