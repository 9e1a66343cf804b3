import { createHash } from "node:crypto";
import icon from "./icon.svg" with { type: "text" };
import script from "./script.js" with { type: "text" };
import css from "./style.css" with { type: "text" };

/** A file under a path that changes with its content, so that it may be kept for ever. */
export interface Asset {
  path: string;
  type: string;
  text: string;
}

/** The one stylesheet. */
export const stylesheet = asset("style", "css", "text/css; charset=utf-8", css);
/** What is nicer with JavaScript. */
export const enhancements = asset("script", "js", "text/javascript; charset=utf-8", script);
export const favicon = asset("icon", "svg", "image/svg+xml", icon);

function asset(name: string, extension: string, type: string, text: string): Asset {
  const hash = createHash("sha256").update(text).digest("hex").slice(0, 12);
  return { path: `/${name}.${hash}.${extension}`, type, text };
}
