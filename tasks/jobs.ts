/** `deno task jobs`: runs what is due until nothing is left, and exits. For a system timer. */
import { runJobs } from "../jobs/mod.ts";
import { openOnDeno } from "../main.ts";

const services = await openOnDeno();
for (;;) {
  const { due, erased, lost, refused, unswept } = await runJobs(services);
  console.log(
    `due ${due}, erased ${erased}, lost ${lost}, refused ${refused}, to sweep ${unswept}`,
  );
  if (erased + lost === 0 && unswept === 0) break;
}
services.db.close();
