/** `deno task admin COMMAND`: what an operator needs. Acts are written to the audit log: see docs/operating.md. */
import { parseArgs } from "node:util";
import type { AuditEntry } from "../db/operate/audit.ts";
import { AppError, causesOf } from "../domain/error.ts";
import { openOnDeno, type Parts } from "../runtime/mod.ts";
import { type Command, Refusal } from "./admin/command.ts";
import { clockCommands } from "./admin/clock.ts";
import { deliveryCommands } from "./admin/deliveries.ts";
import { memberCommands } from "./admin/members.ts";
import { recordCommands } from "./admin/records.ts";
import { throttleCommands } from "./admin/throttles.ts";
import { print } from "./table.ts";

const commands: Record<string, Command> = {
  ...memberCommands,
  ...deliveryCommands,
  ...throttleCommands,
  ...clockCommands,
  ...recordCommands,
};

function usage(): string {
  return [
    "usage: admin COMMAND [--json] [--by WHO] [--why REASON] [--yes]\n",
    ...Object.entries(commands).map(([name, command]) => {
      const words = `${name} ${takes(command)}`.padEnd(46);
      return `  ${words} ${command.about}${command.acts ? " (needs --why)" : ""}`;
    }),
  ].join("\n");
}

/** Wrong words end the process here with 2, before anything is opened. */
function refuse(problem?: string): never {
  if (problem) console.error(`${problem}\n`);
  console.error(usage());
  Deno.exit(2);
}

/** Prints the commands on standard output, and ends the process with 0. */
function help(): never {
  console.log(usage());
  Deno.exit(0);
}

function takes({ argument, option }: Command): string {
  const flag = option && `--${option.name} ${option.value}`;
  if (argument === null) return flag ? `[${flag}]` : "";
  return flag ? `${argument}, or ${flag}` : argument;
}

/** Ids and keyed hashes are base64url, so one may begin with `-`, which `parseArgs` reads as an option. */
const dashedId = /^-([\w-]{21}|[\w-]{42})$/;

function parse(args: readonly string[]) {
  const ids = args.filter((word) => dashedId.test(word));
  try {
    const { values, positionals } = parseArgs({
      args: args.filter((word) => !dashedId.test(word)),
      allowPositionals: true,
      options: {
        help: { type: "boolean", short: "h" },
        "no-block": { type: "boolean" },
        json: { type: "boolean" },
        yes: { type: "boolean" },
        by: { type: "string" },
        why: { type: "string" },
        account: { type: "string" },
        recipient: { type: "string" },
      },
    });
    return { values, positionals: [...positionals, ...ids] };
  } catch {
    return refuse();
  }
}

/** A command's name is one word or two: `deliveries show`. */
function commandOf([first = "", second = "", ...rest]: string[]) {
  const two = `${first} ${second}`;
  if (Object.hasOwn(commands, two)) return { name: two, command: commands[two]!, words: rest };
  if (!Object.hasOwn(commands, first)) return refuse();
  const words = second === "" ? rest : [second, ...rest];
  return { name: first, command: commands[first]!, words };
}

/** Exits with 1 when the command is refused, and with 2 when the words are wrong. */
export async function admin(args: readonly string[], parts?: Parts): Promise<void> {
  const { values, positionals } = parse(args);
  if (values.help || positionals[0] === "help") help();
  const { name, command, words: [word = "", ...rest] } = commandOf(positionals);
  const given = command.option ? values[command.option.name] ?? "" : "";
  const foreign = (["account", "recipient"] as const)
    .some((option) => values[option] !== undefined && option !== command.option?.name);
  const inputs = [word, given].filter(Boolean).length;
  const enough = command.argument === null ? word === "" : inputs === 1;
  const argument = word || given;
  if (!enough || foreign || rest.length > 0 || command.knows?.(argument) === false) refuse();
  if (command.acts && !values.why) {
    refuse(`${name} needs --why REASON: it is written to the audit log`);
  }
  if (values["no-block"] && name !== "erase") refuse();
  if (
    command.final && !values.yes && !confirm(`${name} ${argument}: this cannot be undone. Go on?`)
  ) {
    console.error("nothing was done");
    Deno.exit(1);
  }
  const services = await openOnDeno(parts);
  const audit = (memberId: string | null): AuditEntry => ({
    operator: values.by ?? Deno.env.get("USER") ?? "unknown",
    host: Deno.hostname(),
    act: name,
    memberId,
    why: values.why ?? "",
  });
  try {
    if (command.own && !services.inventory.subject.isOwn) {
      throw new Refusal("the members sign in with another system: use that system's own tools");
    }
    const found = await command.run({
      services,
      argument,
      byOption: given !== "",
      withoutBlock: values["no-block"] ?? false,
      audit,
    });
    print(found, values.json ?? false);
  } catch (error) {
    if (!(error instanceof Refusal) && !(error instanceof AppError)) throw error;
    console.error(error instanceof Refusal ? error.message : causesOf(error).join("; "));
    Deno.exitCode = 1;
  } finally {
    services.db.close();
  }
}

if (import.meta.main) await admin(Deno.args);
