import { promises as files } from "node:fs";

/**
 * Bytes in the write-ahead log of an embedded file: deleted rows live on in them until it is emptied.
 * `null` in front of a server, and where this process may not look.
 */
export async function logBytes(databaseUrl: string): Promise<number | null> {
  if (!databaseUrl.startsWith("file:")) return null;
  try {
    return (await files.stat(`${pathOf(databaseUrl)}-wal`)).size;
  } catch (error) {
    return (error as { code?: string }).code === "ENOENT" ? 0 : null;
  }
}

/** `file:data/x.db`, `file:/var/x.db` and `file:///var/x.db` alike. */
function pathOf(url: string): string {
  return decodeURIComponent(url.slice("file:".length).replace(/^\/\/(?=\/)/, ""));
}
