/** How `oauth4webapi` is called for a provider. */
import * as oauth from "oauth4webapi";
import { clockToleranceMs } from "../domain/provider.ts";
import { ask } from "./ask.ts";
import type { Connection } from "./preset.ts";

/** The client, on our own clock. */
export function clientOf({ config, now }: Pick<Connection, "config" | "now">): oauth.Client {
  return {
    client_id: config.clientId,
    [oauth.clockSkew]: Math.round((now - Date.now()) / 1000),
    [oauth.clockTolerance]: clockToleranceMs / 1000,
  };
}

/** Bounded requests. Plain HTTP only where the configuration names an address on loopback. */
export function optionsOf({ config }: Pick<Connection, "config">) {
  const insecure = (config.base ?? config.issuer)?.startsWith("http:") ?? false;
  return {
    [oauth.customFetch]: (url: string, init: object) => ask(url, init as RequestInit),
    [oauth.allowInsecureRequests]: insecure,
  };
}
