/** The type declarations of the package, by the TypeScript compiler. */
import ts from "typescript";
import { entriesOf } from "./entries.ts";

/** Texts that are imported. TypeScript 5 takes the type of a module from its name only. */
const texts = ["*.sql", "*.css", "*.txt", "*.json", "*/script.js"]
  .map((name) => `declare module "${name}" { const text: string; export default text; }`)
  .join("\n");

/** Writes into `types/` what the declarations of the entries reach. Throws what the compiler reports. */
export async function declare(
  root: string,
  exports: Record<string, string>,
  target: string,
): Promise<void> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["types"] }).output();
  const ambient = new Map([
    [`${root}deno-types.d.ts`, new TextDecoder().decode(stdout)],
    [`${root}texts.d.ts`, texts],
  ]);
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ESNext,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    lib: ["lib.esnext.d.ts"],
    types: [],
    jsx: ts.JsxEmit.ReactJSX,
    jsxImportSource: "hono/jsx",
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    allowImportingTsExtensions: true,
    resolveJsonModule: false,
    skipLibCheck: true,
    declaration: true,
    emitDeclarationOnly: true,
    rootDir: root,
  };
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (name) => ambient.has(name) || fileExists(name);
  host.readFile = (name) => ambient.get(name) ?? readFile(name);
  host.getSourceFile = (name, version, ...rest) => {
    const text = ambient.get(name);
    return text === undefined
      ? getSourceFile(name, version, ...rest)
      : ts.createSourceFile(name, text, version);
  };

  const entries = entriesOf(exports).filter(({ isProgram }) => !isProgram);
  const files = [...ambient.keys(), ...entries.map(({ file }) => `${root}${file}`)];
  const program = ts.createProgram(files, options, host);
  const written = new Map<string, string>();
  const { diagnostics } = program.emit(undefined, (name, text) => {
    written.set(name.slice(root.length), text);
  });
  const found = [...ts.getPreEmitDiagnostics(program), ...diagnostics];
  if (found.length > 0) throw new Error(ts.formatDiagnostics(found, host));

  for (const { name, file } of entries) {
    const path = file.replace(/\.tsx?$/, "");
    if (path === name) continue;
    const isDefault = /^export default/m.test(written.get(`${path}.d.ts`)!);
    written.set(
      `${name}.d.ts`,
      `export * from "./${path}.ts";\n${
        isDefault ? `export { default } from "./${path}.ts";\n` : ""
      }`,
    );
  }
  const reached = new Set<string>();
  for (const { name } of entries) follow(`${name}.d.ts`, written, reached);
  for (const file of reached) {
    const path = `${target}/types/${file}`;
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(path, asJavaScript(written.get(file)!));
  }
}

/** A relative import in a declaration: as a statement, and as `import("./x.ts").Y`. */
const relative = /((?:from|import)\s*\(?\s*")(\.[^"]*)\.tsx?"/g;

function follow(file: string, written: Map<string, string>, reached: Set<string>): void {
  if (reached.has(file)) return;
  const text = written.get(file);
  if (text === undefined) throw new Error(`${file} has no declaration`);
  reached.add(file);
  for (const [, , target] of text.matchAll(relative)) {
    follow(new URL(target!, `file:///${file}`).pathname.slice(1) + ".d.ts", written, reached);
  }
}

function asJavaScript(text: string): string {
  return text.replace(relative, '$1$2.js"');
}
