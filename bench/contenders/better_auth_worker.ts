/** better-auth as a Worker. */
import { createClient } from "@libsql/client";
import { createApp, optionsOf } from "./better_auth_app.ts";

interface Bindings {
  PUBLIC_ORIGIN: string;
  BETTER_AUTH_SECRET: string;
  TURSO_DATABASE_URL: string;
}

let app: ReturnType<typeof createApp> | undefined;

export default {
  fetch(request: Request, bindings: Bindings): Response | Promise<Response> {
    app ??= createApp(optionsOf(createClient({ url: bindings.TURSO_DATABASE_URL }), {
      baseURL: bindings.PUBLIC_ORIGIN,
      secret: bindings.BETTER_AUTH_SECRET,
      cookieCache: false,
    }));
    return app.fetch(request);
  },
};
