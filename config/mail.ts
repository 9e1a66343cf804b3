import * as z from "zod/mini";
import { ConfigError, text } from "./fields.ts";

/** Where mails go, and whose name they carry. */
export interface MailConfig {
  /** `smtp://`, `smtps://`, `file:`, `resend://`, `postmark://` or `binding:`. It may hold a secret. */
  url: string;
  /** The `From` of every mail, such as `Haru Tea <members@haru.example>`. */
  from: string;
}

/** Whether an address must be verified before its member can sign in. */
export const verifications = ["off", "optional", "required"] as const;
export type Verification = (typeof verifications)[number];

const developmentFrom = "Annyeong <annyeong@localhost>";

export const mailFields = {
  MAIL_URL: z.optional(text(
    (url) => /^(smtps?:\/\/|file:|resend:\/\/|postmark:\/\/|binding:)./.test(url),
    "must begin with smtp://, smtps://, file:, resend://, postmark:// or binding:",
  )),
  MAIL_FROM: z.optional(
    text((from) => !/\p{Cc}/u.test(from) && from.includes("@"), "must be Name <address>"),
  ),
  EMAIL_VERIFICATION: z.optional(
    z.enum(verifications, { error: `must be one of ${verifications.join(", ")}` }),
  ),
};

/** Returns how mails are sent, or `null` if mail is off. Throws `ConfigError`. */
export function mailConfig(
  env: { MAIL_URL?: string | undefined; MAIL_FROM?: string | undefined },
  production: boolean,
): MailConfig | null {
  const url = env.MAIL_URL;
  if (url === undefined) return null;
  const from = env.MAIL_FROM ?? (production ? undefined : developmentFrom);
  if (from === undefined) {
    throw new ConfigError(
      "MAIL_FROM is missing: MAIL_URL needs it, such as Haru <hi@haru.example>",
    );
  }
  return { url, from };
}

/** Returns the configured verification. Throws `ConfigError` if it needs mail and mail is off. */
export function verificationOf(given: Verification | undefined, mail: MailConfig | null) {
  const verification = given ?? (mail ? "optional" : "off");
  if (verification !== "off" && mail === null) {
    throw new ConfigError("EMAIL_VERIFICATION must be off without MAIL_URL");
  }
  return verification;
}
