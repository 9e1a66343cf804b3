/** The type declarations of the package, by the TypeScript compiler. */
import ts from "typescript";
import { entriesOf } from "./entries.ts";

/** The type of every text that is imported. TypeScript 5 does not take it from `with { type: "text" }`. */
const text = "declare const text: string; export default text;";

/** Writes into `types/` what the declarations of the entries reach. Throws what the compiler reports. */
export async function declare(
  root: string,
  exports: Record<string, string>,
  target: string,
): Promise<void> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["types"] }).output();
  const ambient = new Map([
    [`${root}deno-types.d.ts`, new TextDecoder().decode(stdout)],
    [`${root}text.d.ts`, text],
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
    noImplicitAny: false, // for packages without types; `deno check` is stricter
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    allowImportingTsExtensions: true,
    resolveJsonModule: true,
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
  const cache = ts.createModuleResolutionCache(root, (name) => name, options);
  host.resolveModuleNameLiterals = (literals, from) =>
    literals.map((literal) =>
      isText(literal)
        ? { resolvedModule: { resolvedFileName: `${root}text.d.ts`, extension: ".d.ts" } }
        : ts.resolveModuleName(literal.text, from, options, host, cache)
    );

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

/** Whether it is the path of `import text from "./x.sql" with { type: "text" }`. */
function isText({ parent }: ts.StringLiteralLike): boolean {
  if (!ts.isImportDeclaration(parent)) return false;
  return parent.attributes?.elements.some(({ value }) =>
    ts.isStringLiteral(value) && value.text === "text"
  ) ?? false;
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
