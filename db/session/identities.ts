/** What a live session does with the identities of its member. */
import { newId, secretHash } from "../../crypto/tokens.ts";
import type { GrantState, Identity } from "../../domain/provider.ts";
import { read, write } from "../engine/batch.ts";
import type { Database, InStatement } from "../engine/database.ts";
import type { Fragment } from "../engine/source.ts";
import { countCredentials } from "../identity/credentials.ts";
import { type LinkedIdentity, selectIdentities, toIdentities } from "../identity/identities.ts";
import { notPending } from "../leaving/pending.ts";
import { endGrantIf, selectGrant, toGrant } from "../outbox/grants.ts";
import {
  memberOfSession,
  selectSession,
  type Session,
  sessionSource,
  toSession,
} from "./sessions.ts";

/** Finds a session and the identities of its member. One round trip. Throws `unavailable`. */
export async function listIdentities(
  db: Database,
  secret: string,
  now: number,
): Promise<{ session: Session | null; identities: LinkedIdentity[] }> {
  const { found, identities } = await read(db, {
    found: selectSession(secret, now),
    identities: selectIdentities(memberOfSession(secret, now)),
  });
  return { session: toSession(found), identities: toIdentities(identities) };
}

/**
 * Links an identity to the member of a fresh session. One identity a provider, and one member an identity.
 * @param linking `authenticatedSince`: the session's last proof is at this time or later, ms
 * @returns the member to whom the identity belongs afterwards, or `null`; and whether this call linked it
 * @throws `unavailable`
 */
export async function linkIdentity(db: Database, linking: {
  secret: string;
  identity: Identity;
  provider: string;
  authenticatedSince: number;
  now: number;
  also: (done: Fragment) => InStatement[];
}): Promise<{ linked: boolean; owner: string | null }> {
  const { provider, now } = linking;
  const { issuer, subject } = linking.identity;
  const id = newId();
  const source = sessionSource(linking.secret, linking.authenticatedSince, null);
  const { owner } = await write(db, {
    link: {
      sql: `
        INSERT INTO identities (id, issuer, subject, user_id, provider, linked_at)
        SELECT :identity_id, :issuer, :subject, users.id, :provider, :now
        FROM ${source.from} WHERE ${source.where} AND ${notPending} AND NOT EXISTS (
          SELECT 1 FROM identities AS own
          WHERE own.user_id = users.id AND own.provider = :provider)
        ON CONFLICT DO NOTHING`,
      args: { ...source.values, identity_id: id, issuer, subject, provider, now },
    },
    also: linking.also({
      sql: "EXISTS (SELECT 1 FROM identities WHERE id = :linked_id)",
      values: { linked_id: id },
    }),
    owner: {
      sql: "SELECT id, user_id FROM identities WHERE issuer = ? AND subject = ?",
      args: [issuer, subject],
    },
  });
  const row = owner.rows[0];
  return { linked: row?.id === id, owner: row ? String(row.user_id) : null };
}

/**
 * Unlinks an identity of a fresh session's member, unless it is the last credential, and queues the end of
 * the grant.
 * @param unlinking `vouched`: what ends the grant without a token, sealed, by the id of the identity
 * @returns what becomes of the grant, or `null` if nothing was unlinked
 * @throws `unavailable`
 */
export async function unlinkIdentity(db: Database, unlinking: {
  secret: string;
  identityId: string;
  authenticatedSince: number;
  vouched: Readonly<Record<string, string>>;
  now: number;
  also: (done: Fragment) => InStatement[];
}): Promise<GrantState | null> {
  const { identityId, now } = unlinking;
  const source = sessionSource(unlinking.secret, unlinking.authenticatedSince, null);
  const allowed = {
    sql: `identities.id = :identity_id AND ${countCredentials("identities.user_id")} > 1
      AND identities.user_id IN (
        SELECT users.id FROM ${source.from} WHERE ${source.where} AND ${notPending})`,
    values: { ...source.values, identity_id: identityId, now },
  };
  const done = {
    sql: `EXISTS (SELECT 1 FROM identities WHERE ${allowed.sql})`,
    values: allowed.values,
  };
  const { unlinked } = await write(db, {
    also: unlinking.also(done),
    queue: endGrantIf(allowed, unlinking.vouched, now),
    unlink: { sql: `DELETE FROM identities WHERE ${allowed.sql}`, args: allowed.values },
    unlinked: selectGrant(identityId),
  });
  const row = unlinked.rows[0];
  return row ? toGrant(row) : null;
}

/**
 * Makes the statements that note a new authentication at a provider, for the batch that makes the session
 * fresh. An earlier one at the same provider is deleted with its tokens.
 * @param confirmation `secret`: the new secret of the session; `sealed`: tokens that can end the grant
 */
export function insertConfirmation(confirmation: {
  id: string;
  secret: string;
  identity: Identity;
  sealed: string | null;
  now: number;
  expiresAt: number;
}): InStatement[] {
  const { id } = confirmation;
  return [
    {
      sql: `
        INSERT INTO confirmations
          (id, user_id, session_id, identity_id, confirmed_at, expires_at, sealed)
        SELECT :id, sessions.user_id, sessions.id, identities.id, :now, :expires_at, :sealed
        FROM sessions JOIN identities ON identities.user_id = sessions.user_id
        WHERE sessions.secret_hash = :secret_hash AND identities.issuer = :issuer
          AND identities.subject = :subject
        ON CONFLICT DO NOTHING`,
      args: {
        id,
        now: confirmation.now,
        expires_at: confirmation.expiresAt,
        sealed: confirmation.sealed,
        secret_hash: secretHash(confirmation.secret),
        ...confirmation.identity,
      },
    },
    {
      sql: `
        DELETE FROM confirmations WHERE id <> :id AND identity_id = (
          SELECT identity_id FROM confirmations WHERE id = :id)`,
      args: { id },
    },
  ];
}

/** Makes the SELECT of a member's grants, and whether a token that ends each is at hand. */
export function selectHeld(
  member: Fragment,
): InStatement {
  return {
    sql: `
      SELECT provider, EXISTS (
        SELECT 1 FROM confirmations
        WHERE identity_id = identities.id AND sealed IS NOT NULL AND expires_at > :now) AS held
      FROM identities WHERE user_id = ${member.sql} ORDER BY linked_at, id`,
    args: member.values,
  };
}
