/** The package.json of the package. */
import { entriesOf } from "./entries.ts";

interface Settings {
  name: string;
  version: string;
  exports: Record<string, string>;
  imports: Record<string, string>;
}

const peers = ["hono", "better-auth"];

/**
 * The versions are those of `deno.json`. Hono and better-auth are peers, because an app and Annyeong
 * exchange their objects: two copies would be two types. Only `annyeong/exit/better-auth` needs the second.
 * @param packages that the code imports
 */
export function manifestOf(settings: Settings, packages: ReadonlySet<string>) {
  const versions = [...packages].toSorted().map((name) => {
    const found = /^npm:.+@(\d[^@/]*)$/.exec(settings.imports[name] ?? "");
    if (!found) throw new Error(`deno.json names no version of ${name}`);
    return [name, found[1]!] as const;
  });
  const exports = entriesOf(settings.exports).map(({ path, name, ...entry }) => [path, {
    ...(!entry.isProgram && { types: `./types/${name}.d.ts` }),
    ...(entry.runsOnWorkers && { workerd: `./lib/workers/${name}.js` }),
    default: `./lib/${name}.js`,
  }]);
  return {
    name: settings.name.split("/").at(-1)!,
    version: settings.version,
    description:
      "A membership service with account withdrawal, for Deno and Cloudflare Workers: members join, " +
      "sign in and leave, and leaving is complete and can be verified.",
    keywords: [
      "authentication",
      "membership",
      "gdpr",
      "erasure",
      "hono",
      "deno",
      "workers",
      "libsql",
    ],
    license: "MIT",
    type: "module",
    sideEffects: false,
    exports: Object.fromEntries([...exports, ["./package.json", "./package.json"]]),
    bin: { "annyeong-create": "./lib/create.js" },
    files: ["lib", "types"],
    dependencies: Object.fromEntries(versions.filter(([name]) => !peers.includes(name))),
    peerDependencies: Object.fromEntries(
      versions.filter(([name]) => peers.includes(name)).map((
        [name, version],
      ) => [name, `^${version}`]),
    ),
    peerDependenciesMeta: { "better-auth": { optional: true } },
  };
}
