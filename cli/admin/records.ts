/** What is written down: how the service is doing, why members left, receipts, what operators did. */
import { compactVerify, createLocalJWKSet } from "jose";
import { status } from "../../actions/status.ts";
import { countReasons } from "../../db/leaving/reasons.ts";
import { listAudit } from "../../db/operate/audit.ts";
import type { Summary, Table } from "../table.ts";
import { type Call, type Command, Refusal, rowsShown } from "./command.ts";

export const recordCommands: Record<string, Command> = {
  status: {
    argument: null,
    about: "how the service is doing, in numbers",
    run: showStatus,
  },
  reasons: {
    argument: null,
    about: "why members left, by month",
    run: async ({ services }) => await countReasons(services.db),
  },
  receipt: {
    argument: "FILE",
    about: "verify a receipt with the published keys",
    run: verifyReceipt,
  },
  audit: {
    argument: null,
    about: "what operators did, the newest first",
    run: async ({ services }) => await listAudit(services.db, rowsShown),
  },
};

async function showStatus({ services }: Call): Promise<Summary> {
  const found = await status(services);
  const { recipients } = found;
  return {
    summary: {
      members: found.members,
      pending: found.pending,
      erased: found.erased,
      oldest_due_erasure_at: found.oldestDueAt,
      newest_erasure_at: found.newestErasureAt,
      dead_deliveries: recipients.reduce((sum, one) => sum + one.refused + one.givenUp, 0),
      log_bytes: found.logBytes,
      clock_skew_ms: found.clockSkewMs,
      throttled_accounts: found.throttled,
    },
    tables: {
      recipients: recipients.map((one) => ({
        name: one.name,
        waiting: one.waiting,
        oldest_waiting_at: one.oldestWaitingAt,
        refused: one.refused,
        given_up: one.givenUp,
        failing_since_at: one.failingSince,
        channel: one.channel,
      })),
    },
  };
}

async function verifyReceipt({ services, argument }: Call): Promise<Table> {
  const jws = await Deno.readTextFile(argument).then((text) => text.trim(), () => {
    throw new Refusal("this file cannot be read");
  });
  const keys = createLocalJWKSet({ keys: [...services.receiptKeys.jwks.keys] });
  try {
    const { payload, protectedHeader } = await compactVerify(jws, keys);
    const { iss, jti, iat } = JSON.parse(new TextDecoder().decode(payload));
    const erased_at = new Date(iat * 1000).toISOString();
    return [{
      verified: "yes",
      receipt_id: jti,
      erased_at,
      issuer: iss,
      key: protectedHeader.kid ?? "",
    }];
  } catch {
    throw new Refusal("this receipt does not verify with any of our keys");
  }
}
