import type { Context } from "hono";
import type { Env } from "./env.ts";

/**
 * Names a download after the service: `haru-tea-receipt-….jws`. A name that is not ASCII is sent as RFC 8187
 * says, beside one without the service.
 */
export function attach(c: Context<Env>, file: string): void {
  const service = c.var.messages.service.name.trim().toLowerCase().replace(
    /[\s"/\\:*?<>|%;]+/g,
    "-",
  );
  const name = `${service}-${file}`;
  const isAscii = /^[\x21-\x7e]+$/.test(name);
  const extended = isAscii ? "" : `; filename*=UTF-8''${encodeURIComponent(name)}`;
  c.header(
    "Content-Disposition",
    `attachment; filename="${isAscii ? name : file}"${extended}`,
  );
}
