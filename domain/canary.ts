/** Finds a value of a member in bytes, in the forms in which software writes values down. */
import { createSearch } from "./search.ts";

/** How a value was written. */
export type Form =
  | "plain"
  | "url"
  | "json"
  | "quoted-printable"
  | "base64"
  | "hex"
  | "utf-16";

/** A value, and the random part of it that nothing else contains: lower-case letters and digits. */
export interface Marker {
  /** What the value is: `email`, or what a journey called it. */
  name: string;
  value: string;
  core: string;
}

/** A place in bytes. */
export interface Sighting {
  marker: string;
  form: Form;
  /** In bytes. */
  at: number;
}

/** How many bytes a form of a value can be long: pages of a file overlap by so many. */
export const longestForm = 16 * 1024;

const encoder = new TextEncoder();

/**
 * Makes a function that finds every marker in bytes, each at most once at a place. It looks at the bytes as
 * they are, and again without line breaks, because mails wrap base64 and quoted-printable lines.
 */
export function createCanarySearch(markers: readonly Marker[]): (bytes: Uint8Array) => Sighting[] {
  const needles = new Map<string, { marker: string; form: Form }>();
  for (const { name, value, core } of markers) {
    for (const [form, texts] of Object.entries(formsOf(value, core))) {
      for (const text of texts) {
        if (!needles.has(text)) needles.set(text, { marker: name, form: form as Form });
      }
    }
  }
  const search = createSearch(needles.keys());
  const inside = (bytes: Uint8Array): Sighting[] =>
    Array.from(search(bytes), ({ needle, at }) => ({ ...needles.get(needle)!, at }));
  return (bytes) => {
    const found = inside(bytes);
    const { joined, positions } = withoutBreaks(bytes);
    if (joined) {
      found.push(
        ...inside(joined).map((sighting) => ({ ...sighting, at: positions(sighting.at) })),
      );
    }
    return distinct(found);
  };
}

/** The texts of a value in each form. The core stands for the value where only a part of it is written. */
function formsOf(value: string, core: string): Record<Form, string[]> {
  const bytes = encoder.encode(core);
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0"));
  const escaped = (prefix: string) => hex.map((digits) => prefix + digits).join("");
  const others = (...texts: string[]) => texts.filter((text) => text !== value);
  return {
    "utf-16": [[...core].join("\0")],
    base64: base64Of(bytes),
    hex: [hex.join(""), hex.join("").toUpperCase(), hex.join(" "), hex.join(":")],
    url: others(
      encodeURIComponent(value),
      encodeURIComponent(value).replaceAll("%20", "+"),
      escaped("%"),
      escaped("%").toUpperCase(),
    ),
    json: others(jsonOf(value), escaped("\\u00")),
    "quoted-printable": others(
      quotedPrintable(value),
      quotedPrintable(value).replaceAll(" ", "=20"),
      escaped("=").toUpperCase(),
    ),
    plain: [core, core.toUpperCase(), core[0]!.toUpperCase() + core.slice(1)],
  };
}

/** Base64 of the bytes at each of the three positions in a group, without the ends, which neighbours change. */
function base64Of(bytes: Uint8Array): string[] {
  return [0, 1, 2].flatMap((offset) => {
    const shifted = new Uint8Array(offset + bytes.length);
    shifted.set(bytes, offset);
    const text = shifted.toBase64({ omitPadding: true });
    const whole = text.slice(offset === 0 ? 0 : offset + 1, Math.floor(shifted.length / 3) * 4);
    return [whole, whole.replaceAll("+", "-").replaceAll("/", "_")];
  });
}

/** With every character beyond ASCII escaped, as many serializers write it. */
function jsonOf(value: string): string {
  return JSON.stringify(value).slice(1, -1).replaceAll(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** RFC 2045 6.7, without the line breaks. */
function quotedPrintable(value: string): string {
  return Array.from(
    encoder.encode(value),
    (byte) =>
      byte >= 0x20 && byte < 0x7f && byte !== 0x3d
        ? String.fromCharCode(byte)
        : `=${byte.toString(16).toUpperCase().padStart(2, "0")}`,
  ).join("");
}

/** The bytes without line breaks, and without the `=` of a soft one (RFC 2045 6.7). */
function withoutBreaks(bytes: Uint8Array) {
  const breaks: number[] = [];
  const joined = new Uint8Array(bytes.length);
  let length = 0;
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index]!;
    const next = bytes[index + 1];
    const isSoft = byte === 0x3d &&
      (next === 0x0a || (next === 0x0d && bytes[index + 2] === 0x0a));
    if (byte === 0x0a || byte === 0x0d || isSoft) breaks.push(length);
    else joined[length++] = byte;
  }
  if (breaks.length === 0) return { joined: null, positions: (at: number) => at };
  const positions = (at: number) => at + breaks.filter((before) => before <= at).length;
  return { joined: joined.subarray(0, length), positions };
}

/** One sighting for each place: a more exact form hides the plain one that it contains. */
function distinct(found: readonly Sighting[]): Sighting[] {
  const near = 512;
  const exact = found.filter(({ form }) => form !== "plain");
  const all = [
    ...exact,
    ...found.filter((plain) =>
      plain.form === "plain" &&
      !exact.some((other) =>
        other.marker === plain.marker && other.at <= plain.at && plain.at - other.at < near
      )
    ),
  ];
  const seen = new Set<string>();
  return all.filter(({ marker, form, at }) => {
    const key = `${marker} ${form} ${at}`;
    return !seen.has(key) && seen.add(key);
  }).sort((a, b) => a.at - b.at);
}
