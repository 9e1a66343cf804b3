import assert from "node:assert/strict";
import { clientNetwork } from "../../crypto/tokens.ts";
import { AppError } from "../../domain/error.ts";
import { limits } from "../../domain/throttle.ts";
import {
  Browser,
  captureLog,
  goodPassword,
  join,
  minute,
  newMember,
  openApp,
  type Service,
  signIn,
  withApp,
} from "../support/harness.ts";

async function tryIn(service: Service, address: string, user_id = "hong", password = "wrong") {
  const headers = { "x-test-address": address };
  return await new Browser(service).send("POST", "/login", { user_id, password }, headers);
}

Deno.test("after ten failed sign-ins to one account from one network the answer is 429 with Retry-After", async () => {
  await withApp({}, async (app) => {
    await join(app, "hong");
    for (let n = 0; n < limits.pair.tries; n++) {
      assert.equal((await tryIn(app, "198.51.100.1")).status, 401);
    }
    app.clock.pass(5 * minute);
    const stopped = await tryIn(app, "198.51.100.1", "hong", goodPassword);
    assert.equal(stopped.status, 429);
    assert.equal(stopped.json.code, "throttled");
    assert.equal(stopped.headers.get("Retry-After"), String(10 * 60));
    assert.equal((await tryIn(app, "198.51.100.2", "hong", goodPassword)).status, 200);
    assert.equal((await tryIn(app, "198.51.100.1", "kim")).status, 401, "another account");
    app.clock.pass(10 * minute);
    assert.equal((await tryIn(app, "198.51.100.1", "hong", goodPassword)).status, 200);
  });
});

Deno.test("no password is hashed for a sign-in over the limit", async () => {
  const app = await openApp({ env: { THROTTLE_SCALE: "0.1" } });
  let hashed = 0;
  const { verify } = app.services.passwords;
  app.services.passwords.verify = (...args) => {
    hashed++;
    return verify(...args);
  };
  for (let n = 0; n < 5; n++) await tryIn(app, "198.51.100.1");
  assert.equal(hashed, 1);
  await app.close();
});

Deno.test("failed confirmations, password changes and withdrawals share one limit per session", async () => {
  await withApp({}, async (app) => {
    const browser = await newMember(app, "hong");
    const change = { current: "wrong", password: "battery staple 9" };
    for (let n = 0; n < 4; n++) {
      const left = await browser.send("DELETE", "/withdrawal", { password: "wrong" });
      assert.equal(left.json.code, "confirmation_failed");
      const confirmed = await browser.send("POST", "/confirmation", { password: "wrong" });
      assert.equal(confirmed.json.code, "confirmation_failed");
    }
    for (let n = 0; n < 2; n++) await browser.send("POST", "/userinfo/password", change);
    const right = { password: goodPassword };
    for (const [method, path] of [["DELETE", "/withdrawal"], ["POST", "/confirmation"]] as const) {
      assert.equal((await browser.send(method, path, right)).json.code, "throttled", path);
    }
    assert.equal((await browser.get("/userinfo")).status, 200, "the session lives on");
    const other = await signIn(app, "hong");
    assert.equal((await other.send("POST", "/confirmation", right)).status, 200, "another session");
    app.clock.pass(15 * minute);
    assert.equal((await browser.send("DELETE", "/withdrawal", right)).status, 200);
  });
});

Deno.test("failed sign-ins by strangers in a member's network block neither the member's session nor their known device", async () => {
  await withApp({}, async (app) => {
    const member = await newMember(app, "hong");
    const right = { user_id: "hong", password: goodPassword };
    const stranger = new Browser(app);
    for (let n = 0; n < 12; n++) {
      await stranger.send("POST", "/login", { user_id: "hong", password: "wrong" });
    }
    assert.equal((await stranger.send("POST", "/login", right)).status, 429);
    const change = { current: goodPassword, password: "battery staple 9" };
    assert.equal((await member.send("POST", "/userinfo/password", change)).status, 200);
    await member.send("POST", "/logout");
    const again = await member.send("POST", "/login", { ...right, password: "battery staple 9" });
    assert.equal(again.status, 200, "this device has signed in before");
    const left = await member.send("DELETE", "/withdrawal", { password: "battery staple 9" });
    assert.equal(left.status, 200);
    assert.equal(member.cookies.size, 0, "a device forgets a member who has left");
  });
});

Deno.test("a known device has a limit of its own, and is known only for its own account", async () => {
  await withApp({}, async (app) => {
    const device = await newMember(app, "hong");
    await join(app, "kim");
    for (let n = 0; n < 10; n++) {
      const wrong = { user_id: "hong", password: "wrong" };
      assert.equal((await device.send("POST", "/login", wrong)).status, 401);
    }
    const right = { user_id: "hong", password: goodPassword };
    assert.equal((await device.send("POST", "/login", right)).status, 429);
    for (let n = 0; n < 10; n++) await tryIn(app, "192.0.2.1", "kim");
    const kim = { user_id: "kim", password: goodPassword };
    assert.equal((await device.send("POST", "/login", kim)).status, 429, "kim has never been here");
  });
});

