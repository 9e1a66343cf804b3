import { type Entry, erasureOrder, isExpression, type Subject } from "../../domain/data_map.ts";
import { AppError } from "../../domain/error.ts";
import { newId } from "../../crypto/tokens.ts";
import type { Receipt, RecipientName } from "../../domain/receipt.ts";
import type { RejoinTerms } from "../../crypto/identifiers.ts";
import type { Reason } from "../../domain/withdrawal.ts";
import { type AuditEntry, insertAudit } from "../operate/audit.ts";
import { type Inventory, retryOnSchemaChange } from "../map/inventory.ts";
import type { Initiator } from "./initiator.ts";
import { write } from "../engine/batch.ts";
import {
  type Database,
  type InStatement,
  type InValue,
  RefusedStatement,
  type Row,
} from "../engine/database.ts";
import { insertEvent } from "../outbox/deliveries.ts";
import { endGrantsOf } from "../outbox/grants.ts";
import type { MailCondition } from "../outbox/mails.ts";
import {
  belongsTo,
  expiresAt,
  expression,
  fill,
  narrowed,
  type Places,
  quote,
  selectColumns,
  selectCounts,
  startsAt,
  subjectId,
  tableBelongsTo,
  type Template,
  template,
} from "../map/sql.ts";
import { insertReason, reasonValues } from "./reasons.ts";
import { describe, receiptColumns, toReceipt } from "./receipts.ts";
import { mergeStatements } from "../map/full_text.ts";
import {
  countUncovered,
  coverage,
  indexesAreSafe,
  schemaMark,
  selectCascading,
} from "../map/schema.ts";
import { findObstacle, type Obstacle, wordsOf } from "./obstacle.ts";

/** The terms of an erasure. */
export interface ErasureTerms {
  /** ms */
  now: number;
  /** Number of the receipt, unless a pending withdrawal has promised another one. */
  receiptId: string;
  backupDays: number | null;
  recipients: readonly RecipientName[];
  rejoin: RejoinTerms | null;
  reason: Reason | null;
  /**
   * Queues the end of the member's grants at providers: what ends them without a token, sealed, by the id of
   * the identity. Absent: no provider is configured.
   */
  grants?: Readonly<Record<string, string>>;
  /** Written to the audit log if the member is erased. */
  audit?: AuditEntry;
  /**
   * Makes the last statements of the batch, after it was checked that nothing of the member is left. `done`
   * is SQL for whether the member is erased.
   */
  also?: (done: MailCondition) => readonly InStatement[];
}

/**
 * Erases a member in one atomic batch: claims, copies the rows to keep, anonymises, destroys, inserts the
 * events, and checks that nothing is left.
 * @returns the receipt, or `null` if the initiator's condition does not hold or another request was first
 * @throws `unavailable` if the map does not cover the schema or the database does not answer; `conflict`,
 *   with the obstacle as cause, if the database refuses. Nothing has changed then, unless `answerLost`.
 */
export async function erase(
  db: Database,
  inventory: Inventory,
  initiator: Initiator,
  terms: ErasureTerms,
): Promise<Receipt | null> {
  const claim = newId();
  const run = async (places: Places, how: How) => {
    const { steps, verdict, description } = erasureSteps(places, claim, initiator, terms, how);
    const statements = steps.map(({ statement }) => statement);
    const results = await write(db, { statements, verdict });
    const row = results.verdict.rows[0];
    return { row, receipt: row?.id === claim ? toReceipt({ description, ...row }) : null };
  };
  const attempt = retryOnSchemaChange(inventory, "must be complete", async (places) => {
    const known = checked.get(places);
    const short = known ? await run(places, known) : null;
    if (short?.receipt) return { value: short.receipt, uncovered: 0 };
    checked.delete(places);
    const { row, receipt } = await run(places, "in full");
    if (receipt) checked.set(places, toChecked(row!));
    return { value: receipt, uncovered: Number(row!.uncovered) };
  });
  return await attempt.catch(async (error) => {
    const refused = error instanceof AppError && error.code === "conflict" && error.cause;
    if (!(refused instanceof RefusedStatement)) throw error;
    const found = await rehearse(db, inventory, initiator, terms).catch(() => null);
    const cause = new Error(found?.said ?? `the database refused the erasure: ${refused.said}`);
    throw new AppError("conflict", { sentence: "vetoed", words: found?.words, cause });
  });
}

