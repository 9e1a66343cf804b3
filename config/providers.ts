import * as z from "zod/mini";
import type { Words } from "../domain/data_map.ts";
import { isHttp, isOrigin, isPlainUrl, json } from "./fields.ts";
import { isLoopback } from "./hosts.ts";

/** A service that members sign in with. Each is one entry of `PROVIDERS`. */
export interface ProviderConfig {
  kind: ProviderKind;
  /** In paths, and in `confirm_with`. */
  name: string;
  /** What people read on its button; `null`: the brand's own name. */
  label: Words | null;
  clientId: string;
  /** `null` only for Apple, where `apple` stands in its place. */
  clientSecret: string | null;
  /** For `oidc`: its issuer, exactly as its discovery document writes it. */
  issuer: string | null;
  /** For `apple`: what its client secrets are signed with. */
  apple: { teamId: string; keyId: string; privateKey: string } | null;
  /** For `kakao`: ends a grant without the member's token. */
  adminKey: string | null;
  /** Further origins that a sign-in passes on its way, for the CSP's `form-action`. */
  origins: readonly string[];
  /** What follows when the provider says that its member has ended the grant there. */
  onUnlink: "keep" | "leave";
  /** In development: takes the place of the origins of all the endpoints of a preset. */
  base: string | null;
}

export const providerKinds = ["google", "apple", "kakao", "naver", "github", "oidc"] as const;
export type ProviderKind = (typeof providerKinds)[number];

const notProvider =
  'must be a JSON list of {"kind", "client_id", "client_secret", …}: docs/providers.md';

/** Names that `confirm_with` uses for something else. */
const taken = ["password", "passkey"];

function needed(name: string) {
  const error = `must have "${name}" in each entry that needs it: docs/providers.md`;
  return z.string({ error }).check(z.minLength(1, { error }));
}

const label = z.strictObject({ ko: needed("label.ko"), en: needed("label.en") }, {
  error: 'must have "label": {"ko", "en"} in an entry with a label',
});

const wrongName =
  'must have a "name" of lower-case letters, digits and hyphens, at most 32, other than "password" and "passkey"';
const wrongOrigins = 'must have only origins in "origins"';

/** An entry with these fields and no other. */
function entry<Fields extends z.core.$ZodLooseShape>(fields: Fields) {
  return z.strictObject(fields, {
    error: "must have only fields that docs/providers.md lists for the kind of the entry",
  });
}

const shared = {
  name: z.optional(
    z.string({ error: wrongName }).check(
      z.refine((name) => /^[a-z0-9][a-z0-9-]{0,31}$/.test(name) && !taken.includes(name), {
        error: wrongName,
      }),
    ),
  ),
  client_id: needed("client_id"),
  origins: z._default(
    z.array(
      z.string({ error: wrongOrigins }).check(z.refine(isOrigin, { error: wrongOrigins })),
      { error: wrongOrigins },
    ),
    [],
  ),
  on_unlink: z._default(
    z.enum(["keep", "leave"], { error: 'must have "on_unlink": "keep" or "leave"' }),
    "keep",
  ),
};

const wrongBase = 'may have "base" only as an origin on loopback';
const base = z.optional(
  z.string({ error: wrongBase }).check(
    z.refine((text) => isOrigin(text) && isLoopback(new URL(text).hostname), { error: wrongBase }),
  ),
);

const secret = { client_secret: needed("client_secret") };
const preset = { ...shared, base, label: z.optional(label) };

/** An RFC 8414 issuer: no query and no fragment. Plain HTTP only on loopback. */
const issuer = z.string({ error: 'must have "issuer" in each entry of kind "oidc"' }).check(
  z.refine(
    (text) =>
      isHttp(text) && isPlainUrl(text) &&
      (text.startsWith("https:") || isLoopback(new URL(text).hostname)),
    { error: 'must have an "issuer" with https:// (http:// only on loopback), without a query' },
  ),
);

const privateKey = needed("private_key").check(
  z.refine(
    (text) => /^-----BEGIN PRIVATE KEY-----\s[\w+/=\s]+-----END PRIVATE KEY-----\s*$/.test(text),
    {
      error: 'must have "private_key" as the text of the .p8 file from Apple, lines and all',
    },
  ),
);

const provider = z.discriminatedUnion("kind", [
  entry({ kind: z.literal("google"), ...preset, ...secret }),
  entry({
    kind: z.literal("apple"),
    ...preset,
    team_id: needed("team_id"),
    key_id: needed("key_id"),
    private_key: privateKey,
  }),
  entry({
    kind: z.literal("kakao"),
    ...preset,
    ...secret,
    admin_key: z.optional(needed("admin_key")),
  }),
  entry({ kind: z.literal("naver"), ...preset, ...secret }),
  entry({ kind: z.literal("github"), ...preset, ...secret }),
  entry({ kind: z.literal("oidc"), ...shared, ...secret, issuer, label }),
], { error: notProvider });

export const providerList = z._default(
  z.pipe(
    json(),
    z.pipe(
      z.pipe(
        z.array(provider, { error: notProvider }),
        z.transform((all): ProviderConfig[] => all.map(configOf)),
      ),
      z.array(z.custom<ProviderConfig>()).check(
        z.refine((all) => new Set(all.map(({ name }) => name)).size === all.length, {
          error: 'repeats a name: give each entry a "name" of its own',
        }),
      ),
    ),
  ),
  [],
);

function configOf(entry: z.output<typeof provider>): ProviderConfig {
  return {
    kind: entry.kind,
    name: entry.name ?? entry.kind,
    label: entry.label ?? null,
    clientId: entry.client_id,
    clientSecret: "client_secret" in entry ? entry.client_secret : null,
    issuer: "issuer" in entry ? entry.issuer : null,
    apple: entry.kind === "apple"
      ? { teamId: entry.team_id, keyId: entry.key_id, privateKey: entry.private_key }
      : null,
    adminKey: entry.kind === "kakao" ? entry.admin_key ?? null : null,
    origins: entry.origins,
    onUnlink: entry.on_unlink,
    base: "base" in entry ? entry.base ?? null : null,
  };
}
