/** Prints each mail that the service writes into a folder, with its link: for `deno task dev` only. */

/** Watches the folder for ever. Makes it first, because a folder that is not there cannot be watched. */
export async function printNewMails(folder: string): Promise<void> {
  await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
  const printed = new Set<string>();
  for await (const { kind, paths } of Deno.watchFs(folder)) {
    if (kind === "access" || kind === "remove") continue;
    for (const path of paths.filter((path) => path.endsWith(".eml") && !printed.has(path))) {
      const mail = await Deno.readTextFile(path).catch(() => null);
      if (mail === null) continue;
      printed.add(path);
      const name = path.slice(path.lastIndexOf("/") + 1);
      console.log([`mail: ${folder}/${name}`, ...linkIn(mail)].join("\n  "));
    }
  }
}

/** The link of a mail: it stands alone in its line. */
function linkIn(mail: string): string[] {
  const text = mail.replace(/=\r?\n/g, "") // quoted-printable, RFC 2045 6.7; links are ASCII
    .replace(/=([0-9A-F]{2})/g, (_, code) => String.fromCharCode(parseInt(code, 16)));
  return /^https?:\/\/\S+$/m.exec(text.replaceAll("\r", "")) ?? [];
}
