/** Where the lines of the log go: one JSON object a line, on standard output and standard error. */
import { configureSync, getConfig, type LogRecord } from "@logtape/logtape";
import { redactByField } from "@logtape/redaction";

const onDeno = typeof Deno !== "undefined";

/** One JSON object a line, in UTC. */
function formatted({ timestamp, level, category, message, properties }: LogRecord): string {
  const time = new Date(timestamp).toISOString();
  const logger = category.join(".");
  return JSON.stringify({ time, level, logger, message: message.join(""), ...properties });
}

function isError({ level }: LogRecord): boolean {
  return level === "error" || level === "fatal";
}

function toConsole(record: LogRecord): void {
  if (onDeno) writeWaiting(); // lines stay in order
  const write = isError(record) ? console.error : console.log;
  write(formatted(record));
}

/** How long the line of a request waits for others, which one write then serves, ms. */
const linesWaitMs = 5;
let waiting = "";

/** The line of a request that went well. It is written within a few ms, and when the process ends. */
function toConsoleSoon(record: LogRecord): void {
  if (!onDeno || isError(record)) return toConsole(record);
  if (waiting === "") Deno.unrefTimer(setTimeout(writeWaiting, linesWaitMs) as unknown as number);
  waiting += `${formatted(record)}\n`;
}

/** A log that cannot be written changes no answer. */
function writeWaiting(): void {
  const bytes = new TextEncoder().encode(waiting);
  waiting = "";
  try {
    for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
  } catch {
    // its disk is full, or nobody reads it any more
  }
}

/**
 * Unless an app around ours has said itself where lines go. Those of requests have fixed names and no
 * texts of others, so only the rest passes the redaction.
 */
export function logToConsole(): void {
  if (getConfig()) return;
  if (onDeno) addEventListener("unload", writeWaiting);
  configureSync({
    sinks: { console: redactByField(toConsole), requests: toConsoleSoon },
    loggers: [
      { category: "annyeong", lowestLevel: "info", sinks: ["console"] },
      { category: ["annyeong", "request"], sinks: ["requests"], parentSinks: "override" },
      { category: ["logtape", "meta"], lowestLevel: "error", sinks: ["console"] },
    ],
  });
}
