/** Searches bytes for many texts at once: what a restore drill looks for in a database and its file. */

const keyBytes = 4;

/** Where a text was found, in bytes. */
export interface Hit {
  needle: string;
  at: number;
  end: number;
}

/** A function that finds every occurrence. Texts of less than four bytes in UTF-8 are not looked for. */
export function createSearch(needles: Iterable<string>): (bytes: Uint8Array) => Generator<Hit> {
  const encoder = new TextEncoder();
  const begins = new Uint8Array(1 << 16); // by two bytes: most positions are dismissed by it
  const byKey = new Map<number, { needle: string; bytes: Uint8Array }[]>();
  for (const needle of new Set(needles)) {
    const bytes = encoder.encode(needle);
    if (bytes.length < keyBytes) continue;
    const key = bytes.subarray(0, keyBytes).reduce(shift, 0);
    begins[key >>> 16] = 1;
    const same = byKey.get(key);
    if (same) same.push({ needle, bytes });
    else byKey.set(key, [{ needle, bytes }]);
  }
  return function* (haystack) {
    let key = 0;
    for (let index = 0; index < haystack.length; index++) {
      key = shift(key, haystack[index]!);
      const at = index - keyBytes + 1;
      if (at < 0 || begins[key >>> 16] === 0) continue;
      for (const { needle, bytes } of byKey.get(key) ?? []) {
        const end = at + bytes.length;
        if (end > haystack.length) continue;
        if (bytes.every((byte, offset) => haystack[at + offset] === byte)) {
          yield { needle, at, end };
        }
      }
    }
  };
}

function shift(key: number, byte: number): number {
  return ((key << 8) | byte) >>> 0;
}
