/** A proxy that simulates a distant database: it delays and counts the requests to it. */
import { freePort } from "../cli/sqld.ts";
import type { Between } from "./side.ts";

/** The proxy. */
export interface FarDatabase extends Between {
  /** Requests so far. */
  count: number;
}

/**
 * Starts a proxy on loopback in front of `upstream`. It delays everything that is sent to the server by `ms`.
 * A request of several chunks is delayed only once, because the delays overlap.
 */
export function farDatabase(upstream: string, ms: number): FarDatabase {
  const port = freePort();
  const listener = Deno.listen({ hostname: "127.0.0.1", port });
  const open = new Set<Deno.TcpConn>();
  const far: FarDatabase = {
    url: `http://127.0.0.1:${port}`,
    count: 0,
    close() {
      listener.close();
      for (const connection of open) closeQuietly(connection);
    },
  };
  accept();
  return far;

  async function accept() {
    for await (const near of listener) {
      const server = await Deno.connect({
        hostname: "127.0.0.1",
        port: Number(new URL(upstream).port),
      });
      for (const connection of [near, server]) {
        connection.setNoDelay(true);
        open.add(connection);
      }
      pump(near, server, true);
      pump(server, near, false);
    }
  }

  async function pump(from: Deno.TcpConn, to: Deno.TcpConn, toServer: boolean) {
    const buffer = new Uint8Array(65_536);
    let sent: Promise<unknown> = Promise.resolve();
    try {
      for (let read; (read = await from.read(buffer)) !== null;) {
        const chunk = buffer.slice(0, read);
        if (toServer && startsRequest(chunk)) far.count++;
        const delay = toServer ? new Promise((resolve) => setTimeout(resolve, ms)) : null;
        sent = sent.then(() => delay).then(() => writeAll(to, chunk));
        sent.catch(() => {});
      }
      await sent;
    } catch {
      // one side closed the connection
    }
    closeQuietly(from);
    closeQuietly(to);
  }
}

function startsRequest(bytes: Uint8Array): boolean {
  return /^(GET|POST) /.test(new TextDecoder().decode(bytes.subarray(0, 5)));
}

async function writeAll(to: Deno.TcpConn, bytes: Uint8Array) {
  for (let sent = 0; sent < bytes.length;) sent += await to.write(bytes.subarray(sent));
}

function closeQuietly(connection: Deno.TcpConn) {
  try {
    connection.close();
  } catch {
    // the other side closed it already
  }
}