/**
 * Runs the batch of an erasure and always undoes it, in one round trip. It finds triggers, foreign keys,
 * constraints and rows that are left, but no deferred foreign key, which SQLite checks only at COMMIT.
 * @returns what would make the erasure fail now, or `null`
 * @throws `unavailable`
 */
export async function rehearse(
  db: Database,
  inventory: Inventory,
  initiator: Initiator,
  terms: ErasureTerms,
): Promise<Obstacle | null> {
  const places = inventory.places();
  const { steps } = erasureSteps(places, newId(), initiator, terms, "place by place");
  try {
    await db.write([...steps.map(({ statement }) => statement), undo]);
  } catch (error) {
    if (!(error instanceof RefusedStatement)) throw error;
    const table = steps[error.index]?.table;
    if (!table || error.kind !== "constraint") return null; // only `undo` failed, or the schema changed
    const obstacle = await findObstacle(db, places, error, table, initiator, terms.now);
    return { ...obstacle, words: wordsOf(obstacle, places.blocks) };
  }
  return null;
}

/** The last statement of a rehearsal. It always violates NOT NULL, which undoes the batch. */
const undo = "INSERT INTO erasures (id) VALUES (NULL)";

/** A statement of an erasure, and the table on the map whose rows it changes or counts, if any. */
interface Step {
  table: string | null;
  statement: InStatement;
}

const member = "(SELECT member_id FROM erasures WHERE id = :claim)";
const claimed = "EXISTS (SELECT 1 FROM erasures WHERE id = :claim)";
const isClaimed = "EXISTS (SELECT 1 FROM erasures WHERE id = ?)";

/**
 * What an erasure in full has shown about the schema. As long as its mark is the same, the following
 * erasures need not compare all tables again, which costs more than everything else that they do.
 */
interface Checked {
  mark: string;
  /** `table.column` of the foreign keys by which rows go with the row of their member. */
  cascading: ReadonlySet<string>;
}
const checked = new WeakMap<Places, Checked>();

function toChecked({ schema_mark, cascading }: Row): Checked {
  return { mark: String(schema_mark), cascading: new Set(JSON.parse(String(cascading))) };
}

/**
 * `in full` compares the schema with the places. `place by place` does so too, and reads each table back
 * with a statement of its own, so that a failure names it.
 */
type How = "in full" | "place by place" | Checked;

function erasureSteps(
  places: Places,
  claim: string,
  initiator: Initiator,
  terms: ErasureTerms,
  how: How,
): { steps: Step[]; verdict: InStatement; description: string } {
  const plan = planOf(places, initiator, terms.rejoin !== null, how);
  const values: Record<string, InValue> = {
    ...plan.values,
    claim,
    now: terms.now,
    receipt_id: terms.receiptId,
    backup_days: terms.backupDays,
    recipients: JSON.stringify(terms.recipients.map(({ name, kind }) => ({ name, kind }))),
    pseudonym: newId().slice(0, 8),
    ...initiator.values,
    ...rejoinValues(terms),
    ...reasonValues(terms.reason, terms.now),
  };
  const filled = (parts: readonly Part[]): Step[] =>
    parts.map(({ table, text }) => ({ table, statement: fill(text, values) }));
  const own = (statements: readonly InStatement[]): Step[] =>
    statements.map((statement) => ({ table: null, statement }));
  const events = terms.recipients.map(({ name }) =>
    insertEvent("member.withdrawn", name, terms.now, {
      from: "erasures",
      where: "id = ?",
      args: [claim],
    })
  );
  const audit = terms.audit
    ? [insertAudit(terms.audit, terms.now, { sql: isClaimed, args: [claim] })]
    : [];
  const also = terms.also?.({
    sql: claimed,
    values: { claim },
    receiptId: "(SELECT receipt_id FROM erasures WHERE id = :claim)",
  }) ?? [];
  const steps = [
    ...own(initiator.first ?? []),
    ...filled(plan.begin),
    ...own(terms.grants ? [endGrantsOf(claim, terms.grants, terms.now)] : []),
    ...filled(plan.erase),
    ...own(insertReason(terms.reason, claimed, values)),
    ...filled(plan.readBack),
    ...own([...events, ...audit, ...also]),
  ];
  return { steps, verdict: fill(plan.verdict, values), description: plan.description };
}

