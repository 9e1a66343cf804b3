import { createHash } from "node:crypto";
import type { Look } from "../domain/theme.ts";
import { type Changes, type Messages, withService, type Words } from "../messages/mod.ts";
import passkeys from "./passkeys.js" with { type: "text" };
import general from "./script.js" with { type: "text" };
import css from "./style.css" with { type: "text" };

/** The stylesheet. Its path changes with its content, so caches may keep it forever. */
export const stylesheet = { css, path: `/style.${hashOf(css)}.css` };

/** Each part in a block of its own, so that their names do not meet. */
const script = [general, passkeys].map((part) => `{\n${part}}\n`).join("");

/**
 * The script, with a path like the stylesheet's. It shows times in the reader's time zone, with the server's
 * text as tooltip, adds a button that shows a password, and asks the browser for passkeys.
 */
export const enhancements = { script, path: `/script.${hashOf(script)}.js` };

const svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">' +
  '<rect width="32" height="32" rx="7" fill="#1c5d4c"/>' +
  '<text x="16" y="23" font-size="19" text-anchor="middle" fill="#fff">안</text></svg>';

/** The icon in the browser's tab, with a path like the stylesheet's. */
export const icon = { svg, path: `/icon.${hashOf(svg)}.svg` };

/** Returns the messages of a service with a theme. `style` is CSS after that of the theme. */
export function withTheme(words: Words, look: Look | null, style = ""): Words {
  const { ko, en } = words;
  return withService(words, {
    ko: changesOf(ko.service, look, look?.name?.ko, style),
    en: changesOf(en.service, look, look?.name?.en, style),
  });
}

function changesOf(
  { stylesheet }: Messages["service"],
  look: Look | null,
  name: string | undefined,
  style: string,
): Changes<Messages["service"]> {
  const css = stylesheet.css + (look?.css ?? "") + style;
  const { logo, logoDark, favicon, links, sources } = look ?? {} as Partial<Look>;
  return {
    stylesheet: { css, path: css && `/theme.${hashOf(css)}.css` },
    ...(look && { logo, logoDark, favicon, links, sources } as Changes<Messages["service"]>),
    ...(name !== undefined && { name, brand: name }),
  };
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}
