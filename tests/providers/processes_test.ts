/** Providers seen from a service that is a process of its own: killed, and on workerd. */
import assert from "node:assert/strict";
import { freePort } from "../../cli/sqld.ts";
import { Browser, type Service } from "../support/harness.ts";
import { type Oidc, openOidc, Person, roundTrip } from "../support/oidc.ts";
import { startService } from "../support/process.ts";
import { onWorkers } from "../support/stacks.ts";
import { naverId, openStandIn, type StandIn } from "../support/stand_ins.ts";

function entryAt(port: number) {
  return {
    kind: "oidc",
    name: "corp",
    label: { ko: "하루상사", en: "Haru Corp" },
    issuer: `http://127.0.0.1:${port}`,
    client_id: "annyeong",
    client_secret: "a secret that both sides know",
  };
}

/** Joins with the provider, confirms there, and leaves. Returns the number of the receipt. */
async function joinAndLeave(service: Service): Promise<string> {
  const person = new Person();
  const browser = new Browser(service);
  await roundTrip(browser, "/login/with/corp", person);
  const joined = await browser.send("POST", "/register/with/corp", { user_id: "haru" });
  assert.equal(joined.status, 201, joined.text);
  const again = new Browser(service);
  assert.equal((await roundTrip(again, "/login/with/corp", person)).headers.get("Location"), "/");
  const confirmed = await roundTrip(browser, "/confirmation/with/corp", person);
  assert.equal(confirmed.headers.get("Location"), "/userinfo", confirmed.text);
  const left = await browser.send("DELETE", "/withdrawal", {});
  assert.equal(left.status, 200, left.text);
  return left.json.receipt_id;
}

/** Waits until the receipt says that the grant has ended. */
async function ended(service: Service, receiptId: string): Promise<void> {
  for (let n = 0; n < 300; n++) {
    const { grants } = (await new Browser(service).get(`/receipts/${receiptId}`)).json;
    if (grants[0].status === "ended") return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("the grant was not ended in time");
}

/** Whether the provider has been asked to revoke. */
const revocations = ({ asked }: Oidc) => asked.filter((one) => one.includes("/token/revocation"));

Deno.test("a service that is killed between the erasure and the revocation ends the grant when it is back", async () => {
  const folder = await Deno.makeTempDir({ prefix: "annyeong-" });
  const [port, providerPort] = [freePort(), freePort()];
  const origin = `http://127.0.0.1:${port}`;
  const oidc = await openOidc([origin], { port: providerPort });
  const env = { PROVIDERS: JSON.stringify([entryAt(providerPort)]), PUBLIC_ORIGIN: origin };
  try {
    const first = await startService(folder, { port, env }); // its jobs run only every five seconds
    oidc.behaviour.instead = (request, response) => {
      if (!request.url!.startsWith("/token/revocation")) return false;
      response.statusCode = 503;
      response.end();
      return true;
    };
    const receiptId = await joinAndLeave(first);
    await first.kill();
    delete oidc.behaviour.instead;
    const asked = revocations(oidc).length;
    const second = await startService(folder, { port, env, quickJobs: true });
    try {
      await ended(second, receiptId);
      assert.ok(revocations(oidc).length > asked);
    } finally {
      await second.kill();
    }
  } finally {
    await oidc.close();
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test({
  name: onWorkers.skip
    ? `workerd: joining, confirming and leaving with a provider (skipped: ${onWorkers.skip})`
    : "workerd: joining, confirming and leaving with a provider ends the grant at once",
  ignore: onWorkers.skip !== null,
  async fn() {
    const providerPort = freePort();
    const env = { PROVIDERS: JSON.stringify([entryAt(providerPort)]) };
    const service = await onWorkers.open({ env });
    const oidc = await openOidc([service.origin], { port: providerPort });
    try {
      await ended(service, await joinAndLeave(service));
      assert.equal(revocations(oidc).length, 1);
    } finally {
      await service.close();
      await oidc.close();
    }
  },
});

Deno.test({
  name: onWorkers.skip
    ? `workerd: Apple's client secret and form, and Naver's notice (skipped: ${onWorkers.skip})`
    : "workerd: Apple's client secret and form are taken, and Naver's notice ends the identity",
  ignore: onWorkers.skip !== null,
  async fn() {
    const apple = await openStandIn("apple");
    const naver = await openStandIn("naver");
    const env = { PROVIDERS: JSON.stringify([apple.entry, naver.entry]) };
    const service = await onWorkers.open({ env });
    try {
      for (const standIn of [apple, naver]) {
        const kind = String(standIn.entry.kind);
        const visit = async (browser: Browser, path: string) => {
          const left = await browser.send("POST", path);
          const { path: back, form } = standIn.visit(left.headers.get("Location")!);
          if (!form) return await browser.get(back);
          const headers = { "Content-Type": "application/x-www-form-urlencoded" };
          const posted = await browser.send("POST", back, form.toString(), headers);
          return await browser.get(posted.headers.get("Location")!);
        };
        const browser = new Browser(service);
        await visit(browser, `/login/with/${kind}`);
        const joined = await browser.send("POST", `/register/with/${kind}`, { user_id: kind });
        assert.equal(joined.status, 201, joined.text);
        if (kind === "naver") break;
        await visit(browser, `/confirmation/with/${kind}`);
        const left = await browser.send("DELETE", "/withdrawal", {});
        await ended(service, left.json.receipt_id);
        assert.equal(standIn.granted, false);
      }
      const events = "/login/with/naver/events";
      const headers = { "Content-Type": "application/x-www-form-urlencoded" };
      const send = (notice: URLSearchParams) =>
        new Browser(service).send("POST", events, notice.toString(), headers);
      const forged = standInNotice(naver, "another secret");
      assert.equal((await send(forged)).status, 400);
      assert.equal((await send(standInNotice(naver))).status, 204);
      const again = new Browser(service);
      const left = await again.send("POST", "/login/with/naver");
      const back = await again.get(naver.visit(left.headers.get("Location")!).path);
      assert.equal(back.headers.get("Location"), "/register/with/naver", "the link has ended");
    } finally {
      await service.close();
      await apple.close();
      await naver.close();
    }
  },
});

function standInNotice({ naverNotice }: StandIn, secret?: string): URLSearchParams {
  return naverNotice(naverId, Date.now() + 2000, secret);
}
