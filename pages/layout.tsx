import { raw } from "hono/html";
import type { Child } from "hono/jsx";
import type { Messages } from "../messages/mod.ts";
import { enhancements, icon, stylesheet } from "./stylesheet.ts";

/** The name of a message about what was just done, which the page after a redirect shows. */
export type Notice = Exclude<keyof Messages["done"], "scheduled">;

/**
 * The frame of every page.
 * @param here the address for the language links, if it is not that of the request
 */
export function Layout(props: {
  t: Messages;
  title: string;
  here?: string;
  notice?: Notice | null | undefined;
  children?: Child;
}) {
  const { t, title, here = "", notice, children } = props;
  const { name, brand, stylesheet: theme } = t.service;
  return (
    <>
      {raw("<!DOCTYPE html>")}
      <html lang={t.language}>
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <meta name="color-scheme" content="light dark" />
          <title>{title} · {name}</title>
          <link rel="icon" href={icon.path} type="image/svg+xml" />
          <link rel="stylesheet" href={stylesheet.path} />
          {theme && <link rel="stylesheet" href={theme} />}
          <script src={enhancements.path} defer blocking="render" />
        </head>
        <body>
          <header>
            <a href="/" class="brand" lang={/\p{sc=Hangul}/u.test(brand) ? "ko" : undefined}>
              {brand}
            </a>
            <nav>
              <LanguageLink t={t} here={here} language="ko" name="한국어" />
              <LanguageLink t={t} here={here} language="en" name="English" />
            </nav>
          </header>
          <main>
            <h1>{title}</h1>
            {notice && <p class="notice" role="status">{t.done[notice]}</p>}
            {children}
          </main>
          <footer>
            <a href="/policy">{t.page.policy}</a>
          </footer>
        </body>
      </html>
    </>
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
