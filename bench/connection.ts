/** A kept-alive HTTP/1.1 connection, as bare as can be: two cores serve the load and what it is put on. */
import type { Ask } from "./contenders/contender.ts";

export interface Answer {
  status: number;
  head: string;
  body: string;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The bytes of a request, made before the clock runs. */
export function encode({ method, path, headers = {}, body }: Ask): Uint8Array {
  const text = body === undefined ? "" : JSON.stringify(body);
  const lines = Object.entries({
    Host: "127.0.0.1",
    Accept: "application/json",
    ...headers,
    ...(text && { "Content-Type": "application/json" }),
    ...(method !== "GET" && { "Content-Length": `${encoder.encode(text).length}` }),
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return encoder.encode(`${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n${text}`);
}

/** After this a request counts as an error, ms. */
const patienceMs = 10_000;

async function connect(port: number): Promise<Deno.TcpConn> {
  const tcp = await Deno.connect({ hostname: "127.0.0.1", port });
  tcp.setNoDelay(true);
  return tcp;
}

export class Connection {
  private buffer = new Uint8Array(65_536);
  private used = 0;

  private constructor(private readonly port: number, private tcp: Deno.TcpConn) {}

  static async open(port: number): Promise<Connection> {
    return new Connection(port, await connect(port));
  }

  /** One request and the whole of its answer. Throws after `patienceMs`, and then goes on with a new one. */
  async ask(request: Uint8Array): Promise<Answer> {
    const timer = setTimeout(() => this.close(), patienceMs);
    try {
      return await this.exchange(request);
    } catch (error) {
      this.close();
      this.tcp = await connect(this.port);
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  private async exchange(request: Uint8Array): Promise<Answer> {
    for (let sent = 0; sent < request.length;) {
      sent += await this.tcp.write(request.subarray(sent));
    }
    this.used = 0;
    for (;;) {
      const read = await this.tcp.read(this.buffer.subarray(this.used));
      if (read === null) throw new Error("the server hung up");
      this.used += read;
      const answer = this.parse();
      if (answer) return answer;
    }
  }

  close(): void {
    try {
      this.tcp.close();
    } catch {
      // it was closed before
    }
  }

  private parse(): Answer | null {
    const text = decoder.decode(this.buffer.subarray(0, this.used));
    const end = text.indexOf("\r\n\r\n");
    if (end < 0) return null;
    const head = text.slice(0, end);
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    const body = text.slice(end + 4);
    const whole = length === undefined
      ? body.endsWith("0\r\n\r\n")
      : encoder.encode(body).length >= Number(length);
    return whole ? { status: Number(head.slice(9, 12)), head, body } : null;
  }
}

/** What a browser would send back: the cookies that an answer set and did not expire. */
export function cookiesOf({ head }: Answer): string {
  const set = [...head.matchAll(/\r\nset-cookie: *([^;\r\n]*)([^\r\n]*)/gi)];
  return set.filter(([, , rest]) => !/max-age=0/i.test(rest!)).map(([, pair]) => pair).join("; ");
}
