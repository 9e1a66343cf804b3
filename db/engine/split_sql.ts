/** What SQLite's tokenizer sees, as far as it matters here; a text with a doubled quote passes for two. */
const token =
  /[ \t\n\f\r]+|\ufeff|--[^\n]*|\/\*[^]*?(?:\*\/|$)|'[^']*'?|"[^"]*"?|`[^`]*`?|\[[^\]]*\]?|[\w$\u0080-\uffff]+|[^]/g;
const nothing = /^(?:[ \t\n\f\r\ufeff]|--|\/\*)/;
const trigger = /^CREATE (?:TEMP |TEMPORARY )?TRIGGER /;

/** The text without comments and with one space between tokens: equal for texts that do the same. */
export function codeOf(sql: string): string {
  return Array.from(sql.matchAll(token), ([text]) => text).filter((text) => !nothing.test(text))
    .join(" ");
}

/**
 * The statements of a text, each from its first word to its last: exactly what a driver may be given, for
 * one that is given two runs the first and drops the second. A statement ends at a semicolon, a trigger
 * at the one after the END that follows a semicolon, which is how SQLite itself tells.
 */
export function statementsOf(sql: string): string[] {
  const statements: string[] = [];
  let code: string[] = [];
  let [from, to] = [0, 0];
  const end = () => {
    if (code.length > 0) statements.push(sql.slice(from, to));
    code = [];
  };
  for (const { 0: text, index } of sql.matchAll(token)) {
    if (nothing.test(text)) continue;
    const isTrigger = trigger.test(`${code.slice(0, 3).join(" ")} `);
    if (text === ";" && (!isTrigger || code.slice(-2).join("") === ";END")) {
      end();
      continue;
    }
    if (code.length === 0) from = index;
    to = index + text.length;
    code.push(text.toUpperCase());
  }
  end();
  return statements;
}
