/** `deno task keys`: prints new random values of all secrets that production needs, as NAME=value lines. */
import { freshSecrets } from "../config/mod.ts";

export async function keys(): Promise<void> {
  for (const [name, value] of Object.entries(await freshSecrets("production"))) {
    console.log(`${name}=${value}`);
  }
}

if (import.meta.main) await keys();
