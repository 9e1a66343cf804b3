import { blockHashes } from "../crypto/identifiers.ts";
import { liftBlock } from "../db/leaving/rejoin_blocks.ts";
import type { AuditEntry } from "../db/operate/audit.ts";
import type { Services } from "./services.ts";

/**
 * Lifts the rejoin block of a login name or an e-mail address, as an operator's act.
 * @returns how many blocks were lifted
 */
export async function unblock(
  { config, db }: Services,
  nameOrEmail: string,
  audit: AuditEntry,
  now: number,
): Promise<number> {
  return await liftBlock(db, blockHashes(config.identifierKey, nameOrEmail), audit, now);
}
