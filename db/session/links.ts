import { newId, secretHash } from "../../crypto/tokens.ts";
import { fold, type Member } from "../../domain/member.ts";
import type { LinkPurpose } from "../../domain/proof.ts";
import type { Attempt } from "../../domain/throttle.ts";
import { read, write } from "../engine/batch.ts";
import type { Database, InStatement, InValue, ResultSet } from "../engine/database.ts";
import type { Fragment } from "../engine/source.ts";
import { claimAddress, isAnothers, removeStrangersCredentials } from "../identity/addresses.ts";
import { setPassword } from "../identity/passwords.ts";
import { joinPending } from "../leaving/pending.ts";
import { type AuditEntry, insertAudit } from "../operate/audit.ts";
import { forgetAttempt } from "./attempts.ts";
import { endSessionsOf, voidLinksOf } from "./end.ts";

/**
 * Makes a link for a member, on behalf of an operator, and deletes earlier links of the same purpose.
 * @param link `now` and `lifeMs`, the time for which it works, in ms
 * @returns false if no member has this id
 * @throws `unavailable`
 */
export async function createLink(db: Database, link: {
  purpose: LinkPurpose;
  memberId: string;
  token: string;
  now: number;
  lifeMs: number;
  audit: AuditEntry;
}): Promise<boolean> {
  const { purpose, memberId, now } = link;
  const id = newId();
  const { made } = await write(db, {
    make: {
      sql: `
        INSERT INTO links (id, purpose, user_id, token_hash, created_at, expires_at)
        SELECT ?, ?, users.id, ?, ?, ? FROM users WHERE users.id = ? ON CONFLICT DO NOTHING`,
      args: [id, purpose, secretHash(link.token), now, now + link.lifeMs, memberId],
    },
    voidEarlier: {
      sql: "DELETE FROM links WHERE user_id = ? AND purpose = ? AND id <> ?",
      args: [memberId, purpose, id],
    },
    audit: insertAudit(link.audit, now, {
      sql: "EXISTS (SELECT 1 FROM links WHERE id = ?)",
      args: [id],
    }),
    made: { sql: "SELECT id FROM links WHERE id = ?", args: [id] },
  });
  return made.rows.length === 1;
}

/** A link that a mail brings. */
export interface MailedLink {
  /** That of the mail. */
  id: string;
  purpose: LinkPurpose;
  memberId: string;
  token: string;
  /** The address that the link verifies, sets or restores. */
  address: string;
  /** How long it works, ms. */
  lifeMs: number;
}

/**
 * Makes the statement that stores a link, if no other member has verified its address.
 * @param now ms
 * @param done SQL for whether the batch did what the link is for, and its values
 */
export function insertLink(link: MailedLink, now: number, done: Fragment): InStatement {
  return {
    sql: `
      INSERT INTO links (id, purpose, user_id, token_hash, created_at, expires_at, address)
      SELECT :link_id, :link_purpose, users.id, :link_token_hash, :link_now, :link_until, :link_address
      FROM users WHERE users.id = :link_member AND ${done.sql} AND NOT ${isAnothers("users.id")}
      ON CONFLICT DO NOTHING`,
    args: {
      link_id: link.id,
      link_purpose: link.purpose,
      link_token_hash: secretHash(link.token),
      link_now: now,
      link_until: now + link.lifeMs,
      link_address: link.address,
      link_member: link.memberId,
      address_key: fold(link.address),
      ...done.values,
    },
  };
}

/** Makes the statement that takes a link back in the batch that stored it. `null`: none. */
export function dropLink(id: string | null): InStatement {
  return { sql: "DELETE FROM links WHERE id = ?", args: [id] };
}

/** A link and its member. */
export interface FoundLink {
  memberId: string;
  name: string;
  email: string;
  emailVerified: boolean;
  language: Member["language"];
  purpose: LinkPurpose;
  /** The address that the link verifies, sets or restores; `null` for a link that an operator made. */
  address: string | null;
  /** When it was used up, it still answers. */
  used: boolean;
  /** When a pending withdrawal will be carried out, ms. */
  eraseAt: number | null;
  /** The handle by which the member's passkeys name the member; `null` without passkeys. */
  handle: string | null;
}

/**
 * Finds a link of one of these purposes, used or not.
 * @param now ms
 * @returns `null` if the link is unknown or expired
 * @throws `unavailable`
 */
export async function findLink(
  db: Database,
  purposes: readonly LinkPurpose[],
  token: string,
  now: number,
): Promise<FoundLink | null> {
  const { found } = await read(db, { found: selectLink(purposes, token, now) });
  return toLink(found);
}

/** The member whom a recovery link is of: SQL for the id, and the values that it names. */
export function memberOfLink(token: string, now: number) {
  return {
    sql: `(SELECT user_id FROM links WHERE token_hash = :token_hash AND purpose = 'recovery'
      AND expires_at > :now AND used_by IS NULL)`,
    values: { token_hash: secretHash(token), now } as Record<string, InValue>,
  };
}

/** A link of one of these purposes and its member, for a batch. */
export function selectLink(
  purposes: readonly LinkPurpose[],
  token: string,
  now: number,
): InStatement {
  return {
    sql: `
      SELECT users.id, users.name, users.email, users.email_verified_at, users.language,
        links.purpose, links.address, links.used_by, withdrawals.erase_at,
        (SELECT min(user_handle) FROM passkeys WHERE user_id = users.id) AS handle
      FROM links JOIN users ON users.id = links.user_id ${joinPending}
      WHERE links.token_hash = ? AND links.expires_at > ?
        AND links.purpose IN (SELECT value FROM json_each(?))`,
    args: [secretHash(token), now, JSON.stringify(purposes)],
  };
}

