/** The units of `examples/deploy`: what they start, with places of a test in place of theirs. */

/** The command line of a unit. `places` replaces what the sample says: `{ "/etc/sqld": folder }`. */
export async function commandOf(
  unit: string,
  places: Record<string, string> = {},
): Promise<string[]> {
  const text = await Deno.readTextFile(`examples/deploy/${unit}`);
  const [, line = ""] = /^ExecStart=((?:.*\\\n)*.*)$/m.exec(text) ?? [];
  return line.split(/[\s\\]+/).filter(Boolean).map((word) =>
    Object.entries(places).reduce((text, [from, to]) => text.replaceAll(from, to), word)
  );
}
