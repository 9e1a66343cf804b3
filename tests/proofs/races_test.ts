import assert from "node:assert/strict";
import { eraseDue } from "../../actions/erase_due.ts";
import {
  Browser,
  day,
  goodPassword,
  join,
  newMember,
  signIn,
  type TestApp,
} from "../support/harness.ts";
import { rounds } from "../support/rounds.ts";
import { embedded, onSqld, type Stack } from "../support/stacks.ts";
import { tally } from "../support/tally.ts";

const times = rounds(100);
const newPassword = "battery staple 9";

/** Races two acts of one member, `times` times, each time with another member, and checks the outcome. */
function race(
  name: string,
  env: Record<string, string>,
  run: (app: TestApp, member: string) => Promise<void>,
) {
  for (const stack of [embedded, onSqld] satisfies Stack[]) {
    Deno.test({
      name: `${stack.name}: ${name}, ${times} times`,
      ignore: stack.skip !== null,
      async fn() {
        const setup = { env: { THROTTLE_SCALE: "100000", DATABASE_TIMEOUT_MS: "20000", ...env } };
        const app = await stack.open(setup) as TestApp;
        try {
          for (let round = 0; round < times; round++) await run(app, `member${round}`);
          const orphans = await app.sql(
            "SELECT id FROM sessions WHERE user_id NOT IN (SELECT id FROM users)",
          );
          assert.deepEqual(orphans, []);
          const revived = await app.sql(
            "SELECT id FROM users WHERE id IN (SELECT member_id FROM erasures)",
          );
          assert.deepEqual(revived, [], "nobody is on the ledger and here");
          tally("Races", name, stack.name, times);
        } finally {
          await app.close();
        }
      },
    });
  }
}

/** Starts both, in either order and up to 4 ms apart. */
async function together<A, B>(a: () => Promise<A>, b: () => Promise<B>): Promise<[A, B]> {
  const pause = () => new Promise((resolve) => setTimeout(resolve, Math.random() * 4));
  const late = Math.random() < 0.5;
  return await Promise.all([late ? pause().then(a) : a(), late ? b() : pause().then(b)]);
}

async function isThere(app: TestApp, member: string): Promise<boolean> {
  return (await app.sql("SELECT id FROM users WHERE name = ?", [member])).length === 1;
}

race("of two devices that leave at once one succeeds", {}, async (app, member) => {
  const phone = await newMember(app, member);
  const laptop = await signIn(app, member);
  const answers = await together(
    () => phone.send("DELETE", "/withdrawal"),
    () => laptop.send("POST", "/withdrawal", { password: goodPassword }),
  );
  assert.deepEqual(answers.map(({ status }) => status).toSorted(), [200, 401]);
  assert.equal(await isThere(app, member), false);
});

race(
  "of a restoration and a due erasure exactly one wins",
  { WITHDRAWAL_GRACE_DAYS: "1" },
  async (app, member) => {
    const browser = await newMember(app, member);
    await browser.send("DELETE", "/withdrawal");
    const back = await signIn(app, member);
    app.clock.pass(day - 1);
    const [restored, run] = await together(
      () => back.send("POST", "/restoration"),
      () => {
        app.clock.pass(1);
        return eraseDue(app.services, Infinity);
      },
    );
    assert.equal(run.refused, 0);
    if (restored.status === 200) assert.equal(run.erased, 0);
    else assert.ok([401, 409].includes(restored.status), restored.text);
    assert.equal(await isThere(app, member), restored.status === 200);
    if (restored.status !== 200) assert.equal(run.erased, 1);
    await app.sql("DELETE FROM users WHERE name = ?", [member]);
  },
);

race("no sign-in survives a withdrawal", {}, async (app, member) => {
  const browser = await newMember(app, member);
  const newcomer = new Browser(app);
  const [left, signedIn] = await together(
    () => browser.send("DELETE", "/withdrawal"),
    () => newcomer.send("POST", "/login", { user_id: member, password: goodPassword }),
  );
  assert.equal(left.status, 200);
  assert.ok([200, 401].includes(signedIn.status));
  assert.equal((await newcomer.get("/userinfo")).status, 401);
});

race("a password change and a withdrawal never leave half of each", {}, async (app, member) => {
  const phone = await newMember(app, member);
  const laptop = await signIn(app, member);
  const [left, changed] = await together(
    () => phone.send("DELETE", "/withdrawal", { password: goodPassword }),
    () =>
      laptop.send("POST", "/userinfo/password", { current: goodPassword, password: newPassword }),
  );
  if (left.status === 200) {
    assert.ok([200, 401].includes(changed.status), changed.text);
    assert.equal(await isThere(app, member), false);
    assert.equal((await laptop.get("/userinfo")).status, 401);
  } else {
    assert.equal(changed.status, 200);
    assert.equal(left.status, 401, "the change ended this session");
    await signIn(app, member, newPassword);
  }
});

race("no sign-in with the old password survives a password change", {}, async (app, member) => {
  const phone = await newMember(app, member);
  const newcomer = new Browser(app);
  const [changed, signedIn] = await together(
    () =>
      phone.send("POST", "/userinfo/password", { current: goodPassword, password: newPassword }),
    () => newcomer.send("POST", "/login", { user_id: member, password: goodPassword }),
  );
  assert.equal(changed.status, 200);
  assert.ok([200, 401].includes(signedIn.status));
  assert.equal((await newcomer.get("/userinfo")).status, 401);
  assert.equal((await phone.get("/userinfo")).status, 200);
});

race(
  "a name that is given up and taken at the same time belongs to one member",
  {},
  async (app, member) => {
    const browser = await newMember(app, member);
    const copy = browser.copy();
    const [left, joined] = await together(
      () => browser.send("DELETE", "/withdrawal"),
      () => join(app, member),
    );
    assert.equal(left.status, 200);
    assert.ok([201, 409].includes(joined.status));
    assert.equal(await isThere(app, member), joined.status === 201);
    assert.equal((await copy.get("/userinfo")).status, 401);
  },
);
