import * as z from "zod/mini";
import type { Consent } from "../domain/consent.ts";
import { isHttp, json, text } from "./fields.ts";

const notConsent =
  'must be a JSON list of {"name", "version", "label": {"ko", "en"}, "url", "required"}';
const filled = text((text) => text.trim() !== "" && text.length <= 200, notConsent);

const consent = z.strictObject({
  name: text(
    (name) => /^[a-z][a-z0-9_]{0,39}$/.test(name),
    'must have a "name" of lower-case letters, digits and _ in each entry',
  ),
  version: filled,
  label: z.strictObject({ ko: filled, en: filled }, { error: notConsent }),
  url: z._default(
    text(
      (url) => /^\/(?![/\\])\S*$/.test(url) || isHttp(url),
      'must have a path or an address as "url" in each entry',
    ),
    "",
  ),
  required: z._default(z.boolean({ error: notConsent }), false),
}, { error: notConsent });

/** What members are asked to agree to when they join. Default: nothing. */
export const consentList = z._default(
  z.pipe(
    json(),
    z.array(consent, { error: notConsent }).check(
      z.refine((all) => new Set(all.map(({ name }) => name)).size === all.length, {
        error: "repeats a name: give each entry a name of its own",
      }),
    ),
  ),
  [] as Consent[],
);