/** The SQL of a step, and the table on the map whose rows it changes or counts, if any. */
interface Part {
  table: string | null;
  text: Template;
}

/** The statements of all erasures with the same places and kind of initiator. */
interface Plan {
  /** The claim, and what is read before anything of the member is destroyed. */
  begin: Part[];
  erase: Part[];
  readBack: Part[];
  verdict: Template;
  values: Record<string, InValue>;
  /** What the data map says, for the receipt. */
  description: string;
}

/** Caches the statements until the schema changes, because making them takes longer than running them. */
const plans = new WeakMap<Places | Checked, Map<string, Plan>>();

function planOf(places: Places, initiator: Initiator, rejoin: boolean, how: How): Plan {
  const scope = typeof how === "string" ? places : how;
  const made = plans.get(scope) ?? new Map<string, Plan>();
  plans.set(scope, made);
  const { from, where, receiptId } = initiator;
  const kind = JSON.stringify([from, where, receiptId, rejoin, how === "place by place"]);
  const plan = made.get(kind) ?? makePlan(places, initiator, rejoin, how);
  made.set(kind, plan);
  return plan;
}

function makePlan(places: Places, initiator: Initiator, rejoin: boolean, how: How): Plan {
  const known = typeof how === "string" ? null : how;
  const description = describe(places.all, rejoin);
  const belongs = (entry: Entry, to: string) =>
    entry.via ? narrowed(entry, inNotedKeys(entry.via), to) : belongsTo(places, entry, to);
  const byKeys = (entry: Entry) => belongs(entry, member);
  const byErasure = (entry: Entry) => belongs(entry, "erasures.member_id");
  const notes = noteKeys(places);
  const own = (texts: readonly string[], table: string | null = null): Part[] =>
    texts.map((sql) => ({ table, text: template(sql) }));
  const each = (
    entries: readonly Entry[],
    textsOf: (entry: Entry, index: number, belongs: string) => string[],
  ) =>
    entries.flatMap((entry) =>
      own(textsOf(entry, places.all.indexOf(entry), byKeys(entry)), entry.table)
    );
  const counted = places.entries
    .filter((entry) => entry.disposition !== "anonymise" || !entry.via);
  return {
    begin: own([
      ...(known ? [] : [selectColumns(places)]),
      claimStatement(
        places.subject,
        initiator,
        known ? isAsKnown(places) : `${countUncovered(places)} = 0`,
      ),
      ...(known ? [] : [insertDescription]),
      ...notes,
      `UPDATE erasures SET counts = (${selectCounts(places, byErasure)})
       WHERE id = :claim AND counts IS NULL`,
      ...(rejoin ? [countBlock(places)] : []),
    ]),
    erase: [
      ...each(places.entries, (...given) => keep(places.subject, ...given)),
      ...each(places.entries, anonymise),
      ...each(
        erasureOrder(places.entries, places.subject).filter((entry) => !goesByItself(entry, known)),
        destroy,
      ),
      ...own(mergeStatements(places.virtual, claimed)),
      ...own(rejoin ? [rejoinStatement] : []),
    ],
    readBack: [
      ...(how === "place by place"
        ? each(counted, (entry) => [countRest([entry], byErasure)])
        : own([countRest(counted, byErasure)])),
      ...own(notes.length > 0 ? ["DELETE FROM erasure_keys WHERE erasure_id = :claim"] : []),
    ],
    verdict: template(known ? selectErasure : selectVerdict(places)),
    description: description.text,
    values: {
      schema_mark: known?.mark ?? null,
      data_map_id: description.id,
      description: description.text,
      ...coverage(places),
      ...entryValues(places.all),
    },
  };
}

