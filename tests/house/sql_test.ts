/** Finds in the syntax tree of every source file what SQL contains besides bound parameters. */
import assert from "node:assert/strict";
import { sources } from "../support/sources.ts";

type Node = Deno.lint.Node;

/**
 * What SQL may contain besides bound parameters, by file. Each entry is a number or name of our own code,
 * a name of the schema or of the data map, or a variable that holds SQL; with `()` a function that returns
 * SQL; in quotes what stands between quotes in the SQL. A value from a request must never be listed.
 * A few entries belong to messages and to the export, which the check takes for SQL.
 */
const fragments: Record<string, string> = {
  "db/engine/embedded.ts": "code pragma",
  "db/engine/expected.ts": "row.column_name row.table_name",
  "db/engine/exit_migrations.ts": "name statement",
  "db/engine/log_size.ts": "pathOf()",
  "db/engine/migration.ts": "migration problem",
  "db/engine/split_sql.ts": "code.slice()",
  "db/import/dropped.ts":
    "among() column counts from ids isBarred() isSet() known n only place rows rows.length table.name text where",
  "db/import/import.ts": "instantIn() names",
  "db/import/preflight.ts": "child column n row.name row.type",
  "db/import/source.ts": "text.replace()",
  "db/identity/challenges.ts": "condition.sql",
  "db/identity/passkeys.ts": "countCredentials() passkeysPerMember spent.sql sql",
  "actions/address.ts": "allowed.sql",
  "actions/register.ts": "allowed.sql",
  "db/identity/addresses.ts": "member owner.sql",
  "db/identity/credentials.ts": "credentialColumns() member",
  "db/identity/identities.ts": "isAnothers()",
  "db/identity/members.ts": "condition.sql unclaimedKey",
  "db/identity/passwords.ts": "done.sql",
  "db/identity/proofs.ts": "spent.sql",
  "db/leaving/erase.ts":
    "'column' 'entry.table' 'name' assignments becomes belongs byKeys() column copies entry.members[0] entry.table from index indexesAreSafe() isCovered jsonSafe() key places.all.length position receiptColumns receiptId schemaMark selectCascading selectCounts() subject.table table value via.key via.table where",
  "db/leaving/obstacle.ts": "column from name where",
  "db/leaving/reasons.ts": "done",
  "db/leaving/standing.ts": "from where",
  "db/leaving/withdrawals.ts": "initiator.from initiator.where",
  "db/map/export.ts": "n tie ties",
  "db/map/full_text.ts": "'event' 'name.toLowerCase()' 'table' condition isSafe name table",
  "db/map/member_ids.ts": "found n",
  "db/map/schema.ts":
    "'JSON.stringify(written).replaceAll()' 'name' column countUntied() isKept() subject.table table unsafe unsafeIndexes()",
  "db/map/sql.ts":
    "'modifier' 'name' belongs() column columns condition countsOf() datesFrom datesTo each expires expression() index instant member name name.replaceAll() parents sql.replaceAll()",
  "db/operate/audit.ts": "done.sql",
  "db/operate/sweep.ts": "'mailRecipient' act counts key over rows table",
  "db/operate/status.ts": "table",
  "exit/better_auth.ts": "member organization owner",
  "exit/better_auth_map.ts": "condition",
  "exit/node_sqlite.ts": "pragma",
  "db/outbox/grants.ts": "done.sql endingMs from receiptId where",
  "db/outbox/mails.ts": "counted.sql done.receiptId done.sql",
  "db/session/attempts.ts": "condition.sql",
  "db/session/end.ts": "member",
  "db/session/identities.ts": "allowed.sql countCredentials()",
  "db/session/links.ts": "done.sql isAnothers() owner.sql",
  "db/session/sessions.ts": "columns from owner owner.sql proven.from proven.where where",
  "db/session/standing.ts": "credentialColumns()",
};

/** Allowed in every file: `quote`, for names of the schema, and fragments that are SQL. */
const everywhere = [
  ...["quote", "quote()", "member.sql", "source.from", "source.where"],
  ...["joinPending", "isPending", "notPending", "isNext", "countUncovered()", "tableBelongsTo()"],
  ...["startsAt()", "expiresAt()", "deletesSecurely()", "columnsExist", "columnsExist()"],
  ...["endSessionsOf()", "subjectId()", "subjectText()", "subjectColumn()", "joinSubject()"],
  ...["withoutPending()", "mayRefer()"],
];

Deno.test("SQL never interpolates a value: only quoted names, constants and known fragments", async () => {
  const unknown: string[] = [];
  const unused = new Set(
    Object.entries(fragments)
      .flatMap(([file, names]) => names.split(" ").map((name) => `${file}: ${name}`)),
  );
  let seen = 0;
  for await (const { file, text } of sources()) {
    for (const part of interpolatedIn(file, text)) {
      seen++;
      const entry = `${file}: ${part}`;
      if (!everywhere.includes(part) && !fragments[file]?.split(" ").includes(part)) {
        unknown.push(entry);
      }
      unused.delete(entry);
    }
  }
  assert.ok(seen > 100, "SQL is found");
  assert.deepEqual(unknown, []);
  assert.deepEqual([...unused], [], "the list names only what is there");
});

