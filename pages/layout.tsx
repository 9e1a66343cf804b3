import { raw } from "hono/html";
import type { Child } from "hono/jsx";
import { type Messages, ownWords } from "../messages/mod.ts";
import { Wordmark } from "./mark.tsx";
import { enhancements, icon, stylesheet } from "./stylesheet.ts";

/** The name of a message about what was just done, which the page after a redirect shows. */
export type Notice = Exclude<keyof Messages["done"], "scheduled">;

interface Props {
  t: Messages;
  title: string;
  /** The address for the language links, if it is not that of the request. */
  here?: string;
  notice?: Notice | null | undefined;
  children?: Child;
}

/**
 * A page to read: the policy, a receipt, an error.
 * @param hidden the page has a heading of its own
 */
export function Layout(props: Props & { hidden?: boolean }) {
  return (
    <Frame {...props} kind="reading">
      {!props.hidden && <h1>{props.title}</h1>}
      <NoticeLine {...props} />
      {props.children}
    </Frame>
  );
}

/**
 * A page with one form, in a narrow card: joining, signing in, confirming, recovering.
 * @param drawing stands above the heading
 * @param after what follows the card
 */
export function EntryLayout(props: Props & { drawing?: Child; after?: Child }) {
  return (
    <Frame {...props} kind="entry">
      <div class={props.drawing ? "card welcome" : "card"}>
        {props.drawing}
        <h1>{props.title}</h1>
        <NoticeLine {...props} />
        {props.children}
      </div>
      {props.after}
    </Frame>
  );
}

/**
 * A page of a member. Its header has the sign-out button.
 * @param isHome the page is the overview itself, and needs no way back to it
 */
export function AccountLayout(props: Props & { isHome?: boolean }) {
  const { t, title, isHome = false } = props;
  return (
    <Frame {...props} kind="account">
      {!isHome && <a class="back" href={t.service.paths.account}>{t.page.myPage}</a>}
      <h1>{title}</h1>
      <NoticeLine {...props} />
      {props.children}
    </Frame>
  );
}

function NoticeLine({ t, notice }: Props) {
  if (!notice) return null;
  const text = notice in t.shown ? t.shown[notice as keyof typeof t.shown] : t.done[notice];
  return <p class="notice" role="status">{text}</p>;
}

function Frame({ t, title, here = "", kind, children }: Props & {
  kind: "reading" | "entry" | "account";
}) {
  const { name, stylesheet: theme, favicon, navigation } = t.service;
  return (
    <>
      {raw("<!DOCTYPE html>")}
      <html lang={t.language}>
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <meta name="color-scheme" content="light dark" />
          <meta name="description" content={`${name}: ${title}. ${t.page.tagline}`} />
          <title>{title} · {name}</title>
          <link
            rel="icon"
            href={favicon || icon.path}
            type={favicon ? undefined : "image/svg+xml"}
          />
          <link rel="stylesheet" href={stylesheet.path} />
          {theme.path && <link rel="stylesheet" href={theme.path} />}
          <script src={enhancements.path} defer blocking="render" />
        </head>
        <body class={kind}>
          <header>
            <Brand t={t} />
            {((kind === "account" && t.service.paths.signOut) || navigation.length > 0) && (
              <nav>
                {navigation.map(({ href, text }) => <a href={href}>{text}</a>)}
                {kind === "account" && t.service.paths.signOut && <SignOut t={t} />}
              </nav>
            )}
          </header>
          <main>{children}</main>
          <footer>
            <Links t={t} />
            <p class="languages">
              <LanguageLink t={t} here={here} language="ko" name="한국어" />
              <LanguageLink t={t} here={here} language="en" name="English" />
            </p>
          </footer>
        </body>
      </html>
    </>
  );
}

/**
 * The sign-out button. Every page of a member has it (OWASP ASVS 7.4.4). Another system's sign-out has a page
 * of its own, to which a link leads.
 */
export function SignOut({ t }: { t: Messages }) {
  const { signOut } = t.service.paths;
  if (signOut !== ownWords.ko.service.paths.signOut) return <a href={signOut}>{t.page.signOut}</a>;
  return (
    <form method="post" action={signOut}>
      <button type="submit" class="quiet">{t.page.signOut}</button>
    </form>
  );
}

/** The logo, the wordmark or the name of the service. It leads home. */
function Brand({ t }: { t: Messages }) {
  const { brand, logo, logoDark } = t.service;
  const isOwn = brand === ownWords.ko.service.brand;
  return (
    <a href="/" class="brand" lang={/\p{sc=Hangul}/u.test(brand) ? "ko" : undefined}>
      {logo
        ? (
          <picture>
            {logoDark && <source srcset={logoDark} media="(prefers-color-scheme: dark)" />}
            <img src={logo} alt={brand} />
          </picture>
        )
        : isOwn
        ? <Wordmark />
        : brand}
    </a>
  );
}

/** The data map as a page, and the operator's own pages. */
function Links({ t }: { t: Messages }) {
  const { terms, privacy, support } = t.service.links;
  return (
    <p>
      <a href="/policy">{t.page.policy}</a>
      {terms && <a href={terms}>{t.page.terms}</a>}
      {privacy && <a href={privacy}>{t.page.privacyPolicy}</a>}
      {support && <a href={support}>{t.page.support}</a>}
    </p>
  );
}

function LanguageLink(props: { t: Messages; here: string; language: string; name: string }) {
  const { t, here, language, name } = props;
  const href = `${here}${here.includes("?") ? "&" : "?"}lang=${language}`;
  const current = t.language === language ? "true" : undefined;
  return <a href={href} lang={language} hreflang={language} aria-current={current}>{name}</a>;
}

/**
 * A text with a `<time>` element. The script shows an instant, but not a day, in the reader's time zone.
 * @param text contains the time as `t.instant` or `t.day` formats it; default: only the time
 * @param ms since the epoch
 * @param day shows the day only
 */
export function Timed(props: { t: Messages; text?: string; ms: number; day?: boolean }) {
  const { t, ms, day } = props;
  const words = day ? t.day(ms) : t.instant(ms);
  const [before, after] = (props.text ?? words).split(words);
  return (
    <>
      {before}
      <time class={day ? undefined : "instant"} datetime={new Date(ms).toISOString()}>{words}</time>
      {after}
    </>
  );
}
