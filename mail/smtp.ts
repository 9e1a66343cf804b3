import type { MailRoute } from "../config/mod.ts";
import { causeOf } from "../domain/delivery.ts";
import { loadNodemailer, messageOf } from "./nodemailer.ts";
import type { Sent, Transport } from "./transport.ts";

/** How long a server may keep silent, ms. */
const silenceMs = 10_000;

/** Codes that are about our login, not about the mail (RFC 4954 6, RFC 3207 4). */
const aboutLogin = [502, 503, 504, 530, 534, 535, 538];

/**
 * Sends by SMTP, with a connection for each mail. Off loopback the connection is encrypted and the
 * certificate verified, or nothing is sent.
 */
export function bySmtp(route: MailRoute & { kind: "smtp" }): Transport {
  const options = {
    host: route.host,
    port: route.port,
    secure: route.tls === "first",
    requireTLS: route.tls === "starttls",
    ignoreTLS: route.tls === "none",
    connectionTimeout: silenceMs,
    greetingTimeout: silenceMs,
    socketTimeout: silenceMs,
    dnsTimeout: silenceMs,
    ...(route.login && { auth: { user: route.login.user, pass: route.login.password } }),
  };
  return async (mail, stop) => {
    const { createTransport } = await loadNodemailer();
    try {
      const { response } = await createTransport(options)
        .sendMail({ ...messageOf(mail), signal: stop });
      return { verdict: "accepted", status: Number.parseInt(response) };
    } catch (error) {
      return stop.aborted ? { verdict: "failed", cause: causeOf(stop.reason) } : failureOf(error);
    }
  };
}

/** The cause by nodemailer's codes. */
const causes: Record<string, string> = {
  ETIMEDOUT: "timeout",
  EDNS: "name not found",
  ETLS: "TLS failed",
  EAUTH: "login refused",
  ENOAUTH: "login refused",
  ECONNECTION: "connection closed",
};

/** RFC 5321 4.2.1: 5yz is permanent, 4yz is not. Never repeats what the server wrote: it holds the address. */
function failureOf(error: unknown): Sent {
  const { code = "", responseCode: status } = error as { code?: string; responseCode?: number };
  if (code === "EENVELOPE" && status === undefined) {
    return { verdict: "refused", cause: "address refused" }; // by nodemailer: nothing was sent
  }
  const refused = status !== undefined && status >= 500 && !aboutLogin.includes(status) &&
    ["EENVELOPE", "EMESSAGE"].includes(code);
  return {
    verdict: refused ? "refused" : "failed",
    status,
    cause: code === "ESOCKET" ? socketCause(error) : causes[code] ?? causeOf(error),
  };
}

function socketCause(error: unknown): string {
  const { message } = error as Error;
  if (/ECONNREFUSED/.test(message)) return "connection refused";
  return /certificate|self.signed|tls|ssl|altname/i.test(message)
    ? "certificate refused"
    : causeOf(error);
}