Deno.test("the check of SQL finds a value that is interpolated, quoted, concatenated or filled in", () => {
  const found = (text: string) => interpolatedIn("db/x.ts", text);
  assert.deepEqual(found("const q = `SELECT id FROM users WHERE id = '${form.id}'`;"), [
    "'form.id'",
  ]);
  assert.deepEqual(found("const q = `SELECT id FROM users LIMIT ${limit}`;"), ["limit"]);
  assert.deepEqual(found('const q = "SELECT id FROM users WHERE id = " + id;'), ["id"]);
  assert.deepEqual(found("const q = `id IN (${ids.map((id) => id).join()})`;"), ["id"]);
  assert.deepEqual(found('const q = `DELETE FROM users ${all ? "" : where}`;'), ["where"]);
  assert.deepEqual(found('const q = "SELECT ?".replace("?", name);'), ["name"]);
  assert.deepEqual(found("const n = 20; const q = `SELECT id FROM users LIMIT ${n}`;"), []);
  assert.deepEqual(found("throw new Error(`the table ${name} is not there`);"), []);
});

const keyword =
  /\b(SELECT|INSERT|UPDATE|DELETE|REPLACE|FROM|WHERE|VALUES|PRAGMA|CREATE|ALTER|DROP|ORDER BY|LIMIT)\b/;

/** A message has three lower-case words in a row; our SQL has not. */
const sentence = /[a-z]+ [a-z]+ [a-z]+/;

/** In `db/` every text counts as SQL unless it is a sentence; elsewhere only one with a keyword. */
function isSql(file: string, text: string): boolean {
  if (sentence.test(text) && !/^\s*[A-Z]{4,}\s/.test(text)) return false;
  return file.startsWith("db/") || keyword.test(text);
}

/** The expressions that a file puts into its SQL, as they are written. Constants of the file are left out. */
function interpolatedIn(file: string, text: string): string[] {
  const found: { node: Node; quoted: boolean }[] = [];
  const declared = new Map<string, (Node | null)[]>();

  /** `null`: a value that is known only when the code runs. */
  function declare(id: Node, value: Node | null): void {
    if (id.type === "Identifier") declared.set(id.name, [...declared.get(id.name) ?? [], value]);
    if (id.type === "AssignmentPattern") declare(id.left, null);
    if (id.type === "RestElement") declare(id.argument, null);
    if (id.type === "ArrayPattern") id.elements.forEach((one) => one && declare(one, null));
    if (id.type !== "ObjectPattern") return;
    for (const one of id.properties) declare(one.type === "Property" ? one.value : one, null);
  }

  function declareParameters({ params }: { params: Deno.lint.Parameter[] }): void {
    params.forEach((one) => declare(one as Node, null));
  }

  const visitor: Deno.lint.LintVisitor = {
    VariableDeclarator({ id, init, parent }) {
      declare(id, parent.kind === "const" ? init : null);
    },
    FunctionDeclaration: declareParameters,
    FunctionExpression: declareParameters,
    ArrowFunctionExpression: declareParameters,
    TemplateLiteral({ quasis, expressions }) {
      if (!isSql(file, quasis.map(({ cooked }) => cooked).join("…"))) return;
      expressions.forEach((node, n) => {
        const quoted = quasis[n]!.cooked.endsWith("'") && quasis[n + 1]!.cooked.startsWith("'");
        found.push({ node, quoted });
      });
    },
    BinaryExpression(node) {
      const operands = operandsOf(node);
      if (node.parent.type === "BinaryExpression" && node.parent.operator === "+") return;
      if (!operands.some((one) => isSqlText(file, one))) return;
      for (const one of operands) found.push({ node: one, quoted: false });
    },
    CallExpression({ callee, arguments: given }) {
      if (callee.type !== "MemberExpression" || !isSqlText(file, callee.object)) return;
      for (const node of given) found.push({ node, quoted: false });
    },
  };
  const rule = { create: () => visitor };
  Deno.lint.runPlugin({ name: "sql", rules: { sql: rule } }, file, text);

  const textOf = ({ range: [from, to] }: Node) => text.slice(from, to);
  return found.flatMap(({ node, quoted }) =>
    leaves(node).map((part) => quoted ? `'${part}'` : part)
  );

  /** What an expression may become. */
  function leaves(node: Node): string[] {
    switch (node.type) {
      case "Literal":
      case "TemplateLiteral": // visited by itself
        return [];
      case "ConditionalExpression":
        return [...leaves(node.consequent), ...leaves(node.alternate)];
      case "LogicalExpression":
        return [...(node.operator === "&&" ? [] : leaves(node.left)), ...leaves(node.right)];
      case "ArrayExpression":
        return node.elements.flatMap(leaves);
      case "BinaryExpression":
        return [...leaves(node.left), ...leaves(node.right)];
      case "SpreadElement":
        return leaves(node.argument);
      case "ArrowFunctionExpression":
        return leaves(node.body);
      case "CallExpression":
        return leavesOfCall(node);
      case "Identifier": {
        const values = declared.get(node.name);
        declared.set(node.name, [null]); // a constant is not made of itself
        const isConstant = values?.every((value) => value !== null && leaves(value).length === 0);
        declared.set(node.name, isConstant ? [] : [null]);
        return isConstant ? [] : [node.name];
      }
      default:
        return [textOf(node)];
    }
  }

  /** `list.map(f).join(", ")` is what `f` makes; of any other call the name is enough. */
  function leavesOfCall({ callee, arguments: given }: Deno.lint.CallExpression): string[] {
    if (callee.type !== "MemberExpression") return [`${textOf(callee)}()`];
    const method = textOf(callee.property);
    if (method === "join") return leaves(callee.object);
    if (method === "map" || method === "from") return leaves(given.at(-1)!);
    return [`${textOf(callee)}()`];
  }
}

function operandsOf(node: Node): Node[] {
  return node.type === "BinaryExpression" && node.operator === "+"
    ? [...operandsOf(node.left), ...operandsOf(node.right)]
    : [node];
}

function isSqlText(file: string, node: Node): boolean {
  return node.type === "Literal" && typeof node.value === "string" && isSql(file, node.value) &&
    keyword.test(node.value);
}
