import assert from "node:assert/strict";
import { type Answer, Browser, Clock, minute, openApp, type TestApp } from "../support/harness.ts";
import { grantsAfterJobs } from "../support/providers.ts";
import { openStandIn, type StandIn } from "../support/stand_ins.ts";

const kinds = ["google", "apple", "kakao", "naver", "github"] as const;
type Kind = (typeof kinds)[number];

async function withStandIn(
  kind: Kind,
  more: Record<string, unknown>,
  test: (app: TestApp, standIn: StandIn) => Promise<void>,
) {
  const standIn = await openStandIn(kind);
  const env = { PROVIDERS: JSON.stringify([{ ...standIn.entry, ...more }]) };
  const app = await openApp({ env, clock: new Clock(Date.now()) });
  try {
    await test(app, standIn);
  } finally {
    await app.close();
    await standIn.close();
  }
}

/** Goes to the provider and comes back, also by the form that Apple's page posts. */
async function goThrough(browser: Browser, standIn: StandIn, path: string): Promise<Answer> {
  const left = await browser.send("POST", path);
  assert.equal(left.status, 303, left.text);
  const { path: back, form } = standIn.visit(left.headers.get("Location")!);
  if (!form) return await browser.get(back);
  const headers = {
    "Content-Type": "application/x-www-form-urlencoded",
    "Origin": "https://appleid.apple.com",
    "Sec-Fetch-Site": "cross-site",
    "Cookie": "", // SameSite=Lax
  };
  const posted = await browser.send("POST", back, form.toString(), headers);
  assert.equal(posted.status, 303, posted.text);
  assert.doesNotMatch(posted.headers.get("Location")!, /Haru/);
  return await browser.get(posted.headers.get("Location")!);
}

async function joinWith(app: TestApp, standIn: StandIn, kind: Kind): Promise<Browser> {
  const browser = new Browser(app);
  const back = await goThrough(browser, standIn, `/login/with/${kind}`);
  assert.equal(back.headers.get("Location"), `/register/with/${kind}`, back.text);
  const joined = await browser.send("POST", `/register/with/${kind}`, { user_id: "haru" });
  assert.equal(joined.status, 201, joined.text);
  return browser;
}

