/** An app with one real provider. */
import { runJobs } from "../../jobs/mod.ts";
import { Browser, Clock, openApp, type TestApp } from "./harness.ts";
import { type Oidc, openOidc, Person, roundTrip } from "./oidc.ts";

const origin = "https://members.example";

/** Runs a test on an app with one real provider, `corp`. */
export function testWith(
  name: string,
  test: (app: TestApp, oidc: Oidc) => Promise<void>,
  env: Record<string, string> = {},
  configuration: Record<string, unknown> = {},
) {
  Deno.test({
    name,
    async fn() {
      const oidc = await openOidc([origin], configuration);
      const clock = new Clock(Date.now());
      const providers = { PROVIDERS: JSON.stringify([oidc.entry]) };
      const app = await openApp({ env: { ...providers, ...env }, clock });
      try {
        await test(app, oidc);
      } finally {
        await app.close();
        await oidc.close();
      }
    },
  });
}

/** Joins with only a provider, and is signed in. */
export async function joinWith(app: TestApp, user_id: string, person: Person): Promise<Browser> {
  const browser = new Browser(app);
  await roundTrip(browser, "/login/with/corp", person);
  const joined = await browser.send("POST", "/register/with/corp", { user_id });
  if (joined.status !== 201) throw new Error(`joining answered ${joined.status}: ${joined.text}`);
  return browser;
}

/** The grants on a receipt, after the jobs have run. */
export async function grantsAfterJobs(app: TestApp, receiptId: string) {
  await runJobs(app.services);
  return (await new Browser(app).get(`/receipts/${receiptId}`)).json.grants;
}
