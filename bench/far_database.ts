/** A database that is far away: what is sent to it arrives later, and requests are counted on the way. */
import { freePort } from "../cli/sqld.ts";
import type { Between } from "./side.ts";

export interface FarDatabase extends Between {
  /** Requests so far. */
  count: number;
}

/** Delays what goes to the server by `ms`, once for each request however many pieces it comes in. */
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

  async function pump(from: Deno.TcpConn, to: Deno.TcpConn, away: boolean) {
    const piece = new Uint8Array(65_536);
    let sent: Promise<unknown> = Promise.resolve();
    try {
      for (let read; (read = await from.read(piece)) !== null;) {
        const copy = piece.slice(0, read);
        if (away && isHead(copy)) far.count++;
        const due = away ? new Promise((resolve) => setTimeout(resolve, ms)) : null;
        sent = sent.then(() => due).then(() => writeAll(to, copy));
        sent.catch(() => {});
      }
      await sent;
    } catch {
      // one side has hung up
    }
    closeQuietly(from);
    closeQuietly(to);
  }
}

function isHead(bytes: Uint8Array): boolean {
  return /^(GET|POST) /.test(new TextDecoder().decode(bytes.subarray(0, 5)));
}

async function writeAll(to: Deno.TcpConn, bytes: Uint8Array) {
  for (let sent = 0; sent < bytes.length;) sent += await to.write(bytes.subarray(sent));
}

function closeQuietly(connection: Deno.TcpConn) {
  try {
    connection.close();
  } catch {
    // it was closed from the other side
  }
}
