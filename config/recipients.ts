import * as z from "zod/mini";
import type { RecipientName } from "../domain/receipt.ts";
import { isHttp, isPlainUrl, json, list, text } from "./fields.ts";

/** A system that receives signed webhooks about withdrawals. */
export interface Recipient extends RecipientName {
  url: string;
  /** The first signs; both sign while there are two. */
  secrets: readonly string[];
}

const notRecipient = 'must be a JSON list of {"name", "kind", "url", "secret": "whsec_…"}';

const recipient = z.strictObject({
  name: z.string({ error: notRecipient }).check(z.minLength(1, { error: notRecipient })),
  kind: z._default(
    z.enum(["processor", "third_party"], {
      error: 'must have "kind": "processor" or "third_party" in each entry',
    }),
    "processor",
  ),
  url: z.string({ error: notRecipient }).check(
    z.refine((url) => isHttp(url) && isPlainUrl(url, "query allowed"), {
      error: 'must have "url": "https://…" without credentials in each entry',
    }),
  ),
  secret: list(
    text(
      isWebhookSecret,
      'must have "secret": "whsec_…", 24 to 64 bytes in base64, in each entry',
    ),
    { error: notRecipient },
  ),
}, { error: notRecipient });

export const recipientList = z._default(
  z.pipe(
    json(),
    z.pipe(
      z.array(recipient, { error: notRecipient }).check(
        z.refine((all) => new Set(all.map(({ name }) => name)).size === all.length, {
          error: "repeats a name: give each entry a name of its own",
        }),
      ),
      z.transform((all): Recipient[] =>
        all.map(({ secret: secrets, ...rest }) => ({ ...rest, secrets }))
      ),
    ),
  ),
  [],
);

/** Standard Webhooks 1.0.0: `whsec_` and 24 to 64 bytes in base64. */
function isWebhookSecret(text: string): boolean {
  const [, encoded = ""] =
    /^whsec_((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)$/
      .exec(text) ?? [];
  const bytes = encoded.replace(/=/g, "").length * 3 / 4;
  return bytes >= 24 && bytes < 65;
}
