/**
 * `deno task dev`: serves in development mode on 127.0.0.1, with reload. The watcher outlives its
 * service at a first SIGTERM, so a signal to this task is passed on until it has ended.
 */
const serve = new Deno.Command(Deno.execPath(), {
  args: ["serve", "-P=start", "--watch", "--host", "127.0.0.1", ...Deno.args, "main.ts"],
  env: { ANNYEONG_ENV: "development" },
}).spawn();

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.addSignalListener(signal, () => {
    const end = () => {
      try {
        serve.kill("SIGTERM");
      } catch {
        // it has ended
      }
    };
    end();
    setInterval(end, 200);
  });
}
const { code } = await serve.status;
Deno.exit(code);
