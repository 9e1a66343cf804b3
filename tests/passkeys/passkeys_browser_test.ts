/// <reference lib="dom" />
/** Passkeys in a real Chromium, with virtual authenticators. */
import assert from "node:assert/strict";
import { type BrowserContext, type CDPSession, chromium, type Page } from "playwright-core";
import {
  goodPassword,
  join,
  minute,
  openApp,
  type Setup,
  type TestApp,
} from "../support/harness.ts";
import { ko } from "../../messages/ko.ts";

const executablePath = Deno.env.get("CHROMIUM_PATH") ?? "/usr/bin/chromium";
const found = await Deno.stat(executablePath).then(() => true, () => false);
const args = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"];

/** A tab with a virtual authenticator. */
class Tab {
  readonly deleted: string[] = [];

  constructor(readonly page: Page, readonly cdp: CDPSession, readonly authenticator: string) {
    cdp.on("WebAuthn.credentialDeleted", ({ credentialId }) => this.deleted.push(credentialId));
  }

  static async open(context: BrowserContext): Promise<Tab> {
    const page = await context.newPage();
    const cdp = await context.newCDPSession(page);
    await cdp.send("WebAuthn.enable");
    const { authenticatorId } = await cdp.send("WebAuthn.addVirtualAuthenticator", {
      options: {
        protocol: "ctap2",
        transport: "internal",
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
    return new Tab(page, cdp, authenticatorId);
  }

  async credentials() {
    const { authenticator: authenticatorId } = this;
    return (await this.cdp.send("WebAuthn.getCredentials", { authenticatorId })).credentials;
  }

  async verifyUser(isUserVerified: boolean): Promise<void> {
    const { authenticator: authenticatorId } = this;
    await this.cdp.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified });
  }

  button(name: string) {
    return this.page.getByRole("button", { name });
  }

  async joins(name: string): Promise<void> {
    await this.page.goto("/register");
    await this.page.fill("#user_id", name);
    await this.page.fill("#email", `${name}@example.com`);
    await this.button(ko.page.joinWithPasskey).click();
    await this.page.waitForURL(/done=registered/);
  }

  async signsIn(): Promise<void> {
    if (!this.page.url().includes("/login")) await this.page.goto("/login");
    await this.button(ko.page.signInWithPasskey).click();
    await this.page.waitForURL((url) => !url.pathname.startsWith("/login"));
  }

  async signsInWithPassword(name: string): Promise<void> {
    await this.page.goto("/login");
    await this.page.fill("#user_id", name);
    await this.page.fill("#password", goodPassword);
    await this.button(ko.page.signIn).first().click();
    await this.page.waitForURL((url) => !url.pathname.startsWith("/login"));
  }

  async adds(name = ""): Promise<void> {
    await this.page.goto("/userinfo/passkeys");
    if (name) await this.page.fill("#name", name);
    await this.button(ko.page.addPasskey).click();
    await this.page.waitForURL(/done=passkeyAdded/);
  }
}

interface Visit {
  app: TestApp;
  origin: string;
  context: BrowserContext;
  tab: Tab;
}

function inBrowser(
  name: string,
  test: (visit: Visit) => Promise<void>,
  { setup = {}, script = true, autofill = false }: {
    setup?: Setup;
    script?: boolean;
    autofill?: boolean;
  } = {},
) {
  Deno.test({
    name: found ? name : `${name} (skipped: no Chromium, set CHROMIUM_PATH)`,
    ignore: !found,
    sanitizeOps: false, // the driver keeps its pipes open until the process ends
    sanitizeResources: false,
    async fn() {
      const server = Deno.serve(
        { hostname: "127.0.0.1", port: 0, onListen() {} },
        (request) => app.fetch(request),
      );
      const origin = `http://localhost:${server.addr.port}`;
      const app = await openApp({ ...setup, env: { PUBLIC_ORIGIN: origin, ...setup.env } });
      const browser = await chromium.launch({ executablePath, args });
      try {
        const context = await browser.newContext({
          baseURL: origin,
          locale: "ko-KR",
          javaScriptEnabled: script,
        });
        context.setDefaultTimeout(8000);
        if (!autofill) { // a virtual authenticator would choose from it by itself
          await context.addInitScript(() => {
            PublicKeyCredential.isConditionalMediationAvailable = () => Promise.resolve(false);
          });
        }
        const tab = await Tab.open(context);
        const errors: string[] = [];
        tab.page.on("console", (message) => {
          if (message.type() === "error" && !/status of|favicon/.test(message.text())) {
            errors.push(message.text());
          }
        });
        tab.page.on("pageerror", (error) => errors.push(error.message));
        await test({ app, origin, context, tab });
        assert.deepEqual(errors, [], "nothing breaks the CSP");
      } finally {
        await browser.close();
        await server.shutdown();
        await app.close();
      }
    },
  });
}

inBrowser(
  "a member joins, signs in, confirms and leaves in a browser, and the passkey is gone",
  async ({ app, tab }) => {
    const { page } = tab;
    await tab.joins("hong");
    const [made] = await tab.credentials();
    assert.equal(made!.isResidentCredential, true);
    assert.equal(made!.rpId, "localhost");
    await tab.signsIn();
    assert.match(page.url(), /\/userinfo\/passkeys\?done=secondWay/);
    assert.match(await page.textContent("main") ?? "", /다른 방법을 하나 더/);

    app.clock.pass(11 * minute);
    await page.goto("/userinfo/passkeys");
    await page.getByRole("link", { name: ko.page.confirm }).click();
    await tab.button(ko.page.confirmWithPasskey).click();
    await page.waitForURL(/\/userinfo\/passkeys$/);
    await tab.button(ko.page.addPasskey).waitFor();

    app.clock.pass(11 * minute);
    await page.goto("/withdrawal");
    assert.equal(await page.locator("#password").count(), 0);
    await tab.button(ko.page.leaveWithPasskey).click();
    await page.waitForURL(/\/receipts\//);
    await page.locator("[data-signal]").waitFor({ state: "attached" });
    await until(async () => (await tab.credentials()).length === 0);
    assert.deepEqual(tab.deleted, [made!.credentialId], "credentialDeleted was seen");
    await page.reload();
    assert.equal(await page.locator("[data-signal]").count(), 0, "the signal is given once");
  },
);

inBrowser(
  "a passkey that is chosen in the autofill of the user id signs in without a click",
  async ({ tab }) => {
    const { page } = tab;
    await tab.joins("hong");
    await page.waitForURL(/\/userinfo\/passkeys/);
  },
  { autofill: true },
);

inBrowser(
  "a member with a password adds, names and removes passkeys, and each removal reaches the browser",
  async ({ app, tab }) => {
    const { page } = tab;
    await join(app, "hong");
    await tab.signsInWithPassword("hong");
    await tab.adds("노트북");
    assert.match(await page.textContent("main") ?? "", /노트북/);
    const [made] = await tab.credentials();
    await tab.button(ko.page.addPasskey).click();
    await page.getByText(ko.page.passkeyPresent).waitFor();

    await tab.button(ko.page.removePasskey).click();
    await page.waitForURL(/done=passkeyRemoved/);
    await until(async () => (await tab.credentials()).length === 0);
    assert.deepEqual(tab.deleted, [made!.credentialId]);
  },
);

inBrowser(
  "a passkey that the service does not know is forgotten when it is presented",
  async ({ app, tab }) => {
    const { page } = tab;
    await tab.joins("hong");
    await app.sql("DELETE FROM users");
    await page.goto("/login");
    await tab.button(ko.page.signInWithPasskey).click();
    await page.getByText(ko.sentence.passkey_unknown).waitFor();
    await until(async () => (await tab.credentials()).length === 0);
  },
);

inBrowser("without user verification nothing opens", async ({ app, tab }) => {
  const { page } = tab;
  await tab.joins("hong");
  await tab.verifyUser(false);
  await page.goto("/login");
  await tab.button(ko.page.signInWithPasskey).click();
  await page.getByText(ko.page.passkeyCancelled).waitFor();
  assert.equal((await app.sql("SELECT id FROM sessions")).length, 0);
  await tab.verifyUser(true);
  await tab.button(ko.page.signInWithPasskey).click();
  await page.waitForURL(/userinfo\/passkeys/);
});

inBrowser(
  "a browser without an authenticator says so, and the password still works",
  async ({ app, tab }) => {
    const { page, cdp } = tab;
    await join(app, "hong");
    await cdp.send("WebAuthn.removeVirtualAuthenticator", { authenticatorId: tab.authenticator });
    await page.goto("/login");
    await page.fill("#user_id", "hong");
    await page.fill("#password", goodPassword);
    await tab.button(ko.page.signIn).first().click();
    await page.waitForURL((url) => !url.pathname.startsWith("/login"));
  },
);

inBrowser(
  "two members have passkeys on one authenticator, and each signs in with their own",
  async ({ context, tab }) => {
    await tab.joins("hong");
    const [first] = await tab.credentials();
    await tab.joins("kim");
    const [second] = (await tab.credentials())
      .filter(({ credentialId }) => credentialId !== first!.credentialId);
    assert.ok(second);
    assert.notEqual(first!.userHandle, second.userHandle);
    const authenticatorId = tab.authenticator;
    for (const [gone, left, name] of [[first!, second, "kim"], [second, first!, "hong"]] as const) {
      await tab.cdp.send("WebAuthn.removeCredential", {
        authenticatorId,
        credentialId: gone.credentialId,
      });
      await context.clearCookies();
      await tab.page.goto("/login");
      await tab.signsIn();
      await tab.page.goto("/userinfo");
      assert.match(await tab.page.textContent("main") ?? "", new RegExp(name));
      await tab.cdp.send("WebAuthn.addCredential", { authenticatorId, credential: gone });
      assert.ok(left);
    }
  },
);

inBrowser(
  "two tabs that ask at once both work: each has its own challenge",
  async ({ app, context, tab }) => {
    await join(app, "hong");
    await tab.signsInWithPassword("hong");
    const other = await Tab.open(context);
    await Promise.all([
      tab.page.goto("/userinfo/passkeys"),
      other.page.goto("/userinfo/passkeys"),
    ]);
    for (const one of [tab, other]) {
      await one.page.bringToFront(); // the browser gives passkeys only to the tab that is seen
      await one.button(ko.page.addPasskey).click();
      await one.page.waitForURL(/done=passkeyAdded/);
    }
    const used = await app.sql("SELECT id FROM passkey_challenges WHERE used_by IS NOT NULL");
    assert.equal(used.length, 2);
    const handles = await app.sql("SELECT DISTINCT user_handle FROM passkeys");
    assert.equal(handles.length, 1, "both have the handle of the member");
    assert.equal((await app.sql("SELECT id FROM passkeys")).length, 2);
  },
);

inBrowser("a passkey that is removed during a ceremony opens nothing", async ({ app, tab }) => {
  const { page } = tab;
  await tab.joins("hong");
  await page.goto("/login");
  await page.route("**/login/passkey", async (route) => {
    await app.sql("DELETE FROM passkeys");
    await route.continue();
  });
  await tab.button(ko.page.signInWithPasskey).click();
  await page.getByText(ko.sentence.passkey_unknown).waitFor();
  assert.equal((await app.sql("SELECT id FROM sessions")).length, 0);
});

inBrowser(
  "a page of another origin gets no passkey, and a stolen answer opens nothing",
  async ({ app, tab }) => {
    const { page } = tab;
    await tab.joins("hong");
    const evil = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      () =>
        new Response("<!DOCTYPE html><title>evil</title>", {
          headers: { "Content-Type": "text/html" },
        }),
    );
    try {
      await page.goto(`http://127.0.0.1:${evil.addr.port}/`);
      const refused = await page.evaluate(async () => {
        const publicKey = { challenge: new Uint8Array(32), rpId: "localhost" };
        return await navigator.credentials.get({ publicKey }).then(() => "given", (e) => e.name);
      });
      assert.equal(refused, "SecurityError");
      // the same host on another port has the same relying party id: there the service must look
      await page.goto(`http://localhost:${evil.addr.port}/`);
      const options = await (await app.fetch(
        new Request(new URL("/login/passkey/options", app.origin), { method: "POST" }),
      )).json();
      const answer = await page.evaluate(async (options) => {
        const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
        const credential = await navigator.credentials.get({ publicKey });
        return (credential as PublicKeyCredential).toJSON();
      }, options);
      const response = await app.fetch(
        new Request(new URL("/login/passkey", app.origin), {
          method: "POST",
          headers: { "Content-Type": "application/json" },
          body: JSON.stringify({ passkey: answer }),
        }),
      );
      assert.equal(response.status, 401);
    } finally {
      await evil.shutdown();
    }
  },
);

inBrowser("a sent answer cannot be sent again", async ({ app, tab }) => {
  const { page } = tab;
  await tab.joins("hong");
  let sent: string | null = null;
  await page.route("**/login/passkey", async (route) => {
    sent = route.request().postData();
    await route.continue();
  });
  await tab.signsIn();
  const replay = await app.fetch(
    new Request(new URL("/login/passkey", app.origin), {
      method: "POST",
      headers: { "Content-Type": "application/x-www-form-urlencoded" },
      body: sent,
    }),
  );
  assert.equal(replay.status, 401);
  assert.equal((await app.sql("SELECT id FROM sessions")).length, 1);
});

inBrowser("a counter that counts is stored", async ({ app, tab }) => {
  await tab.joins("hong");
  await tab.signsIn();
  const [stored] = await app.sql("SELECT counter FROM passkeys");
  const [held] = await tab.credentials();
  assert.equal(stored!.counter, held!.signCount);
});

inBrowser("without JavaScript no page shows a button that does nothing", async ({ app, tab }) => {
  const { page } = tab;
  await join(app, "hong");
  for (const path of ["/login", "/register"]) {
    await page.goto(path);
    for (const label of [ko.page.signInWithPasskey, ko.page.joinWithPasskey]) {
      assert.equal(await tab.button(label).count(), 0, path);
    }
  }
  await tab.signsInWithPassword("hong");
  await page.goto("/userinfo/passkeys");
  assert.equal(await tab.button(ko.page.addPasskey).count(), 0);
  assert.match(await page.textContent("main") ?? "", new RegExp(ko.page.passkeyNeedsScript));
}, { script: false });

/** Waits for something that happens soon. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let n = 0; n < 100; n++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail("it did not happen within 5 s");
}
