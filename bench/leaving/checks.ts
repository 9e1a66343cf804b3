/** The failures of the field, each as an experiment. What is found is the evidence. */
import { createLocalJWKSet, jwtVerify } from "jose";
import { replayLedger } from "../../actions/replay_ledger.ts";
import { openDatabase } from "../../db/engine/database.ts";
import { sealedLines, sealLedger } from "../../db/leaving/ledger.ts";
import { createInventory } from "../../db/map/inventory.ts";
import type { Browser } from "../../tests/support/harness.ts";
import { browserOf, filesWith, type Place, query, type Settings, tablesWith } from "./place.ts";

/** `null`: the system has nothing that could fail here. */
export interface Finding {
  passed: boolean | null;
  evidence: string;
}

export interface Check {
  /** What has to hold, as a sentence. */
  name: string;
  settings?: Settings;
  run(place: Place): Promise<Finding>;
}

const marker = "haneul-marked";

/** A member with rows in the app's tables, signed in. */
async function member(place: Place, name = marker): Promise<Browser> {
  const browser = browserOf(place);
  const joined = await place.join(browser, name);
  if (joined.status >= 300) throw new Error(`joining answered ${joined.status}: ${joined.text}`);
  return browser;
}

/** Rows of the app. `note` has a foreign key, `comment` has none. */
function writeRows(place: Place, id: string, tables = ["note", "comment"]): void {
  for (const table of tables) {
    query(place, `INSERT INTO ${table} (owner, text) VALUES (?, ?)`, id, `text of ${marker}`);
  }
}

function idOf(place: Place): string {
  const [row] = query(place, `SELECT id FROM "${place.members}" ORDER BY rowid DESC LIMIT 1`);
  return String(row!.id);
}

const found = (passed: boolean, evidence: string): Finding => ({ passed, evidence });
const nothing = (evidence: string): Finding => ({ passed: null, evidence });
const listed = (places: string[], otherwise: string) =>
  places.length === 0 ? found(true, otherwise) : found(false, places.join(", "));

