import type { Consent } from "../domain/consent.ts";
import type { ProviderButton } from "../domain/provider.ts";
import type { Words } from "../domain/data_map.ts";
import type { Messages } from "../messages/mod.ts";
import { ConsentFields } from "./consents.tsx";
import { Field, Form, type Refusal } from "./form.tsx";
import { AccountLayout, EntryLayout, type Notice, Timed } from "./layout.tsx";

/** What a button is for: the path before the provider's name, and the words on it. */
type Use = "signIn" | "link" | "confirm";

const paths: Record<Use, string> = {
  signIn: "/login/with",
  link: "/userinfo/identities",
  confirm: "/confirmation/with",
};

/**
 * A form with one button for each provider, in their order. They work without JavaScript.
 * @param next the members' page to show afterwards
 */
export function ProviderButtons({ t, providers, use, next = null }: {
  t: Messages;
  providers: readonly ProviderButton[];
  use: Use;
  next?: string | null;
}) {
  if (providers.length === 0) return null;
  return (
    <div class="providers">
      {providers.map((provider) => (
        <form method="post" action={`${paths[use]}/${provider.name}${next ? `?next=${next}` : ""}`}>
          <button
            type="submit"
            class={provider.kind === "oidc" ? "provider quiet" : `provider ${provider.kind}`}
          >
            <Logo kind={provider.kind} />
            <span>{wordsOn(t, use, provider)}</span>
          </button>
        </form>
      ))}
    </div>
  );
}

function wordsOn(t: Messages, use: Use, { kind, label }: ProviderButton): string {
  const name = label[t.language as keyof Words];
  return t.page.withProvider[use](name, kind);
}

/**
 * The logo of a brand, as its guidelines show it: Google "Sign in with Google Branding Guidelines", Apple
 * "Human Interface Guidelines: Sign in with Apple", Kakao "Login Design Guide", Naver "Login Button Guide",
 * "GitHub Logos and Usage".
 */
function Logo({ kind }: { kind: string }) {
  const shapes = logos[kind];
  if (!shapes) return null;
  return (
    <svg
      viewBox={kind === "google" ? "0 0 48 48" : "0 0 24 24"}
      aria-hidden="true"
      focusable="false"
    >
      {shapes.map(([d, fill]) => <path d={d} fill={fill} />)}
    </svg>
  );
}

const logos: Record<string, readonly (readonly [d: string, fill: string])[]> = {
  google: [
    [
      "M24 9.5c3.54 0 6.71 1.22 9.21 3.6l6.85-6.85C35.9 2.38 30.47 0 24 0 14.62 0 6.51 5.38 2.56 13.22l7.98 6.19C12.43 13.72 17.74 9.5 24 9.5z",
      "#EA4335",
    ],
    [
      "M46.98 24.55c0-1.57-.15-3.09-.38-4.55H24v9.02h12.94c-.58 2.96-2.26 5.48-4.78 7.18l7.73 6c4.51-4.18 7.09-10.36 7.09-17.65z",
      "#4285F4",
    ],
    [
      "M10.53 28.59c-.48-1.45-.76-2.99-.76-4.59s.27-3.14.76-4.59l-7.98-6.19C.92 16.46 0 20.12 0 24c0 3.88.92 7.54 2.56 10.78l7.97-6.19z",
      "#FBBC05",
    ],
    [
      "M24 48c6.48 0 11.93-2.13 15.89-5.81l-7.73-6c-2.15 1.45-4.92 2.3-8.16 2.3-6.26 0-11.57-4.22-13.47-9.91l-7.98 6.19C6.51 42.62 14.62 48 24 48z",
      "#34A853",
    ],
  ],
  apple: [[
    "M12.152 6.896c-.948 0-2.415-1.078-3.96-1.04-2.04.027-3.91 1.183-4.961 3.014-2.117 3.675-.546 9.103 1.519 12.09 1.013 1.454 2.208 3.09 3.792 3.039 1.52-.065 2.09-.987 3.935-.987 1.831 0 2.35.987 3.96.948 1.637-.026 2.676-1.48 3.676-2.948 1.156-1.688 1.636-3.325 1.662-3.415-.039-.013-3.182-1.221-3.22-4.857-.026-3.04 2.48-4.494 2.597-4.559-1.429-2.09-3.623-2.324-4.39-2.376-2-.156-3.675 1.09-4.61 1.09zM15.53 3.83c.843-1.012 1.4-2.427 1.245-3.83-1.207.052-2.662.805-3.532 1.818-.78.896-1.454 2.338-1.273 3.714 1.338.104 2.715-.688 3.559-1.701",
    "#fff",
  ]],
  kakao: [[
    "M12 3C6.477 3 2 6.463 2 10.691c0 2.722 1.855 5.112 4.653 6.465l-.95 3.486c-.084.308.27.553.54.375l4.17-2.752c.52.05 1.05.077 1.587.077 5.523 0 10-3.463 10-7.651C22 6.463 17.523 3 12 3z",
    "#000",
  ]],
  naver: [["M16.273 12.845 7.376 0H0v24h7.726V11.156L16.624 24H24V0h-7.727v12.845Z", "#fff"]],
  github: [[
    "M12 .297c-6.63 0-12 5.373-12 12 0 5.303 3.438 9.8 8.205 11.385.6.113.82-.258.82-.577 0-.285-.01-1.04-.015-2.04-3.338.724-4.042-1.61-4.042-1.61C4.422 18.07 3.633 17.7 3.633 17.7c-1.087-.744.084-.729.084-.729 1.205.084 1.838 1.236 1.838 1.236 1.07 1.835 2.809 1.305 3.495.998.108-.776.417-1.305.76-1.605-2.665-.3-5.466-1.332-5.466-5.93 0-1.31.465-2.38 1.235-3.22-.135-.303-.54-1.523.105-3.176 0 0 1.005-.322 3.3 1.23.96-.267 1.98-.399 3-.405 1.02.006 2.04.138 3 .405 2.28-1.552 3.285-1.23 3.285-1.23.645 1.653.24 2.873.12 3.176.765.84 1.23 1.91 1.23 3.22 0 4.61-2.805 5.625-5.475 5.92.42.36.81 1.096.81 2.22 0 1.606-.015 2.896-.015 3.286 0 .315.21.69.825.57C20.565 22.092 24 17.592 24 12.297c0-6.627-5.373-12-12-12",
    "#fff",
  ]],
};

