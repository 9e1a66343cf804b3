import { createHash } from "node:crypto";
import css from "./style.css" with { type: "text" };

/** The one stylesheet, under a path that changes with its content, so that it may be kept for ever. */
export const stylesheet = {
  css,
  path: `/style.${createHash("sha256").update(css).digest("hex").slice(0, 12)}.css`,
};
