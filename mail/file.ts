import { mkdir, rename, writeFile } from "node:fs/promises";
import { loadNodemailer, messageOf } from "./nodemailer.ts";
import type { Mail, Transport } from "./transport.ts";

/** Writes each mail as one file that only its owner can read. A second try replaces the file. */
export function intoFolder(folder: string): Transport {
  return async (mail) => {
    const { createTransport } = await loadNodemailer();
    const composer = createTransport({ streamTransport: true, buffer: true, newline: "windows" });
    const { message } = await composer.sendMail(messageOf(mail));
    const path = `${folder}/${fileOf(mail)}`;
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await writeFile(`${path}.part`, message as Uint8Array, { mode: 0o600 });
      await rename(`${path}.part`, path); // readers of the folder see only whole mails
    } catch {
      return { verdict: "failed", cause: "file not written" };
    }
    return { verdict: "accepted" };
  };
}

/** Sorts by time, and holds nothing of the member. */
function fileOf({ id, at }: Mail): string {
  return `${new Date(at).toISOString().replaceAll(":", "-")}-${id}.eml`;
}