/** The first statement. It inserts the claim if its conditions hold; all later ones depend on that row. */
function claimStatement(
  subject: Subject,
  { from, where, receiptId }: Initiator,
  isCovered: string,
): string {
  return `
    INSERT INTO erasures
      (id, member_id, receipt_id, erased_at, data_map_id, backup_days, recipients)
    SELECT :claim, ${
    subjectId(subject)
  }, ${receiptId}, :now, :data_map_id, :backup_days, :recipients
    FROM ${from}
    WHERE ${where} AND ${isCovered}
    ON CONFLICT DO NOTHING`;
}

/** SQL: nothing has changed since the erasure that was checked in full. */
function isAsKnown(places: Places): string {
  return `${schemaMark} = :schema_mark AND ${indexesAreSafe(places)}
    AND EXISTS (SELECT 1 FROM data_maps WHERE id = :data_map_id)`;
}

const insertDescription = `
  INSERT INTO data_maps (id, description) SELECT :data_map_id, :description WHERE ${claimed}
  ON CONFLICT DO NOTHING`;

/** Whether the database deletes the rows of an entry together with the row of their member. */
function goesByItself(entry: Entry, known: Checked | null): boolean {
  if (!known || entry.where !== null || entry.members.length !== 1) return false;
  return known.cascading.has(`${entry.table}.${entry.members[0]}`.toLowerCase());
}

/** Stores the keys of each parent row, grandparents first, to find its children after the parent has changed. */
function noteKeys(places: Places): string[] {
  const deepestLast = erasureOrder(places.entries, places.subject).reverse();
  const parents = new Map(
    deepestLast.flatMap(({ via }) => via ? [[`${via.table}.${via.key}`, via] as const] : []),
  );
  return [...parents.values()].map(({ table, key }) => `
    INSERT INTO erasure_keys (erasure_id, place, key)
    SELECT :claim, '${table}.${key}', ${quote(key)} FROM ${quote(table)}
    WHERE ${quote(key)} IS NOT NULL AND (${tableBelongsTo(places, table, member)})
    ON CONFLICT DO NOTHING`);
}

function inNotedKeys(
  { column, table, key }: { column: string; table: string; key: string },
): string {
  return `${quote(column)} IN (
    SELECT key FROM erasure_keys WHERE erasure_id = :claim AND place = '${table}.${key}')`;
}

function keep(subject: Subject, entry: Entry, index: number, belongs: string): string[] {
  if (entry.disposition !== "keep") return [];
  const columns = entry.columns.map((column) => `'${column}', ${jsonSafe(quote(column))}`);
  const copies = Object.entries(entry.copy).map(([name, source]) => {
    const column = quote(source.slice(`${subject.table}.`.length));
    return `'${name}', (
      SELECT ${jsonSafe(column)} FROM ${quote(subject.table)} WHERE ${
      quote(subject.key)
    } = ${member})`;
  });
  return [`
    INSERT INTO retained (id, receipt_id, source, ground, purpose, starts_at, expires_at, row)
    SELECT lower(hex(randomblob(16))), (SELECT receipt_id FROM erasures WHERE id = :claim),
      '${entry.table}', :ground${index}, :purpose${index}, ${startsAt(entry)}, ${expiresAt(entry)},
      json_object(${[...columns, ...copies].join(", ")})
    FROM ${quote(entry.table)} WHERE (${belongs}) AND ${expiresAt(entry)} > :now`];
}

