/** What nodemailer is given. It is loaded with the first mail, and never on Workers. */
import type { Mail } from "./transport.ts";
import { automatic } from "./transport.ts";

/** The mail as nodemailer takes it. Addresses are objects, so that none is parsed. */
export function messageOf({ messageId, from, to, subject, text, html, at }: Mail) {
  return {
    from: { ...from }, // nodemailer changes what it is given
    to: { name: "", address: to },
    envelope: { from: from.address, to: [to] },
    subject,
    text,
    html,
    messageId,
    date: new Date(at),
    headers: automatic,
    textEncoding: "quoted-printable" as const,
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

/** Loads nodemailer. In this form a bundler for Workers, which knows that there is no Deno, leaves it out. */
export function loadNodemailer() {
  return typeof Deno !== "undefined" ? import("nodemailer") : Promise.reject(new Error("no Deno"));
}
