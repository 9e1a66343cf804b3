import type { Config } from "../config/mod.ts";
import type { PreviewLine } from "../db/leaving/withdrawals.ts";
import type { Words } from "../domain/data_map.ts";
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

/** The places of the map by what leaving does with them. Rows past their period go, kept or not. */
export function linesOf(
  lines: readonly PreviewLine[],
): Pick<Leaving, "destroy" | "anonymise" | "keep"> {
  return {
    destroy: lines.filter(({ entry, gone }) =>
      entry.disposition === "destroy" || (entry.disposition === "keep" && gone > 0)
    ).map(({ entry, gone }) => ({ what: entry.label, count: gone })),
    anonymise: lines.filter(({ entry }) => entry.disposition === "anonymise")
      .map(({ entry, gone }) => ({ what: entry.label, count: gone })),
    keep: lines.flatMap(({ entry, kept, until }) =>
      entry.disposition === "keep" && until !== null
        ? [{ what: entry.label, count: kept, ground: entry.ground, until }]
        : []
    ),
  };
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

/** Returns the JSON of a preview. */
export function leavingJson(leaving: Leaving, language: string) {
  const { line, kept } = linesIn(language);
  return {
    confirm: leaving.confirm,
    confirm_with: leaving.confirmWith,
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
