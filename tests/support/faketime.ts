/** A wall clock that a test sets while the service runs: libfaketime, from the package `faketime`. */

/** What the loader has to load, or `null` where there is no faketime. */
function library(): string | null {
  try {
    const { stdout, success } = new Deno.Command("faketime", {
      args: ["-f", "+0", "printenv", "LD_PRELOAD"],
      stderr: "null",
    }).outputSync();
    return success ? new TextDecoder().decode(stdout).trim() : null;
  } catch {
    return null;
  }
}

const preload = library();

export const noFaketime = preload ? null : "no faketime: install the package faketime";

export interface FakeClock {
  /** For every process that shall have this clock. The monotonic clock stays as it is. */
  env: Record<string, string>;
  /** Sets the clock `offset` from the real one: "+0", "+8d", "+20h", "-1h". */
  set(offset: string): Promise<void>;
}

/** A clock that begins as the real one. */
export async function fakeClock(folder: string): Promise<FakeClock> {
  const file = `${folder}/clock`;
  const set = async (offset: string) => { // renamed, so that nobody reads half of it
    await Deno.writeTextFile(`${file}.new`, offset);
    await Deno.rename(`${file}.new`, file);
  };
  await set("+0");
  const env = {
    LD_PRELOAD: preload!,
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: "1",
    FAKETIME_DONT_FAKE_MONOTONIC: "1",
  };
  return { env, set };
}
