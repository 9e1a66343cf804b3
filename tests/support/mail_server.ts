/** A real SMTP server on loopback, whose answers a test decides. */
import { Buffer } from "node:buffer";
import type { AddressInfo, Socket } from "node:net";
import { type ParsedMail, simpleParser } from "mailparser";
import { SMTPServer } from "smtp-server";

/** What the server says at the end of a mail: it takes it, refuses it with a code, or closes the connection. */
export type Answer = "take" | "cut" | number;

export interface MailServer {
  port: number;
  /** The mails that were taken, oldest first. */
  mails: ParsedMail[];
  /** The `Message-ID` of every mail that arrived whole, taken or not. */
  arrived: string[];
  /** Whether each connection was encrypted when its mail arrived. */
  encrypted: boolean[];
  close(): Promise<void>;
}

export interface MailServerSetup {
  /** Decides on the nth mail, from 1. */
  answer?: (n: number, mail: ParsedMail) => Answer | Promise<Answer>;
  /** Decides on a recipient: a code refuses it. */
  recipient?: (address: string) => number | null;
  port?: number;
  /** Options of `smtp-server`: TLS, logins. */
  options?: Record<string, unknown>;
}

/** Starts a server. */
export async function openMailServer(setup: MailServerSetup = {}): Promise<MailServer> {
  const { answer = () => "take", recipient = () => null } = setup;
  const mails: ParsedMail[] = [];
  const arrived: string[] = [];
  const encrypted: boolean[] = [];
  const sockets = new Set<Socket>();
  const server = new SMTPServer({
    authOptional: true,
    disableReverseLookup: true,
    hideSTARTTLS: true,
    closeTimeout: 100,
    onRcptTo({ address }: { address: string }, _session: unknown, done: (e?: Error) => void) {
      const code = recipient(address);
      done(code === null ? undefined : refusal(code, `no ${address} here`));
    },
    async onData(
      stream: AsyncIterable<Uint8Array>,
      session: { secure: boolean },
      done: (e?: Error | null, message?: string) => void,
    ) {
      const chunks: Uint8Array[] = [];
      for await (const chunk of stream) chunks.push(chunk);
      const mail = await simpleParser(Buffer.concat(chunks));
      arrived.push(mail.messageId!);
      encrypted.push(session.secure);
      const said = await answer(arrived.length, mail);
      if (said === "take") {
        mails.push(mail);
        return done(null, "taken");
      }
      if (said === "cut") {
        for (const socket of sockets) socket.destroy();
        return;
      }
      done(refusal(said, `not for ${mail.to}`));
    },
    ...setup.options,
  });
  server.on("error", () => {}); // a client that leaves in the middle
  server.server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(setup.port ?? 0, "127.0.0.1", resolve));
  const { port } = server.server.address() as AddressInfo;
  return {
    port,
    mails,
    arrived,
    encrypted,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** What a server wrote may quote the address: none of it may reach the log. */
function refusal(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode });
}
