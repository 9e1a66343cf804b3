/** `deno task dev`: serves on an embedded file. `deno task dev sqld`: starts sqld and serves on it. */
import { startSqld } from "../../cli/sqld.ts";

await Deno.mkdir("data", { recursive: true, mode: 0o700 });
const sqld = Deno.args.includes("sqld") ? await startSqld("data/sqld") : null;
const port = Deno.env.get("PORT") ?? "8000";
const service = new Deno.Command(Deno.execPath(), {
  args: [
    ...["serve", "-A", "--config", here("deno.json"), "--host", "127.0.0.1", "--port", port],
    here("main.ts"),
  ],
  env: {
    ANNYEONG_ENV: "development",
    PUBLIC_ORIGIN: `http://127.0.0.1:${port}`,
    BETTER_AUTH_SECRET: Deno.env.get("BETTER_AUTH_SECRET") ?? await developmentSecret(),
    ...(sqld && { TURSO_DATABASE_URL: sqld.url }),
    ...(!sqld && !Deno.env.has("TURSO_DATABASE_URL") &&
      { TURSO_DATABASE_URL: "file:data/better-auth.db" }),
  },
}).spawn();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.addSignalListener(signal, () => service.kill(signal));
}
const { code } = await service.status;
await sqld?.stop();
Deno.exit(code);

function here(name: string): string {
  return new URL(name, import.meta.url).pathname;
}

/** Made once, so that sessions survive a restart. */
async function developmentSecret(): Promise<string> {
  const path = "data/better-auth-secret";
  try {
    return await Deno.readTextFile(path);
  } catch {
    const secret = crypto.getRandomValues(new Uint8Array(32)).toHex();
    await Deno.writeTextFile(path, secret, { mode: 0o600 });
    return secret;
  }
}
