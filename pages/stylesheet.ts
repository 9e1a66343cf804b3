import { createHash } from "node:crypto";
import script from "./script.js" with { type: "text" };
import css from "./style.css" with { type: "text" };

/** The one stylesheet, under a path that changes with its content, so that it may be kept for ever. */
export const stylesheet = { css, path: `/style.${hashOf(css)}.css` };

/**
 * What is nicer with JavaScript, likewise: an instant in the reader's own time, where that differs (the
 * server's wording stays as the tooltip), and a look at the password that is being typed.
 */
export const enhancements = { script, path: `/script.${hashOf(script)}.js` };

const svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">' +
  '<rect width="32" height="32" rx="7" fill="#1c5d4c"/>' +
  '<text x="16" y="23" font-size="19" text-anchor="middle" fill="#fff">안</text></svg>';

/** The mark in a browser's tab, likewise. */
export const icon = { svg, path: `/icon.${hashOf(svg)}.svg` };

/** An app's own stylesheet after ours, likewise; no path where there is none. */
export function themeOf(css: string) {
  return { css, path: css && `/theme.${hashOf(css)}.css` };
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}