for (const kind of kinds) {
  Deno.test(`${kind}: joining, signing in, confirming, and leaving, which ends the grant`, async () => {
    await withStandIn(kind, {}, async (app, standIn) => {
      const browser = await joinWith(app, standIn, kind);
      assert.equal((await browser.get("/userinfo")).json.email, `haru@${kind}.example`);
      const again = await goThrough(new Browser(app), standIn, `/login/with/${kind}`);
      assert.equal(again.headers.get("Location"), "/");
      const confirmed = await goThrough(browser, standIn, `/confirmation/with/${kind}`);
      assert.equal(confirmed.headers.get("Location"), "/userinfo", confirmed.text);
      const left = await browser.send("DELETE", "/withdrawal", {});
      assert.equal(left.status, 200, left.text);
      assert.ok(standIn.granted, "the grant is ended after the commit");
      const [grant] = await grantsAfterJobs(app, left.json.receipt_id);
      assert.equal(grant.status, "ended");
      assert.equal(standIn.granted, false);
    });
  });

  Deno.test(`${kind}: who leaves without a new authentication is shown where to end the grant`, async () => {
    await withStandIn(kind, {}, async (app, standIn) => {
      const browser = await joinWith(app, standIn, kind);
      const left = await browser.send("DELETE", "/withdrawal", {});
      const [grant] = await grantsAfterJobs(app, left.json.receipt_id);
      assert.equal(grant.status, "by_member");
      assert.match(grant.page, /^https:\/\//);
      assert.ok(standIn.granted);
    });
  });
}

Deno.test("kakao: with an admin key the grant ends without a new authentication", async () => {
  await withStandIn("kakao", { admin_key: "admin" }, async (app, standIn) => {
    const browser = await joinWith(app, standIn, "kakao");
    assert.deepEqual((await browser.get("/withdrawal")).json.grants, [{
      name: "kakao",
      ready: true,
    }]);
    const left = await browser.send("DELETE", "/withdrawal", {});
    assert.equal(
      (await app.sql("SELECT sealed FROM outbox"))[0]!.sealed?.toString().includes("123"),
      false,
    );
    const [grant] = await grantsAfterJobs(app, left.json.receipt_id);
    assert.equal(grant.status, "ended");
    assert.equal(standIn.granted, false);
  });
});

Deno.test("kakao: a grant that the member has ended in the meantime counts as ended", async () => {
  await withStandIn("kakao", {}, async (app, standIn) => {
    const browser = await joinWith(app, standIn, "kakao");
    await goThrough(browser, standIn, "/confirmation/with/kakao");
    const left = await browser.send("DELETE", "/withdrawal", {});
    standIn.granted = false;
    const [grant] = await grantsAfterJobs(app, left.json.receipt_id);
    assert.equal(grant.status, "ended");
  });
});

Deno.test("github: who ends the grant themselves is led to the page of this app", async () => {
  await withStandIn("github", {}, async (app, standIn) => {
    const browser = await joinWith(app, standIn, "github");
    const left = await browser.send("DELETE", "/withdrawal", {});
    const [grant] = await grantsAfterJobs(app, left.json.receipt_id);
    assert.equal(grant.page, "https://github.com/settings/connections/applications/github-app");
  });
});

Deno.test("apple: a revocation that answers 200 and does nothing is tried again", async () => {
  await withStandIn("apple", {}, async (app, standIn) => {
    const browser = await joinWith(app, standIn, "apple");
    await goThrough(browser, standIn, "/confirmation/with/apple");
    const { receipt_id } = (await browser.send("DELETE", "/withdrawal", {})).json;
    const [row] = await app.sql("SELECT id, sealed FROM outbox");
    const granted = Object.getOwnPropertyDescriptor(standIn, "granted")!;
    Object.defineProperty(standIn, "granted", { get: () => true, set() {}, configurable: true });
    assert.equal((await grantsAfterJobs(app, receipt_id))[0].status, "waiting");
    Object.defineProperty(standIn, "granted", granted);
    app.clock.pass(minute);
    assert.equal((await grantsAfterJobs(app, receipt_id))[0].status, "ended");
    assert.ok(row!.sealed);
  });
});

Deno.test("naver: an expired token that cannot be renewed now does not count as an ended grant", async () => {
  await withStandIn("naver", {}, async (app, standIn) => {
    const browser = await joinWith(app, standIn, "naver");
    await goThrough(browser, standIn, "/confirmation/with/naver");
    const { receipt_id } = (await browser.send("DELETE", "/withdrawal", {})).json;
    standIn.instead = (path, form) => {
      if (path === "/v1/nid/me") {
        return Promise.resolve(Response.json({ resultcode: "024" }, { status: 401 }));
      }
      return form.get("grant_type") === "delete"
        ? Promise.resolve(Response.json({ error: "invalid_request" }))
        : Promise.resolve(new Response("down for repair", { status: 500 }));
    };
    assert.equal((await grantsAfterJobs(app, receipt_id))[0].status, "waiting");
    delete standIn.instead;
    app.clock.pass(minute);
    assert.equal((await grantsAfterJobs(app, receipt_id))[0].status, "ended");
    assert.equal(standIn.granted, false);
  });
});

Deno.test("google: an access token that has expired does not count as an ended grant", async () => {
  await withStandIn("google", {}, async (app, standIn) => {
    standIn.instead = (path, _, usual) =>
      path === "/token"
        ? usual().then(async (response) => {
          const { refresh_token: _, ...tokens } = await response.json();
          return Response.json(tokens);
        })
        : path === "/revoke"
        ? Promise.resolve(Response.json({ error: "invalid_token" }, { status: 400 }))
        : null;
    const browser = await joinWith(app, standIn, "google");
    await goThrough(browser, standIn, "/confirmation/with/google");
    const { receipt_id } = (await browser.send("DELETE", "/withdrawal", {})).json;
    assert.equal((await grantsAfterJobs(app, receipt_id))[0].status, "waiting");
    assert.ok(standIn.granted);
  });
});
