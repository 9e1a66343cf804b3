import { Hono } from "hono/tiny";
import type { Env } from "../http/env.ts";
import type { Entry, Words } from "../domain/data_map.ts";
import { rejoinBlock } from "../domain/rejoin.ts";
import { wantsPage } from "../http/language.ts";
import type { Messages } from "../messages/mod.ts";
import { page } from "../http/page.ts";
import { PolicyPage } from "../pages/policy.tsx";
import { termsOf } from "./terms.ts";

/** Shows what is stored and what leaving does with it, from the data map. */
export default new Hono<Env>()
  .get("/policy", (c) => {
    const { config, inventory } = c.var.services;
    const { entries } = inventory.places();
    const terms = termsOf(config);
    if (wantsPage(c)) {
      return page(c, <PolicyPage t={c.var.messages} entries={entries} terms={terms} />);
    }
    const { asLongAsMember } = c.var.messages.page;
    const say = (words: Words) => words[c.var.language as keyof Words];
    return c.json({
      stored: entries.map((entry) => ({
        what: say(entry.label),
        purpose: say(entry.purpose),
        lifetime: entry.lifetime ? say(entry.lifetime) : asLongAsMember,
        on_withdrawal: entry.disposition,
        ...(entry.disposition === "keep" && keepJson(entry, say)),
      })).concat(
        config.withdrawal.rejoinBlockMs > 0
          ? [blockJson(terms.rejoinBlockDays, c.var.messages, say)]
          : [],
      ),
      grace_days: terms.graceDays,
      rejoin_block_days: terms.rejoinBlockDays,
      backup_days: terms.backupDays,
      recipients: terms.recipients,
    });
  });

/** The rejoin block, which is not on the data map. */
function blockJson(days: number, t: Messages, say: (words: Words) => string) {
  const { label, purpose, ground } = rejoinBlock;
  return {
    what: say(label),
    purpose: say(purpose),
    lifetime: t.page.period("days", days),
    on_withdrawal: "keep" as const,
    ground: { kind: ground.kind, text: say(ground) },
    from: "erased_at",
    period: { days },
  };
}

function keepJson(entry: Entry & { disposition: "keep" }, say: (words: Words) => string) {
  return {
    ground: { kind: entry.ground.kind, text: say(entry.ground) },
    from: entry.from,
    period: entry.period,
  };
}
