/** Where the log goes: the console, one JSON object a line. */
import { configureSync, getConfig, type LogRecord } from "@logtape/logtape";
import { redactByField } from "@logtape/redaction";

/** One JSON object a line, in UTC. `error` and `fatal` go to standard error. */
function toConsole({ timestamp, level, category, message, properties }: LogRecord): void {
  const time = new Date(timestamp).toISOString();
  const line = {
    time,
    level,
    logger: category.join("."),
    message: message.join(""),
    ...properties,
  };
  const write = level === "error" || level === "fatal" ? console.error : console.log;
  write(JSON.stringify(line));
}

/** Configures logging, unless an app around this service has configured it already. */
export function logToConsole(): void {
  if (getConfig()) return;
  configureSync({
    sinks: { console: redactByField(toConsole) },
    loggers: [
      { category: "annyeong", lowestLevel: "info", sinks: ["console"] },
      { category: ["logtape", "meta"], lowestLevel: "error", sinks: ["console"] },
    ],
  });
}
