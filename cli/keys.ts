/** `deno task keys`: prints fresh values for every secret that production needs, as NAME=value lines. */
import { freshSecrets } from "../config/mod.ts";

for (const [name, value] of Object.entries(await freshSecrets("production"))) {
  console.log(`${name}=${value}`);
}
