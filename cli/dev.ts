/**
 * `deno task dev`: serves in development mode on 127.0.0.1, restarts when a file changes, and prints where
 * each mail lies. At the first SIGTERM `deno serve --watch` ends only the service, so the signal is sent
 * again until the watcher has ended as well.
 */
import { developmentMailFolder } from "../config/mod.ts";
import { printNewMails } from "./new_mails.ts";

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
        // the process has ended
      }
    };
    end();
    setInterval(end, 200);
  });
}
const mailUrl = Deno.env.get("MAIL_URL") || `file:${developmentMailFolder}`;
if (mailUrl.startsWith("file:")) printNewMails(mailUrl.slice("file:".length));

const { code } = await serve.status;
Deno.exit(code);