Deno.test("a password that the service cannot verify (503) does not count as a failure", async () => {
  await withApp({}, async (app) => {
    const member = await newMember(app, "hong");
    const { verify } = app.services.passwords;
    app.services.passwords.verify = () => Promise.reject(new AppError("unavailable"));
    const right = { user_id: "hong", password: goodPassword };
    for (let n = 0; n < 12; n++) {
      assert.equal((await new Browser(app).send("POST", "/login", right)).status, 503);
      assert.equal((await member.send("POST", "/confirmation", right)).status, 503);
    }
    app.services.passwords.verify = verify;
    assert.deepEqual(await app.sql("SELECT * FROM attempts WHERE subject NOT LIKE 'reg%'"), []);
    assert.equal((await new Browser(app).send("POST", "/login", right)).status, 200);
    assert.equal((await member.send("POST", "/confirmation", right)).status, 200);
  });
});

Deno.test("many networks together get 100 tries at one account, and its member can still sign in", async () => {
  await withApp({}, async (app) => {
    await newMember(app, "hong"); // from 192.0.2.1
    let reached = 0;
    for (let n = 0; n < 130; n++) {
      const { status } = await tryIn(app, `198.51.${n}.1`);
      if (status === 401) reached++;
      else assert.equal(status, 429);
    }
    assert.equal(reached, limits.account.tries);
    assert.equal((await tryIn(app, "192.0.2.1", "hong", goodPassword)).status, 200);
  });
});

Deno.test("one network cannot use up the limit of an account", async () => {
  await withApp({}, async (app) => {
    await join(app, "hong");
    for (let hour = 0; hour < 20; hour++) {
      for (let n = 0; n < 12; n++) await tryIn(app, "198.51.100.1");
      app.clock.pass(60 * minute);
    }
    assert.equal((await tryIn(app, "203.0.113.9", "hong", goodPassword)).status, 200);
  });
});

Deno.test("failed sign-ins to many accounts from one network are limited", async () => {
  await withApp({}, async (app) => {
    const statuses = new Set<number>();
    for (let n = 0; n < limits.client.tries + 5; n++) {
      statuses.add((await tryIn(app, "2001:db8:1:2::" + n.toString(16), `member${n}`)).status);
    }
    assert.deepEqual([...statuses], [401, 429], "one /64 is one place");
    assert.equal((await tryIn(app, "2001:db8:1:3::1", "member1")).status, 401);
    const stopped = await tryIn(app, "2001:db8:1:2::1", "member1");
    assert.equal(stopped.headers.get("Retry-After"), String(15 * 60));
    app.clock.pass(15 * minute);
    assert.equal((await tryIn(app, "2001:db8:1:2::1", "member1")).status, 401);
  });
});

Deno.test("a right password clears earlier failures, and successful sign-ins do not count", async () => {
  await withApp({}, async (app) => {
    await join(app, "hong");
    for (let round = 0; round < 15; round++) {
      for (let n = 0; n < 5; n++) await tryIn(app, "192.0.2.1");
      await signIn(app, "hong");
    }
  });
  await withApp({}, async (app) => {
    await join(app, "hong");
    for (let n = 0; n < 150; n++) await signIn(app, "hong");
  });
});

Deno.test("registrations from one network are limited", async () => {
  await withApp({ env: { THROTTLE_SCALE: "0.05" } }, async (app) => {
    for (let n = 0; n < 5; n++) assert.equal((await join(app, `member${n}`)).status, 201);
    const stopped = await join(app, "member5");
    assert.equal(stopped.status, 429);
    assert.equal(stopped.headers.get("Retry-After"), "3600");
    const form = { user_id: "other", email: "other@example.com", password: goodPassword };
    const elsewhere = new Browser(app, { "x-test-address": "198.51.100.9" });
    assert.equal((await elsewhere.send("POST", "/register", form)).status, 201, "another network");
    app.clock.pass(60 * minute);
    assert.equal((await join(app, "member5")).status, 201);
  });
});

