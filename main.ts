/** The service: `deno serve main.ts` and Cloudflare Workers both take the default export. */
import { createApp } from "./app.ts";
import { serve } from "./runtime/mod.ts";

export default await serve(createApp);