/** What `selectLink` found: `null` if the link is unknown or expired. */
export function toLink(found: ResultSet): FoundLink | null {
  const row = found.rows[0];
  return row
    ? {
      memberId: String(row.id),
      name: String(row.name),
      email: String(row.email),
      emailVerified: row.email_verified_at !== null,
      language: row.language === "en" ? "en" : "ko",
      purpose: String(row.purpose) as LinkPurpose,
      address: row.address === null ? null : String(row.address),
      used: row.used_by !== null,
      eraseAt: row.erase_at === null ? null : Number(row.erase_at),
      handle: row.handle === null ? null : String(row.handle),
    }
    : null;
}

/** The member whose link the act has used: SQL for the id, NULL if the act has used none. */
function ownerBy(act: string) {
  return { sql: "(SELECT user_id FROM links WHERE used_by = :act)", values: { act } };
}

/**
 * Uses a link, unless it is used or expired, its address was replaced, or another member has verified the
 * address. The batch may arrive twice, but a link works only once.
 */
function useLink(act: string, { purpose, address }: FoundLink, token: string, now: number) {
  return {
    sql: `
      UPDATE links SET used_by = :act
      WHERE purpose = :purpose AND token_hash = :token_hash AND expires_at > :now
        AND used_by IS NULL
        AND (address IS NULL OR purpose IN ('email', 'email_undo')
          OR address = (SELECT email FROM users WHERE id = links.user_id))
        AND NOT ${isAnothers("links.user_id")}`,
    args: {
      act,
      purpose,
      token_hash: secretHash(token),
      now,
      address_key: address === null ? null : fold(address),
    },
  };
}

/**
 * Uses a recovery link: sets the password, ends all of the member's sessions, voids the member's other
 * links, and deletes the failed attempts of this client. A link that came by mail verifies the address.
 * @param newHash PHC string
 * @param now ms
 * @param also further statements of the batch. `done` is SQL for whether the link was used
 * @returns false if the link is unknown, used or expired
 * @throws `unavailable`
 */
export async function recover(
  db: Database,
  { link, token, newHash, attempt, also = () => [] }: {
    link: FoundLink;
    token: string;
    newHash: string;
    attempt: Attempt;
    also?: (done: Fragment) => readonly InStatement[];
  },
  now: number,
): Promise<boolean> {
  const act = newId();
  const owner = ownerBy(act);
  const { address } = link;
  const { used } = await write(db, {
    use: useLink(act, link, token, now),
    verify: address === null
      ? []
      : [...removeStrangersCredentials(owner), ...claimAddress(owner, address, now)],
    set: setPassword(owner, newHash, now),
    endSessions: { sql: endSessionsOf(owner.sql), args: owner.values },
    void: { sql: voidLinksOf(owner.sql), args: owner.values },
    also: also({ sql: `${owner.sql} IS NOT NULL`, values: owner.values }),
    forget: forgetAttempt(attempt),
    used: { sql: "SELECT id FROM links WHERE used_by = ?", args: [act] },
  });
  return used.rows.length === 1;
}

/**
 * Uses a link that verifies, sets or restores an address. A change voids the member's other links except
 * those that restore an address. A restoration ends all other sessions, and voids all links but the earlier
 * ones that restore an address.
 * @param link with an address
 * @param own the secret of the session that asks, if there is one
 * @param now ms
 * @param also further statements of the batch. `done` is SQL for whether the link was used
 * @returns false if the link is unknown, used or expired, or another member has verified the address
 * @throws `unavailable`
 */
export async function useAddressLink(
  db: Database,
  link: FoundLink,
  token: string,
  own: string | null,
  now: number,
  also: (done: Fragment) => readonly InStatement[] = () => [],
): Promise<boolean> {
  const act = newId();
  const owner = ownerBy(act);
  const restores = link.purpose === "email_undo";
  const { used } = await write(db, {
    use: useLink(act, link, token, now),
    claim: claimAddress(owner, link.address!, now),
    void: {
      sql: restores ? voidAfterRestoration : `
        DELETE FROM links WHERE user_id = ${owner.sql} AND +used_by IS NULL
          AND (purpose = 'verification' OR :changes AND purpose <> 'email_undo')`,
      args: restores ? { act } : { act, changes: link.purpose === "email" ? 1 : 0 },
    },
    endSessions: restores
      ? {
        sql: `${endSessionsOf(owner.sql)} AND secret_hash IS NOT :own`,
        args: { act, own: own && secretHash(own) },
      }
      : [],
    also: also({ sql: `${owner.sql} IS NOT NULL`, values: owner.values }),
    used: { sql: "SELECT id FROM links WHERE used_by = ?", args: [act] },
  });
  return used.rows.length === 1;
}

/** Somebody who has changed the address twice must not restore the first change with the second one's link. */
const voidAfterRestoration = `
  DELETE FROM links WHERE user_id = (SELECT user_id FROM links WHERE used_by = :act)
    AND used_by IS NOT :act AND (purpose <> 'email_undo'
      OR created_at >= (SELECT created_at FROM links WHERE used_by = :act))`;
