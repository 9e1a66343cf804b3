/** The theme of a service: its name, logo, colours, font and links. Colours are `#rgb` or `#rrggbb`. */
import * as z from "zod/mini";
import type { Words } from "./data_map.ts";

/** WCAG 2.2, 1.4.3: the least contrast of text. */
const textContrast = 4.5;

/** The backgrounds of `pages/style.css` on which text of the accent's colour is hardest to read. */
const papers = { light: "#f6f5f1", dark: "#1c201e" };
/** The colours of text there. */
const inks = { light: "#1a201d", dark: "#eceeec" };

function text(test: (text: string) => boolean, error: string) {
  return z.string({ error }).check(z.refine(test, { error }));
}

const colour = text(
  (text) => /^#([0-9a-f]{3}){1,2}$/i.test(text),
  "must be a colour such as #1c5d4c",
);
const isPath = (text: string) => /^\/(?![/\\])[^\s"'<>\\]*$/.test(text);
const isHttps = (text: string) => URL.canParse(text) && /^https:\/\/[^\s"'<>\\]+$/.test(text);
const image = text(
  (text) => isPath(text) || isHttps(text) || /^data:image\/[a-z+]+[;,][\w.,;:%+/=-]+$/i.test(text),
  "must be a path such as /logo.svg, an https:// address or data:image/…",
);
const link = text(
  (text) => isPath(text) || isHttps(text) || /^mailto:[^\s"'<>\\]+$/.test(text),
  "must be a path such as /terms, an https:// address or mailto:",
);
const family = text(
  (text) => text !== "" && /^[\p{L}\p{N} ,"'-]+$/u.test(text),
  'must name font families, such as "Pretendard", sans-serif',
);
const named = { error: "must be a name of 1 to 40 characters, or {ko, en}" };
const name = text((text) => text.trim() !== "" && text.length <= 40, named.error);

/** Checks a theme. Each error says what the field must be. */
export const themeSchema = z.strictObject({
  name: z.optional(z.union([name, z.strictObject({ ko: name, en: name })], named)),
  logo: z.optional(image),
  logoDark: z.optional(image),
  favicon: z.optional(image),
  accent: z.optional(colour),
  onAccent: z.optional(colour),
  radius: z.optional(
    z.union([z.number(), z.string()]).check(
      z.refine((radius) => /^\d{1,2}(\.\d+)?(px)?$/.test(String(radius)), {
        error: "must be a number of pixels from 0 to 99",
      }),
    ),
  ),
  font: z.optional(z.union([
    family,
    z.strictObject({
      family,
      url: text((text) => isPath(text) || isHttps(text), "must be a path or an https:// address"),
    }),
  ], { error: "must be a list of font families, or {family, url}" })),
  links: z.optional(z.strictObject({
    terms: z.optional(link),
    privacy: z.optional(link),
    support: z.optional(link),
  })),
});

/**
 * The theme of a service. All fields are optional.
 *
 * - `name`: one name, or one for each language.
 * - `logo`, `logoDark`, `favicon`: a path, an `https://` address or a `data:image/` address.
 * - `accent`: the colour of buttons and links. `onAccent`: the text on it; default: white or near black.
 * - `radius`: of corners, px. `font`: font families, or a family and the address of its file.
 * - `links`: to the operator's terms, privacy policy and support; paths or addresses.
 */
export type Theme = z.input<typeof themeSchema>;

/** A theme as the pages use it. An empty string means: not set. */
export interface Look {
  name: Words | null;
  logo: string;
  logoDark: string;
  favicon: string;
  links: { terms: string; privacy: string; support: string };
  /** CSS that sets the variables of `pages/style.css`. */
  css: string;
  /** The origins of its files, for the Content-Security-Policy. */
  sources: { images: readonly string[]; fonts: readonly string[] };
}

/**
 * Makes a `Look` of a theme.
 * @throws `Error` that names the field, if a field is wrong or the text on the accent is hard to read
 */
export function lookOf(given: Theme): Look {
  const parsed = themeSchema.safeParse(given);
  if (!parsed.success) {
    const [{ path, message, code, ...issue }] = parsed.error.issues as [
      z.core.$ZodIssue & { keys?: string[] },
    ];
    if (code !== "unrecognized_keys") throw new Error(`theme.${path.join(".")} ${message}`);
    throw new Error(`theme.${[...path, issue.keys?.[0]].join(".")} is not a field of a theme`);
  }
  const { name, logo = "", logoDark = "", favicon = "", font, links } = parsed.data;
  const file = typeof font === "object" ? font.url : "";
  return {
    name: typeof name === "string" ? { ko: name, en: name } : name ?? null,
    logo,
    logoDark,
    favicon,
    links: {
      terms: links?.terms ?? "",
      privacy: links?.privacy ?? "",
      support: links?.support ?? "",
    },
    css: cssOf(parsed.data),
    sources: {
      images: [...new Set([logo, logoDark, favicon].flatMap(sourceOf))],
      fonts: file.startsWith("/") ? ["'self'"] : sourceOf(file),
    },
  };
}

function sourceOf(address: string): string[] {
  if (address.startsWith("data:")) return ["data:"];
  return address.startsWith("https:") ? [new URL(address).origin] : [];
}

function cssOf({ accent, onAccent, radius, font }: Theme): string {
  const light: string[] = [];
  const dark: string[] = [];
  if (accent !== undefined) {
    const readable = onAccent ?? textOn(accent);
    const found = contrast(accent, readable);
    if (found < textContrast) {
      throw new Error(
        `theme.onAccent ${readable} on theme.accent ${accent} has a contrast of ${
          found.toFixed(2)
        }:1. ` +
          `WCAG asks for ${textContrast}:1: choose a darker or lighter colour`,
      );
    }
    const lifted = visibleOn("dark", accent);
    const own = lifted === accent ? readable : textOn(lifted);
    light.push(
      `--accent:${accent}`,
      `--on-accent:${readable}`,
      `--link:${linkOn("light", accent)}`,
    );
    dark.push(`--accent:${lifted}`, `--on-accent:${own}`, `--link:${linkOn("dark", accent)}`);
  } else if (onAccent !== undefined) {
    throw new Error("theme.onAccent needs theme.accent");
  }
  if (radius !== undefined) light.push(`--radius:${parseFloat(String(radius))}px`);
  const families = typeof font === "object" ? font.family : font;
  if (families !== undefined) light.push(`--font:${families},var(--fonts)`);
  const face = typeof font === "object"
    ? `@font-face{font-family:${firstOf(font.family)};src:url("${font.url}");font-display:optional}`
    : "";
  const scheme = dark.length > 0
    ? `@media(prefers-color-scheme:dark){:root{${dark.join(";")}}}`
    : "";
  return face + (light.length > 0 ? `:root{${light.join(";")}}` : "") + scheme;
}

function firstOf(families: string): string {
  return families.split(",")[0]!.trim();
}

/** White, near black or black: the first that can be read on a colour. One of them always can. */
export function textOn(colour: string): string {
  const readable = (text: string) => contrast(colour, text) >= textContrast;
  return ["#ffffff", inks.light].find(readable) ?? "#000000";
}

/** A link has the colour of the accent, darker if need be; text's own colour if the accent is very bright. */
function linkOn(scheme: "light" | "dark", accent: string): string {
  const found = contrast(accent, papers[scheme]);
  if (found >= textContrast) return accent;
  if (scheme === "light" && found < 2.5) return inks.light;
  return shifted(scheme, accent);
}

/** The accent, or a colour of its hue that is visible on the paper. A grey becomes the colour of text. */
function visibleOn(scheme: "light" | "dark", accent: string): string {
  return contrast(accent, papers[scheme]) >= 3 ? accent : shifted(scheme, accent);
}

/** Shifts the lightness of a colour until text of it can be read well on the paper. */
function shifted(scheme: "light" | "dark", accent: string): string {
  const { hue, saturation, lightness } = hslOf(accent);
  if (saturation < 0.1) return inks[scheme];
  const step = scheme === "dark" ? 0.01 : -0.01;
  const enough = scheme === "dark" ? 8 : textContrast;
  for (let light = lightness; light >= 0 && light <= 1; light += step) {
    const candidate = hexOf(hue, saturation, light);
    if (contrast(candidate, papers[scheme]) >= enough) return candidate;
  }
  return inks[scheme];
}

/** Returns the contrast of two colours, 1 to 21 (WCAG 2.2, "contrast ratio"). */
export function contrast(one: string, other: string): number {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [
    number,
    number,
  ];
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour: string): number {
  const [red, green, blue] = channels(colour).map((c) =>
    c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4
  ) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** Red, green and blue, 0 to 1. */
function channels(colour: string): [number, number, number] {
  const digits = colour.length === 4
    ? [...colour.slice(1)].map((digit) => digit + digit).join("")
    : colour.slice(1);
  return [0, 2, 4].map((at) => parseInt(digits.slice(at, at + 2), 16) / 255) as [
    number,
    number,
    number,
  ];
}

function hslOf(colour: string) {
  const [red, green, blue] = channels(colour);
  const most = Math.max(red, green, blue);
  const least = Math.min(red, green, blue);
  const range = most - least;
  const lightness = (most + least) / 2;
  if (range === 0) return { hue: 0, saturation: 0, lightness };
  const saturation = range / (1 - Math.abs(2 * lightness - 1));
  const sector = most === red
    ? ((green - blue) / range + 6) % 6
    : most === green
    ? (blue - red) / range + 2
    : (red - green) / range + 4;
  return { hue: sector * 60, saturation, lightness };
}

function hexOf(hue: number, saturation: number, lightness: number): string {
  const reach = saturation * Math.min(lightness, 1 - lightness);
  const channel = (n: number) => {
    const k = (n + hue / 30) % 12;
    const value = lightness - reach * Math.max(-1, Math.min(k - 3, 9 - k, 1));
    return Math.round(value * 255).toString(16).padStart(2, "0");
  };
  return `#${channel(0)}${channel(8)}${channel(4)}`;
}
