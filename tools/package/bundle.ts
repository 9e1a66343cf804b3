/** The JavaScript of the package, with source maps. */
import { build, type BuildOptions, type Plugin, stop } from "esbuild";
import { entriesOf, type Entry } from "./entries.ts";

/**
 * Writes `lib/` for Deno and `lib/workers/` for Workers, where the half that only Deno runs is left out.
 * Packages stay imports, and texts (migrations, styles) become part of the code.
 * @returns the names of the packages that the result imports
 */
export async function bundle(
  root: string,
  exports: Record<string, string>,
  target: string,
): Promise<Set<string>> {
  const packages = new Set<string>();
  const entries = entriesOf(exports);
  const pointsOf = (chosen: readonly Entry[]) =>
    chosen.map(({ name, file }) => ({ in: `${root}${file}`, out: name }));
  const common: BuildOptions = {
    absWorkingDir: root,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "neutral",
    target: "es2024",
    charset: "utf8",
    sourcemap: true,
    jsx: "automatic",
    jsxImportSource: "hono/jsx",
    loader: { ".css": "text", ".txt": "text", ".sql": "text" },
    chunkNames: "chunks/[name]-[hash]",
    plugins: [external(packages)],
    logLevel: "warning",
  };
  try {
    await build({ ...common, entryPoints: pointsOf(entries), outdir: `${target}/lib` });
    await build({
      ...common,
      entryPoints: pointsOf(entries.filter(({ runsOnWorkers }) => runsOnWorkers)),
      outdir: `${target}/lib/workers`,
      define: { Deno: "undefined" },
      minifySyntax: true, // drops the branches of the other runtime
    });
  } finally {
    await stop();
  }
  return packages;
}

/** Our own files are bundled and have no side effects; everything else is imported, and is counted. */
function external(packages: Set<string>): Plugin {
  return {
    name: "external",
    setup({ onResolve }) {
      onResolve({ filter: /^[^./]/ }, ({ path, kind }) => {
        if (kind === "entry-point") return;
        if (!path.startsWith("node:")) packages.add(packageOf(path));
        return { path, external: true, sideEffects: false };
      });
    },
  };
}

function packageOf(specifier: string): string {
  return specifier.split("/").slice(0, specifier.startsWith("@") ? 2 : 1).join("/");
}
