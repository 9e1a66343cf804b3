/** Members who come and go while something is wrong, and what has to be true of each of them afterwards. */
import assert from "node:assert/strict";
import type { Database } from "../../db/engine/database.ts";
import { Browser, goodPassword, type Service } from "./harness.ts";

/** What a member asked for and what they were told, in this order. */
export interface Life {
  name: string;
  joining: "asked" | "told";
  /** `refused`: told in plain words that nothing has changed. */
  leaving: "no" | "asked" | "refused" | "told";
  receipt: string | null;
}

const nothingChanged = "지금은 탈퇴를 처리할 수 없습니다. 잠시 후 다시 시도해 주세요.";
const lostWords = "처리 결과를 확인하지 못했습니다. 잠시 후 다시 확인해 주세요.";

/** One line of members at each service. What is wrong is thrown to whoever awaits this, not before. */
export function liveTogether(
  services: readonly Service[],
  lives: Life[],
  prefix: string,
  stopped: () => boolean,
): Promise<unknown> {
  const all = Promise.all(
    services.map((service, n) =>
      liveOn(service, lives, `${prefix}${"abcdefghijklmnop"[n]}`, stopped)
    ),
  );
  all.catch(() => {});
  return all;
}

/** Members come, look and mostly leave, until nobody answers any more. */
async function liveOn(
  service: Service,
  lives: Life[],
  prefix: string,
  stopped: () => boolean,
) {
  for (let n = 0; !stopped(); n++) {
    const life: Life = { name: `${prefix}${n}`, joining: "asked", leaving: "no", receipt: null };
    lives.push(life);
    const { name: user_id } = life;
    const browser = new Browser(service);
    const form = { user_id, email: `${user_id}@example.com`, password: goodPassword };
    if ((await ask(browser, "POST", "/register", form))?.status !== 201) continue;
    life.joining = "told";
    const credentials = { user_id, password: goodPassword };
    if ((await ask(browser, "POST", "/login", credentials))?.status !== 200) continue;
    if (n % 3 !== 2) await leave(browser, life);
  }
}

/** Leaves once, and notes what was said. */
export async function leave(browser: Browser, life: Life) {
  life.leaving = "asked";
  const left = await ask(browser, "DELETE", "/withdrawal", { password: goodPassword });
  if (left?.status === 200) {
    life.receipt = left.json.receipt_id;
    life.leaving = "told";
  } else if (left) {
    assert.ok([nothingChanged, lostWords].includes(left.json.error), left.json.error);
    if (left.json.error === nothingChanged) life.leaving = "refused";
  }
}

/** The answer, which is a success or 503; `null` when it was cut off in the middle. */
async function ask(browser: Browser, method: string, path: string, body: object) {
  const answer = await browser.send(method, path, body).catch(() => null);
  if (answer && answer.status > 201) {
    assert.equal(answer.status, 503, `${method} ${path}: ${answer.text}`);
    assert.equal(answer.json.code, "unavailable");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return answer;
}

/** Asks the service that is well again about everybody. */
export async function checkLives(service: Service, lives: readonly Life[]) {
  for (const { name: user_id, joining, leaving, receipt } of lives) {
    const browser = new Browser(service);
    const { status } = await browser.send("POST", "/login", { user_id, password: goodPassword });
    assert.ok([200, 401].includes(status), `${user_id}: ${status}`);
    const stays = leaving === "no" || leaving === "refused";
    if (joining === "told" && stays) assert.equal(status, 200, `${user_id} had joined`);
    if (leaving !== "told") continue;
    assert.equal(status, 401, `${user_id} had left`);
    const found = await browser.get(`/receipts/${receipt}`);
    assert.equal(found.status, 200, `${user_id} had a receipt`);
    assert.equal(found.json.destroyed[0].count, 1);
  }
}

/** Nothing is half done, whatever was under way. */
export async function checkRows(db: Database) {
  const results = await db.read([
    "SELECT id FROM sessions WHERE user_id NOT IN (SELECT id FROM users)",
    "SELECT id FROM sign_ins WHERE user_id NOT IN (SELECT id FROM users)",
    "SELECT id FROM users WHERE id IN (SELECT member_id FROM erasures)",
    "SELECT id FROM erasures WHERE remaining <> 0 OR counts IS NULL",
    "SELECT erasure_id FROM erasure_keys",
    "SELECT data_map_id FROM erasures WHERE data_map_id NOT IN (SELECT id FROM data_maps)",
    "SELECT * FROM pragma_integrity_check WHERE integrity_check <> 'ok'",
  ]);
  assert.deepEqual(results.map(({ rows }) => rows.length), results.map(() => 0));
}
