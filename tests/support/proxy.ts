/** A proxy in front of sqld that counts requests and can spoil them: what a network does. */
import { freePort } from "../../cli/sqld.ts";

/** What happens to one request. */
export type Fault =
  | "none"
  /** Cut before the server hears of it. */
  | "lost"
  /** Carried out, and the answer cut. */
  | "cut"
  /** Carried out, and half of the answer sent. */
  | "half"
  /** Carried out twice, as a client does that sends again. */
  | "twice"
  /** Never answered. */
  | "silent"
  /** Carried out, the answer cut, and from then on nobody listens. */
  | "gone";

export interface Proxy {
  url: string;
  /** Requests so far. */
  count: number;
  /** Decides the fate of the n-th request, counted from 1 at the last `reset`. */
  fault: (n: number) => Fault;
  reset(): void;
  close(): void;
}

export function openProxy(upstream: string): Proxy {
  const port = freePort();
  const listen = () => Deno.listen({ hostname: "127.0.0.1", port });
  let listener: Deno.TcpListener | null = listen();
  const open = new Set<Deno.TcpConn>();
  const proxy: Proxy = {
    url: `http://127.0.0.1:${port}`,
    count: 0,
    fault: () => "none",
    reset() {
      proxy.count = 0;
      proxy.fault = () => "none";
      if (!listener) accept(listener = listen());
    },
    close() {
      listener?.close();
      for (const connection of open) closeQuietly(connection);
    },
  };
  accept(listener);
  return proxy;

  async function accept(listener: Deno.TcpListener) {
    for await (const connection of listener) {
      open.add(connection);
      serve(connection).catch(() => {}).finally(() => {
        open.delete(connection);
        closeQuietly(connection);
      });
    }
  }

  async function serve(connection: Deno.TcpConn) {
    const reader = new RequestReader(connection);
    for (;;) {
      const request = await reader.next();
      if (!request) return;
      const fault = proxy.fault(++proxy.count);
      if (fault === "lost") return;
      if (fault === "silent") return await new Promise(() => {});
      if (fault === "gone") {
        listener?.close();
        listener = null;
      }
      if (fault === "twice") await forward(request);
      const answer = await forward(request);
      if (fault === "cut" || fault === "gone") return;
      await connection.write(fault === "half" ? answer.subarray(0, answer.length / 2) : answer);
      if (fault === "half") return;
    }
  }

  async function forward({ method, path, headers, body }: ReadRequest): Promise<Uint8Array> {
    const response = await fetch(upstream + path, {
      method,
      headers,
      ...(body.length > 0 && { body: body as Uint8Array<ArrayBuffer> }),
    });
    const answer = new Uint8Array(await response.arrayBuffer());
    const head = `HTTP/1.1 ${response.status} X\r\ncontent-type: ${
      response.headers.get("content-type") ?? "text/plain"
    }\r\ncontent-length: ${answer.length}\r\n\r\n`;
    return concat(new TextEncoder().encode(head), answer);
  }
}

interface ReadRequest {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: Uint8Array;
}

class RequestReader {
  private rest: Uint8Array = new Uint8Array();
  constructor(private readonly connection: Deno.TcpConn) {}

  async next(): Promise<ReadRequest | null> {
    let end: number;
    while ((end = headEnd(this.rest)) < 0) if (!await this.more()) return null;
    const [first = "", ...lines] = new TextDecoder().decode(this.rest.subarray(0, end)).split(
      "\r\n",
    );
    const [method = "", path = ""] = first.split(" ");
    const headers = Object.fromEntries(
      lines.filter(Boolean).map((line) => {
        const at = line.indexOf(":");
        return [line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()];
      }),
    );
    const length = Number(headers["content-length"] ?? 0);
    while (this.rest.length < end + length) if (!await this.more()) return null;
    const body = this.rest.slice(end, end + length);
    this.rest = this.rest.slice(end + length);
    for (const name of ["host", "connection", "content-length"]) delete headers[name];
    return { method, path, headers, body };
  }

  private async more(): Promise<boolean> {
    const part = new Uint8Array(65_536);
    const read = await this.connection.read(part);
    if (read === null) return false;
    this.rest = concat(this.rest, part.subarray(0, read));
    return true;
  }
}

function headEnd(bytes: Uint8Array): number {
  for (let at = 3; at < bytes.length; at++) {
    if (bytes[at] === 10 && bytes[at - 1] === 13 && bytes[at - 2] === 10 && bytes[at - 3] === 13) {
      return at + 1;
    }
  }
  return -1;
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}

function closeQuietly(connection: Deno.TcpConn) {
  try {
    connection.close();
  } catch {
    // it was closed from the other side
  }
}