/** SQL: a value that JSON can hold. Blobs become hex. */
function jsonSafe(column: string): string {
  return `iif(typeof(${column}) = 'blob', hex(${column}), ${column})`;
}

function anonymise(entry: Entry, index: number, belongs: string): string[] {
  if (entry.disposition !== "anonymise") return [];
  const assignments = Object.entries(entry.set).map(([column, to], position) => {
    const value = isExpression(to) ? expression(to.sql, member) : `:set${index}_${position}`;
    const shared = entry.members.length > 1 && entry.members.includes(column);
    const becomes = shared
      ? `iif(${quote(column)} = ${member}, ${value}, ${quote(column)})` // keeps another member's id
      : value;
    return `${quote(column)} = ${becomes}`;
  });
  return [`UPDATE ${quote(entry.table)} SET ${assignments.join(", ")} WHERE ${belongs}`];
}

function destroy(entry: Entry, _index: number, belongs: string): string[] {
  if (entry.disposition === "anonymise") return [];
  return [`DELETE FROM ${quote(entry.table)} WHERE ${belongs}`];
}

/** Counts the rows that are left. If there are any, the constraint `nothing_left` undoes the batch. */
function countRest(entries: readonly Entry[], byKeys: (entry: Entry) => string): string {
  const rest = entries
    .map((entry) => `(SELECT count(*) FROM ${quote(entry.table)} WHERE ${byKeys(entry)})`);
  return `UPDATE erasures SET remaining = ${rest.join(" + ")} WHERE id = :claim`;
}

/** SQL: adds the rejoin block to the counts, after the entries of the map. */
function countBlock(places: Places): string {
  return `
    UPDATE erasures SET counts = json_set(counts, '$."${places.all.length}"',
      json_array(0, json_array_length(:rejoin_identifiers), :rejoin_until)) WHERE id = :claim`;
}

const rejoinStatement = `
  INSERT INTO rejoin_blocks (identifier, expires_at)
  SELECT value, :rejoin_until FROM json_each(:rejoin_identifiers) WHERE ${claimed}
  ON CONFLICT (identifier) DO UPDATE SET expires_at = max(expires_at, excluded.expires_at)`;

/** Selects the receipt by the claim of this request, so that the result is the same if the batch arrives twice. */
function selectVerdict(places: Places): string {
  return `
    SELECT ${receiptColumns}, iif(erasures.id IS NULL, ${countUncovered(places)}, 0) AS uncovered,
      ${schemaMark} AS schema_mark, (${selectCascading}) AS cascading
    FROM (SELECT 1) LEFT JOIN erasures ON erasures.id = :claim
    LEFT JOIN data_maps ON data_maps.id = erasures.data_map_id`;
}

const selectErasure = `
  SELECT id, receipt_id, erased_at, backup_days, recipients, counts FROM erasures WHERE id = :claim`;

function rejoinValues({ rejoin }: ErasureTerms): Record<string, InValue> {
  return {
    rejoin_identifiers: JSON.stringify(rejoin?.identifiers ?? []),
    rejoin_until: rejoin?.until ?? 0,
  };
}

function entryValues(entries: readonly Entry[]): Record<string, InValue> {
  return Object.fromEntries(entries.flatMap((entry, index) => {
    switch (entry.disposition) {
      case "keep":
        return [
          [`ground${index}`, JSON.stringify(entry.ground)],
          [`purpose${index}`, JSON.stringify(entry.purpose)],
        ];
      case "anonymise":
        return Object.values(entry.set).flatMap((value, position) =>
          isExpression(value) ? [] : [[`set${index}_${position}`, value]]
        );
      case "destroy":
        return [];
    }
  }));
}
