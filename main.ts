/** The entry point of the service, for `deno serve main.ts` and for Cloudflare Workers. */
import { createApp } from "./app.ts";
import { serve } from "./runtime/mod.ts";

export default await serve(createApp);
