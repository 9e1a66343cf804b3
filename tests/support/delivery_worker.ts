/** A worker process for the test that kills one: delivers until it is ended, on a clock twenty times as fast. */
import { deliver } from "../../jobs/delivery.ts";
import { openApp } from "./harness.ts";

const [url, recipients] = Deno.args as [string, string];
const app = await openApp({ env: { TURSO_DATABASE_URL: url, RECIPIENTS: recipients } });
const start = Date.now();
app.services.now = () => start + (Date.now() - start) * 20;
console.log("ready");
for (;;) {
  await deliver(app.services, app.services.config.recipients[0]!, Infinity);
  await new Promise((resolve) => setTimeout(resolve, 20));
}
