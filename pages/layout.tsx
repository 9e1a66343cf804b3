import { html } from "hono/html";
import type { Child } from "hono/jsx";
import type { Messages } from "../messages/mod.ts";
import { stylesheet } from "./stylesheet.ts";

/** The frame of every page. */
export function Layout(props: { t: Messages; title: string; children?: Child }) {
  const { t, title, children } = props;
  return html`<!DOCTYPE html>${(
    <html lang={t.language}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>{title} · Annyeong</title>
        <link rel="stylesheet" href={stylesheet.path} />
      </head>
      <body>
        <header>
          <a href="/" class="brand">안녕</a>
          <nav>
            <a href="?lang=ko" lang="ko" hreflang="ko">한국어</a>
            <a href="?lang=en" lang="en" hreflang="en">English</a>
          </nav>
        </header>
        <main>
          <h1>{title}</h1>
          {children}
        </main>
        <footer>
          <a href="/policy">{t.page.policy}</a>
        </footer>
      </body>
    </html>
  )}`;
}

/** One labelled field of a form. */
export function Field(props: {
  label: string;
  name: string;
  type?: "text" | "email" | "password";
  autocomplete: string;
  hint?: string;
  required?: boolean;
}) {
  const { label, name, type = "text", autocomplete, hint, required = true } = props;
  const hintId = hint ? `${name}-hint` : undefined;
  return (
    <p class="field">
      <label for={name}>{label}</label>
      <input
        id={name}
        name={name}
        type={type}
        autocomplete={autocomplete}
        aria-describedby={hintId}
        required={required}
      />
      {hint && <small id={hintId}>{hint}</small>}
    </p>
  );
}