Deno.test("a client cannot choose its address unless a proxy is trusted with it", async () => {
  const spoof = (n: number) => ({
    "X-Forwarded-For": `10.0.0.${n}`,
    "CF-Connecting-IP": `10.0.0.${n}`,
    "X-Real-IP": `10.0.0.${n}`,
  });
  const lastOf = async (service: Service) => {
    await join(service, "hong");
    let status = 0;
    for (let n = 0; n < 12; n++) {
      const wrong = { user_id: "hong", password: "wrong" };
      status = (await new Browser(service).send("POST", "/login", wrong, spoof(n))).status;
    }
    return status;
  };
  await withApp({}, async (app) => assert.equal(await lastOf(app), 429));
  const env = { TRUSTED_PROXY_HEADER: "X-Forwarded-For" };
  await withApp({ env }, async (app) => assert.equal(await lastOf(app), 401));
  const other = { TRUSTED_PROXY_HEADER: "X-Client" };
  await withApp({ env: other }, async (app) => {
    assert.equal(await lastOf(app), 429, "only the configured header counts");
  });
  await withApp({ env }, async (app) => {
    let status = 0;
    for (let n = 0; n < 12; n++) {
      const headers = { "X-Forwarded-For": `10.0.0.${n}, 203.0.113.5` }; // the last is the proxy's own
      const wrong = { user_id: "hong", password: "wrong" };
      status = (await new Browser(app).send("POST", "/login", wrong, headers)).status;
    }
    assert.equal(status, 429);
  });
});

Deno.test("two instances on one database share their limits", async () => {
  await withApp({}, async (first) => {
    const second = await openApp({
      env: { TURSO_DATABASE_URL: first.services.config.database.url },
      clock: first.clock,
    });
    await join(first, "hong");
    for (let n = 0; n < 5; n++) {
      assert.equal((await tryIn(first, "198.51.100.1")).status, 401);
      assert.equal((await tryIn(second, "198.51.100.1")).status, 401);
    }
    assert.equal((await tryIn(first, "198.51.100.1")).status, 429);
    assert.equal((await tryIn(second, "198.51.100.1")).status, 429);
    await second.close();
  });
});

Deno.test("attempts are stored only as keyed hashes", async () => {
  await withApp({}, async (app) => {
    await captureLog(async () => {
      await tryIn(app, "198.51.100.1", "canaryname");
    });
    const rows = JSON.stringify(await app.sql("SELECT * FROM attempts"));
    assert.ok(rows.length > 100);
    assert.ok(!rows.includes("canaryname") && !rows.includes("198.51"));
  });
});

Deno.test("every spelling of a client's address is one network, with a port or without", () => {
  const same: string[][] = [
    [
      "203.0.113.7",
      "203.0.113.7:4000",
      "::ffff:203.0.113.7",
      "::ffff:cb00:7107",
      "[::ffff:203.0.113.7]:80",
    ],
    [
      "2001:db8::1",
      "2001:0db8::1",
      "2001:DB8:0:0:ffff::9",
      "[2001:db8::1]:443",
      "2001:db8::1%eth0",
    ],
    ["2001:db8:1::", "2001:db8:1:0:1:2:3:4"],
    ["::1", "0:0:0:0:0:0:0:1"],
  ];
  const networks = same.map((group) => new Set(group.map(clientNetwork)));
  for (const network of networks) assert.equal(network.size, 1, [...network].join(" "));
  assert.equal(new Set(networks.map((network) => [...network][0])).size, same.length);
  assert.equal(clientNetwork("unknown"), "unknown");
});

Deno.test("a try with an ended session is not counted", async () => {
  await withApp({}, async (app) => {
    const hong = await newMember(app, "hong");
    const dead = hong.copy();
    await hong.send("POST", "/logout");
    for (let n = 0; n < 12; n++) {
      const answer = await dead.copy().send("DELETE", "/withdrawal", { password: "wrong" });
      assert.equal(answer.status, 401);
    }
    assert.equal((await app.sql("SELECT * FROM attempts WHERE subject NOT LIKE 'reg%'")).length, 0);
    await signIn(app, "hong");
  });
});

Deno.test("docs/operating.md lists the limits of domain/throttle.ts", async () => {
  const text = await Deno.readTextFile("docs/operating.md");
  const within = (ms: number) => {
    const [n, unit] = ms < 60 * minute ? [ms / minute, "minute"] : [ms / (60 * minute), "hour"];
    return `${n} ${unit}${n === 1 ? "" : "s"}`;
  };
  const rows: Record<keyof typeof limits, string> = {
    pair: "one name from one network",
    pair_day: "one name from one network",
    client: "one network",
    account: "one name from everywhere",
    session: "confirming, in one session",
    session_day: "confirming, in one session",
    device: "signing in, on one known device",
    device_day: "signing in, on one known device",
    registration: "joining, from one network",
    provider: "coming back from a provider, from one network",
    challenge: "asking for a passkey, from one network or session",
    passkey: "signing in with a passkey, from one network",
    mail: "asking for mail, from one network",
    mail_to: "mails on request, to one address",
    mail_to_day: "mails on request, to one address",
    notice: "notices, to an unverified address",
    notice_day: "notices, to an unverified address",
  };
  for (const [limit, row] of Object.entries(rows)) {
    const { tries, windowMs } = limits[limit as keyof typeof limits];
    assert.match(text, new RegExp(`\\| ${row} +\\| ${tries} +\\| ${within(windowMs)} +\\|`), limit);
  }
});
