import { write } from "../db/engine/batch.ts";
import { deletePasskey, isRemovable, type Passkey } from "../db/identity/passkeys.ts";
import { notPending } from "../db/leaving/pending.ts";
import { sessionSource } from "../db/session/sessions.ts";
import { AppError } from "../domain/error.ts";
import { listPasskeys } from "./list_passkeys.ts";
import { mailStatements } from "./mail.ts";
import { requireFresh } from "./passkey_options.ts";
import type { Services } from "./services.ts";

/** A removed passkey, and those that are left. */
export interface RemovedPasskey {
  memberId: string;
  removed: Passkey;
  left: Passkey[];
}

/**
 * Removes a passkey of the member of a fresh session. Two round trips.
 * @param secret the secret of the session that asks
 * @param id our id of the passkey
 * @param now ms
 * @throws `unauthenticated`, `withdrawal_pending`, `confirmation_required` if the session is not fresh,
 *   `not_found`, `last_credential` if the member has no other credential, `unavailable`
 */
export async function removePasskey(
  services: Services,
  secret: string,
  id: string,
  now: number,
): Promise<RemovedPasskey> {
  const { config, db } = services;
  const { session, passkeys, credentials } = await listPasskeys(services, secret, now);
  const { member } = session;
  requireFresh(services, session, now);
  const removed = passkeys.find((passkey) => passkey.id === id);
  if (!removed) throw new AppError("not_found");
  const lastCredential = new AppError("last_credential", { memberId: member.id });
  if (passkeys.length === 1 && credentials.length === 1) throw lastCredential;

  const source = sessionSource(secret, now - config.withdrawal.freshMs, null);
  const guard = {
    from: source.from,
    where: `${source.where} AND ${notPending}`,
    values: { ...source.values, now },
  };
  const { left } = await write(db, {
    mail: mailStatements(
      services,
      { kind: "passkey_removed", member },
      now,
      isRemovable(id, guard),
    ),
    remove: deletePasskey(id, guard),
    left: { sql: "SELECT id FROM passkeys WHERE id = ?", args: [id] },
  });
  if (left.rows.length > 0) throw lastCredential;
  await db.truncateLog();
  return { memberId: member.id, removed, left: passkeys.filter((passkey) => passkey !== removed) };
}
