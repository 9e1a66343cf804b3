import type { Context } from "hono";
import type { Config } from "../config/mod.ts";
import type { Obstacle } from "../db/leaving/obstacle.ts";
import type { PreviewLine } from "../db/leaving/withdrawals.ts";
import { divideFields, type Words } from "../domain/data_map.ts";
import { divideOutcomes, type Outcome } from "../domain/receipt.ts";
import { rejoinBlock, rejoinBlockValues } from "../domain/rejoin.ts";
import type { Env } from "../http/env.ts";
import { buttonsAmong } from "../providers/buttons.ts";
import type { KeptLine, Leaving, PlaceLine } from "../pages/withdrawal.tsx";

const day = 24 * 60 * 60_000;

/** Returns the operator's terms of a withdrawal, in days. */
export function termsOf({ withdrawal, recipients }: Config) {
  return {
    graceDays: withdrawal.graceMs / day,
    rejoinBlockDays: withdrawal.rejoinBlockMs / day,
    backupDays: withdrawal.backupDays,
    recipients: recipients.map(({ name, kind }) => ({ name, kind })),
  };
}

/**
 * Groups the counts of a preview as a receipt does.
 * @param blockedUntil the end of the rejoin block that an erasure now would begin, ms
 */
export function linesOf(
  lines: readonly PreviewLine[],
  blockedUntil: number | null,
): Pick<Leaving, "destroy" | "anonymise" | "keep" | "stripped"> {
  const outcomes: Outcome[] = lines.map(({ entry, ...counts }) => ({
    label: entry.label,
    disposition: entry.disposition,
    ground: entry.disposition === "keep" ? entry.ground : null,
    fields: divideFields(entry),
    counter: entry.counter,
    ...counts,
  }));
  if (blockedUntil !== null) {
    const { label, ground } = rejoinBlock;
    const counts = { gone: 0, kept: rejoinBlockValues, until: blockedUntil };
    outcomes.push({ label, ground, disposition: "keep", ...counts });
  }
  const { destroyed: destroy, anonymised: anonymise, kept: keep, stripped } = divideOutcomes(
    outcomes,
  );
  return { destroy, anonymise, keep, stripped };
}

/** Returns functions that format the lines of a preview or receipt as JSON, in a language. */
export function linesIn(language: string) {
  const say = (words: Words) => words[language as keyof Words];
  const line = ({ what, count }: PlaceLine) => ({ what: say(what), count });
  const kept = (place: KeptLine) => ({
    ...line(place),
    ground: say(place.ground),
    until: new Date(place.until).toISOString(),
  });
  return { line, kept };
}

/** What the preview of a withdrawal found. */
interface Found {
  confirm: Leaving["confirm"];
  confirmWith: readonly string[];
  grants?: Leaving["grants"];
  lines: readonly PreviewLine[];
  obstacle: Obstacle | null;
  /** The deadline of a pending withdrawal, ms. */
  eraseAt: number | null;
}

/** Returns what a withdrawal would do now, under the operator's terms and in the caller's language. */
export function leavingOf(c: Context<Env>, found: Found): Leaving {
  const { config } = c.var.services;
  const { confirm, confirmWith, grants = [], obstacle } = found;
  const providers = buttonsAmong(config.providers, confirmWith);
  const reason = obstacle?.words?.[c.var.language as keyof Words] ?? c.var.messages.page.blocked;
  const { graceMs, rejoinBlockMs } = config.withdrawal;
  const lines = linesOf(
    found.lines,
    rejoinBlockMs > 0 ? (found.eraseAt ?? c.var.now + graceMs) + rejoinBlockMs : null,
  );
  const blocked = obstacle && { reason };
  return { confirm, confirmWith, grants, providers, blocked, ...termsOf(config), ...lines };
}

/** Returns the JSON of a preview. */
export function leavingJson(leaving: Leaving, language: string) {
  const { line, kept } = linesIn(language);
  return {
    confirm: leaving.confirm,
    confirm_with: leaving.confirmWith,
    grants: leaving.grants,
    ...(leaving.blocked && { blocked: leaving.blocked }),
    grace_days: leaving.graceDays,
    rejoin_block_days: leaving.rejoinBlockDays,
    destroy: leaving.destroy.map(line),
    anonymise: leaving.anonymise.map(line),
    keep: leaving.keep.map(kept),
    backup_days: leaving.backupDays,
    recipients: leaving.recipients,
  };
}
