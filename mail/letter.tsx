/** The HTML part of a mail: no picture but the app's own logo, no script, no address but the one link. */
import type { Letter } from "../messages/mod.ts";

const font = "font-family: system-ui, sans-serif; font-size: 16px; line-height: 1.6;";

// For mail programs that know it; the others show the inline styles. It needs no escaping.
const dark = `
  @media (prefers-color-scheme: dark) {
    .paper { background: #1c1c1e !important; color: #f2f2f2 !important; }
    .quiet { color: #b4b4b4 !important; }
    .link { color: #9ecbff !important; }
    .button { background: #f2f2f2 !important; color: #1c1c1e !important; }
  }
`;

export function LetterPage(props: {
  language: string;
  service: string;
  /** URL of the logo, or nothing. */
  logo: string;
  greeting: string;
  letter: Letter;
  link: string | null;
  copyLink: string;
  closing: string;
  footer: string;
}) {
  const { language, service, logo, greeting, letter, link, copyLink, closing, footer } = props;
  return (
    <html lang={language}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="supported-color-schemes" content="light dark" />
        <title>{letter.subject}</title>
        <style>{dark}</style>
      </head>
      <body class="paper" style={`margin: 0; background: #ffffff; color: #1c1c1e; ${font}`}>
        <div style="max-width: 560px; margin: 0 auto; padding: 24px;">
          {logo
            ? <img src={logo} alt={service} height="32" style="height: 32px; border: 0;" />
            : <p style="font-weight: bold;">{service}</p>}
          <p>{greeting}</p>
          {letter.lines.map((line) => <p>{line}</p>)}
          {link && letter.button && (
            <>
              <p style="margin: 24px 0;">
                <a
                  class="button"
                  href={link}
                  style="display: inline-block; padding: 12px 20px; border-radius: 8px; background: #1c1c1e; color: #ffffff; text-decoration: none;"
                >
                  {letter.button}
                </a>
              </p>
              <p class="quiet" style="color: #5c5c60; font-size: 14px;">
                {copyLink}
                <br />
                <a class="link" href={link} style="color: #0b57a4; word-break: break-all;">
                  {link}
                </a>
              </p>
            </>
          )}
          {letter.aside && <p>{letter.aside}</p>}
          <p>{closing}</p>
          <p class="quiet" style="color: #5c5c60; font-size: 14px;">{footer}</p>
        </div>
      </body>
    </html>
  );
}
