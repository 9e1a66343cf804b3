/** Disks that go wrong, for real, and as far as this machine permits it. */

/** What the kernel does to one process, until it is told to stop. */
export interface DiskFault {
  name: string;
  /** Why it cannot be had here. */
  skip: string | null;
  /** The command that the process has to be run by. */
  within(folder: string): string[];
  /** Spoils the disk; what it returns makes it good again. */
  begin(pid: number, folder: string): () => Promise<void>;
}

const root = Deno.build.os !== "windows" && Deno.uid() === 0;

/** Mounts in a namespace of the process's own, so that they go with it; a shell mounts on `$0`. */
function mounted(folder: string, mounts: string): string[] {
  const user = root ? [] : ["--map-root-user"];
  const shell = ["sh", "-ec", `${mounts}; exec "$@"`, folder];
  return ["unshare", "--mount", "--propagation", "private", ...user, ...shell];
}

const tmpfs = (folder: string) => mounted(folder, `mount -t tmpfs -o size=32m tmpfs "$0"`);

/** The same folder, as a disk that is mounted read-only shows it. */
export const readOnly = (folder: string) =>
  mounted(folder, `mount --bind "$0" "$0"; mount -o remount,ro,bind "$0"`);

/** A process that may be refused to write, and is told so instead of being ended by a signal. */
const limitable = () => ["sh", "-c", `trap "" XFSZ; exec "$@"`, "sh"];

function skipUnless(command: string[], what: string): string | null {
  const [path, ...args] = command;
  try {
    const { success } = new Deno.Command(path!, { args, stdout: "null", stderr: "null" })
      .outputSync();
    return success ? null : `${what} is not permitted here`;
  } catch {
    return `${what} cannot be had here`;
  }
}

export const noMount = skipUnless([...tmpfs("/tmp"), "true"], "mounting in a namespace");

/** A disk of 32 MB that another program fills to the last page, again and again. */
export const fullDisk: DiskFault = {
  name: "full",
  skip: noMount,
  within: tmpfs,
  begin(pid, folder) {
    const ballast = `/proc/${pid}/root${folder}/ballast`;
    const file = Deno.openSync(ballast, { create: true, append: true });
    const page = new Uint8Array(4096);
    const fill = () => {
      try {
        for (;;) file.writeSync(page);
      } catch {
        // no space left on device
      }
    };
    fill();
    const timer = setInterval(fill, 1);
    return async () => {
      clearInterval(timer);
      file.close();
      await Deno.remove(ballast);
    };
  },
};

/** The kernel refuses every write to a file (a limit of size 0), as it does on a disk with errors. */
export const refusedWrites: DiskFault = {
  name: "that takes no writes",
  skip: skipUnless(["prlimit", "--version"], "prlimit"),
  within: limitable,
  begin(pid) {
    const limit = (size: string) => {
      const args = ["--pid", `${pid}`, `--fsize=${size}:`]; // the soft one, which can be raised again
      const { success } = new Deno.Command("prlimit", { args }).outputSync();
      if (!success) throw new Error(`prlimit ${args.join(" ")} failed`);
    };
    limit("0");
    return () => Promise.resolve(limit("unlimited"));
  },
};

/** A process of root that has to respect modes and owners of files, as any other user has to. */
const respectful = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"];
export const withoutOwnership = {
  within: respectful,
  skip: root
    ? skipUnless([...respectful, "true"], "dropping capabilities")
    : "only root can try it",
};
