/** Waits for `work` at most `ms`, then throws an `Error` that says so. The work itself is not ended. */
export async function within<T>(
  work: Promise<T>,
  ms: number,
  problem = "the database did not answer in time",
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(problem)), ms);
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