/**
 * Joining with a provider: asks for a user id, and shows the address.
 * @param email the address that the provider told us, if any
 */
export function JoinWithProviderPage({ t, provider, consents, email, refusal, once }: {
  t: Messages;
  /** What the visitor is asked to agree to. */
  consents: readonly Consent[];
  provider: ProviderButton;
  email: string | null;
  refusal?: Refusal | undefined;
  once: string;
}) {
  const label = provider.label[t.language as keyof Words];
  return (
    <EntryLayout t={t} title={t.page.join} here={`/register/with/${provider.name}`}>
      <p>{t.page.joinWithProvider(label)}</p>
      <Form t={t} action={`/register/with/${provider.name}`} refusal={refusal} once={once}>
        <Field t={t} name="user_id" hint={t.page.userIdHint} refusal={refusal} />
        <Field t={t} name="email" refusal={refusal} value={email ?? undefined} />
        <ConsentFields t={t} consents={consents} refusal={refusal} />
        <button type="submit">{t.page.join}</button>
      </Form>
      <p class="aside">
        <a href="/login">{t.page.signIn}</a>
      </p>
    </EntryLayout>
  );
}

/** A round trip to a provider that led nowhere, and the way back. */
export function ProviderProblemPage({ t, sentence, back }: {
  t: Messages;
  sentence: string;
  back: string;
}) {
  return (
    <EntryLayout t={t} title={sentence} here={back}>
      <p>{t.page.providerNothingDone}</p>
      <div class="actions">
        <a class="button" href={back}>{t.page.tryAgain}</a>
        <a class="button quiet" href="/">{t.page.home}</a>
      </div>
    </EntryLayout>
  );
}

/** An identity of the member. */
export interface IdentityLine {
  provider: ProviderButton;
  /** ms */
  linkedAt: number;
  /** Where the member ends the grant there, if that is known. */
  page: string | null;
}

/** The identities of the member, and the providers that can be linked. */
export function IdentitiesPage({ t, identities, others, notice, sentence }: {
  t: Messages;
  identities: readonly IdentityLine[];
  others: readonly ProviderButton[];
  notice: Notice | null;
  /** Why something was refused. */
  sentence?: string | undefined;
}) {
  return (
    <AccountLayout t={t} title={t.page.identities} here="/userinfo/identities" notice={notice}>
      {sentence && <p class="refusal" role="alert">{sentence}</p>}
      {identities.length === 0 && <p>{t.page.noIdentities}</p>}
      <ul class="rows">
        {identities.map(({ provider, linkedAt, page }) => (
          <li>
            <div>
              <span id={`identity-${provider.name}`}>
                {provider.label[t.language as keyof Words]}
              </span>
              <br />
              <small>
                <Timed t={t} ms={linkedAt} />
              </small>
              {page && (
                <>
                  <br />
                  <small>
                    <a href={page}>{t.page.grantPage}</a>
                  </small>
                </>
              )}
            </div>
            <form method="post" action={`/userinfo/identities/${provider.name}/remove`}>
              <button
                type="submit"
                class="quiet"
                aria-describedby={`identity-${provider.name}`}
              >
                {t.page.unlink}
              </button>
            </form>
          </li>
        ))}
      </ul>
      <ProviderButtons t={t} providers={others} use="link" />
    </AccountLayout>
  );
}
