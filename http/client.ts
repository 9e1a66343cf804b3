import type { Context } from "hono";
import type { Env } from "./env.ts";
import { clientNetwork, identifierHash } from "../crypto/tokens.ts";

/**
 * Keyed hash of the client's network, under which attempts are counted. Of a list in the trusted header
 * the last entry is the one that our own proxy wrote.
 */
export function clientOf(c: Context<Env>): string {
  const { trustedProxyHeader, identifierKey } = c.get("services").config;
  const forwarded = trustedProxyHeader &&
    c.req.header(trustedProxyHeader)?.split(",").at(-1)?.trim();
  const address = forwarded || c.env?.remoteAddr?.hostname || "unknown";
  const network = identifierHash(identifierKey, "address", clientNetwork(address));
  c.set("network", network);
  return network;
}
