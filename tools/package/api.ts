/** The exported API of the package as text, for `api.txt`. */
import ts from "typescript";
import { entriesOf } from "./entries.ts";

/** Types that the API names and an app does not build or read by itself. */
const opaque = ["AppType", "Env", "Messages", "Services"];

/**
 * Lists, for each entry, the declarations that it exports and those of ours that they name, each once and
 * without comments.
 * @param types the folder of the declarations
 */
export function apiOf(types: string, exports: Record<string, string>): string {
  const entries = entriesOf(exports).filter(({ isProgram }) => !isProgram);
  const program = ts.createProgram(entries.map(({ name }) => `${types}/${name}.d.ts`), {
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    noLib: true,
    types: [],
  });
  const checker = program.getTypeChecker();
  const origin = (symbol: ts.Symbol) =>
    symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;

  const found = new Map<ts.Symbol, string>();
  const sections = entries.map(({ path, name }) => {
    const file = checker.getSymbolAtLocation(program.getSourceFile(`${types}/${name}.d.ts`)!)!;
    const before = found.size;
    const own = checker.getExportsOfModule(file).toSorted(byName);
    for (const symbol of own) add(origin(symbol));
    const names = own.map((symbol) => symbol.name);
    const added = [...found.values()].slice(before);
    return [`## annyeong${path.slice(1)}: ${names.join(", ")}`, ...added].join("\n\n");
  });
  return sections.join("\n\n") + "\n";

  function add(symbol: ts.Symbol): void {
    const declaration = symbol.declarations?.find((one) =>
      one.getSourceFile().fileName.startsWith(types)
    );
    if (!declaration || ts.isTypeParameterDeclaration(declaration) || found.has(symbol)) return;
    if (opaque.includes(symbol.name)) {
      found.set(symbol, `type ${symbol.name} = …;`);
      return;
    }
    const statement = statementOf(declaration);
    if (!statement) return;
    found.set(symbol, textOf(statement));
    const visit = (node: ts.Node): void => {
      if (ts.isIdentifier(node)) {
        const named = checker.getSymbolAtLocation(node);
        if (named) add(origin(named));
      }
      ts.forEachChild(node, visit);
    };
    visit(statement);
  }
}

/** The statement of the file that declares it; `undefined` for members and parameters. */
function statementOf(declaration: ts.Node): ts.Node | undefined {
  const isVariable = ts.isVariableDeclaration(declaration);
  const statement = isVariable ? declaration.parent.parent : declaration;
  return ts.isSourceFile(statement.parent ?? statement) ? statement : undefined;
}

const printer = ts.createPrinter({ removeComments: true });

function textOf(statement: ts.Node): string {
  return printer.printNode(ts.EmitHint.Unspecified, statement, statement.getSourceFile())
    .replace(/^export /, "").replace(/^declare /, "");
}

function byName(a: ts.Symbol, b: ts.Symbol): number {
  return a.name < b.name ? -1 : 1;
}
