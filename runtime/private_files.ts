import { getLogger } from "@logtape/logtape";

const log = getLogger(["annyeong"]);

/**
 * Runs `work` under the umask 077, so that only this user can read the files that it creates. SQLite
 * creates its log with the mode of the database, also when it does so later.
 */
export async function withPrivateFiles<T>(work: () => Promise<T>): Promise<T> {
  const before = setUmask(0o077);
  try {
    return await work();
  } finally {
    if (before !== null) setUmask(before);
  }
}

/** Returns the umask before, or `null` where it cannot be set: an app without `--allow-sys`, Windows. */
function setUmask(mask: number): number | null {
  try {
    return Deno.umask(mask);
  } catch {
    log.warn("the umask cannot be set: give --allow-sys, or start under umask 077");
    return null;
  }
}
