/** What a command of `deno task admin` is made of. */
import type { Services } from "../../actions/services.ts";
import type { AuditEntry } from "../../db/operate/audit.ts";
import type { Summary, Table } from "../table.ts";

/** Lists end after so many rows. */
export const rowsShown = 1000;

export interface Call {
  services: Services;
  /** What the command was given, or what its option was. */
  argument: string;
  /** Whether `argument` is the value of the command's option. */
  byOption: boolean;
  /** Whether an erasure blocks nobody from rejoining: `--no-block`. */
  withoutBlock: boolean;
  /** The line of the audit log. */
  audit(memberId: string | null): AuditEntry;
}

export interface Command {
  /** What it takes; `null`: nothing. */
  argument: string | null;
  /** What it takes in place of the argument, by this name. Without an argument it may be left out. */
  option?: { name: "account" | "recipient"; value: string };
  about: string;
  /** An act needs `--why`, and is written to the audit log. */
  acts?: true;
  /** It cannot be undone, so that it asks again. */
  final?: true;
  /** It concerns sessions or credentials, which another system's members have elsewhere. */
  own?: true;
  /** Whether the argument is a word that it knows. */
  knows?(argument: string): boolean;
  run(call: Call): Promise<Table | Summary>;
}

/** A command that did nothing, and why. */
export class Refusal extends Error {}

export const nobody = "no member has this id";