export const checks: readonly Check[] = [
  {
    name: "Other devices are signed out at once",
    async run(place) {
      const leaver = await member(place);
      const second = browserOf(place);
      await place.signIn(second, marker);
      await place.who(second);
      await place.leave(leaver);
      const who = await place.who(second);
      return found(who === null, who === null ? "signed out" : `still ${who}`);
    },
  },
  {
    name: "Other devices are signed out at once, with the session cache on",
    settings: { cached: true },
    async run(place) {
      const leaver = await member(place);
      const second = browserOf(place);
      await place.signIn(second, marker);
      await place.who(second);
      await place.leave(leaver);
      const who = await place.who(second);
      return found(who === null, who === null ? "signed out" : `still ${who}, from the cookie`);
    },
  },
  {
    name: "Of two requests at once exactly one wins",
    async run(place) {
      const rounds: { answers: string; won: number }[] = [];
      for (const name of ["haneul", "byeol", "nabi", "baram", "haetnim"]) {
        const leaver = await member(place, name);
        const answers = await Promise.all([1, 2].map(() => place.leave(leaver.copy())));
        const won = answers.filter((answer) => place.isGone(answer)).length;
        rounds.push({ answers: answers.map(({ status }) => status).join(" and "), won });
      }
      const { before = 0, after: done = rounds.length } = place.hooks ?? {};
      const called = `; beforeDelete called: ${before}, afterDelete: ${done}`;
      const worst = rounds.find(({ won }) => won !== 1) ?? rounds[0]!;
      return found(
        worst.won === 1 && done === rounds.length,
        `${rounds.length} members: ${worst.answers}${place.hooks ? called : ""}`,
      );
    },
  },
  {
    name: "A veto of the app's hook leaves everything as it was",
    settings: { veto: true },
    async run(place) {
      if (!place.hooks) return nothing("no hook");
      const leaver = await member(place);
      const answer = await place.leave(leaver);
      const who = await place.who(leaver);
      const again = await place.signIn(browserOf(place), marker);
      const intact = !place.isGone(answer) && who === marker && again.status === 200;
      return found(
        intact,
        `answer ${answer.status}; session ${who ? "kept" : "gone"}; sign-in ${again.status}`,
      );
    },
  },
  {
    name: "If the database refuses the last row, nothing is half deleted",
    async run(place) {
      const leaver = await member(place);
      query(
        place,
        `CREATE TRIGGER held BEFORE DELETE ON "${place.members}" BEGIN
          SELECT RAISE(ABORT, 'an invoice is open'); END`,
      );
      const answer = await place.leave(leaver).catch((error) => ({
        status: 500,
        text: String(error),
      }));
      query(place, "DROP TRIGGER held");
      const who = await place.who(leaver);
      const again = await place.signIn(browserOf(place), marker);
      return found(
        who === marker && again.status === 200,
        `answer ${answer.status}; session ${who ? "kept" : "gone"}; sign-in ${again.status}`,
      );
    },
  },
  {
    name: "A member with rows in the app's own tables can leave",
    async run(place) {
      const leaver = await member(place);
      writeRows(place, idOf(place));
      const answer = await place.leave(leaver).catch(() => null);
      const gone = answer !== null && place.isGone(answer);
      return found(gone, answer ? `answer ${answer.status}` : "the request failed");
    },
  },
  {
    name: "No row of any table names who has left",
    async run(place) {
      const leaver = await member(place);
      const id = idOf(place);
      writeRows(place, id, ["comment"]);
      await place.leave(leaver);
      return listed(tablesWith(place, marker), "no row");
    },
  },
  {
    name: "No byte of the file, log or journal names who has left",
    async run(place) {
      const leaver = await member(place);
      await place.leave(leaver);
      return listed(await filesWith(place, marker), "no byte");
    },
  },
  {
    name: "The next owner of the same name inherits nothing",
    async run(place) {
      const leaver = await member(place);
      const id = idOf(place);
      writeRows(place, id, ["comment"]);
      await place.leave(leaver);
      const next = browserOf(place);
      const joined = await place.join(next, marker);
      if (joined.status >= 300) return found(false, `cannot join again: ${joined.status}`);
      const [rows] = query(place, "SELECT count(*) AS n FROM comment WHERE owner = ?", idOf(place));
      const old = query(place, "SELECT count(*) AS n FROM comment WHERE owner = ?", id)[0]!;
      const same = idOf(place) === id;
      return found(
        !same && rows!.n === 0 && old.n === 0,
        same ? "the same id again" : `a new id; rows of the old one: ${old.n}`,
      );
    },
  },
  {
    name: "A table that nobody thought of stops the withdrawal",
    async run(place) {
      const leaver = await member(place);
      query(place, "CREATE TABLE forgotten (owner TEXT, text TEXT)");
      query(place, "INSERT INTO forgotten VALUES (?, ?)", idOf(place), marker);
      const answer = await place.leave(leaver);
      const gone = place.isGone(answer);
      return found(!gone, gone ? "left; the rows are still there" : `answer ${answer.status}`);
    },
  },
  {
    name: "A sign-in that runs at the same time leaves no session",
    async run(place) {
      const leaver = await member(place);
      const racers = [1, 2, 3, 4].map(() => browserOf(place));
      await Promise.all([
        ...racers.slice(0, 2).map((browser) => place.signIn(browser, marker).catch(() => null)),
        place.leave(leaver),
        ...racers.slice(2).map((browser) => place.signIn(browser, marker).catch(() => null)),
      ]);
      const signedIn = await Promise.all(racers.map((browser) => place.who(browser)));
      const alive = signedIn.filter(Boolean).length;
      return found(alive === 0, `${alive} of 4 still signed in`);
    },
  },
  {
    name: "A GET, such as a scanner's, deletes nothing",
    async run(place) {
      const leaver = await member(place);
      const paths = await place.deletionPaths(leaver);
      for (const path of paths) await leaver.copy().get(path);
      const isThere = tablesWith(place, marker).includes(place.members);
      return found(
        isThere,
        isThere ? `paths tried: ${paths.length}` : "a mailed link deletes by GET",
      );
    },
  },
  {
    name: "A request of another site is refused",
    async run(place) {
      const leaver = await member(place);
      const headers = { Origin: "https://evil.example", "Sec-Fetch-Site": "cross-site" };
      const answer = await place.leave(leaver, undefined, headers);
      return found(!place.isGone(answer), `answer ${answer.status}`);
    },
  },
  {
    name: "Guessing the password at this door is stopped",
    async run(place) {
      const leaver = await member(place);
      const statuses: number[] = [];
      for (let n = 0; n < 15; n++) {
        const answer = await place.leave(leaver.copy(), { password: `wrong guess ${n}` });
        if (place.isGone(answer)) {
          return found(false, "no password is asked for; a wrong one leaves");
        }
        statuses.push(answer.status);
      }
      const stopped = statuses.indexOf(429);
      return found(
        stopped !== -1,
        stopped === -1 ? `15 guesses, each ${statuses[0]}` : `429 after ${stopped} guesses`,
      );
    },
  },
  {
    name: "The only owner of a shared organisation is not lost",
    async run(place) {
      const owner = await member(place);
      const other = await member(place, "byeol");
      if (!await place.organise(owner, other, "byeol@example.com")) {
        return nothing("no organisations");
      }
      const answer = await place.leave(owner);
      const gone = place.isGone(answer);
      return found(!gone, gone ? "left; nobody owns it" : `answer ${answer.status}`);
    },
  },
  {
    name: "The member sees before what will go",
    async run(place) {
      const leaver = await member(place);
      const answer = await place.preview(leaver);
      const lines = answer?.json?.destroy?.length ?? 0;
      return found(lines > 0, lines > 0 ? `${lines} lines with counts` : "no preview");
    },
  },
  {
    name: "The member gets a receipt that anybody can verify",
    async run(place) {
      const leaver = await member(place);
      const answer = await place.leave(leaver);
      const { receipt, receipt_id } = answer.json ?? {};
      if (!receipt) return found(false, "no receipt");
      const jwks = (await browserOf(place).get("/.well-known/jwks.json")).json;
      const { payload } = await jwtVerify(receipt, createLocalJWKSet(jwks));
      return found(payload.jti === receipt_id, "a signed receipt, verified");
    },
  },
  {
    name: "Systems downstream are told, also after a crash",
    async run(place) {
      const leaver = await member(place);
      await place.leave(leaver);
      const outbox = query(place, "SELECT name FROM sqlite_schema WHERE name = 'outbox'");
      if (outbox.length === 0) return found(false, "nothing is stored that could be sent");
      const rows = query(place, "SELECT type FROM outbox WHERE recipient = 'crm'");
      return found(rows.length === 1, `events stored in the same batch: ${rows.length}`);
    },
  },
  {
    name: "A restored backup does not bring the member back",
    async run(place) {
      const leaver = await member(place);
      if (!place.services || !place.map) return found(false, "no ledger of who has left");
      const backup = `${place.file}.backup`;
      query(place, "VACUUM INTO ?", backup);
      await place.leave(leaver);
      const { sequence, ledger } = await sealLedger(place.services.db);
      const lines = await sealedLines(place.services.db, 0, sequence);
      const db = await openDatabase({
        url: `file:${backup}`,
        authToken: undefined,
        timeoutMs: 5000,
      });
      const services = { ...place.services, db, inventory: createInventory(db, place.map) };
      const audit = (act: string, memberId: string | null) => ({
        ...{ operator: "suite", host: "suite", act, memberId, why: "suite" },
      });
      const replay = await replayLedger(
        services,
        ReadableStream.from(lines.map(({ line }) => line)),
        ledger,
        audit,
      );
      db.close();
      const left = tablesWith({ ...place, file: backup }, marker);
      return found(
        replay.erased === 1 && left.length === 0,
        `erased again by the ledger: ${replay.erased}`,
      );
    },
  },
];
