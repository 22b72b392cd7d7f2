/**
 * Puts the SDK's memory and collector (assembly/runtime.ts) in the place of asc's own in its "minimal" runtime, which is
 * 1.5 kB larger and keeps less of what it frees ready for use.
 */
import { readFileSync } from "node:fs";
import type { FunctionDeclaration, Source } from "assemblyscript";
import { Node, Parser } from "assemblyscript";

/** What asc's `rt/index-minimal.ts` imports: the allocator, and the collector. */
const allocator = "~lib/rt/tlsf";
const collector = "~lib/rt/tcms";

/** asc's `NodeKind.FunctionDeclaration` (src/ast.ts). */
const functionDeclaration = 56;

export function replaceRuntime(parser: Parser): void {
  const { sources } = parser;
  const at = sources.findIndex(({ internalPath }) => internalPath === collector);
  if (at === -1) return; // Another runtime.
  for (const source of sources) if (source.internalPath === allocator) source.statements = [];
  const text = readFileSync(new URL("../assembly/runtime.ts", import.meta.url), "utf8");
  const apart = new Parser();
  apart.parseFile(text, `${collector}.ts`, false);
  const own = apart.sources[0];
  if (own === undefined) throw new Error("sdk transform: this version of asc is not supported");
  makeGlobal(own);
  sources[at] = own;
}

/** Decorates the exported functions with `@global`, as asc looks its runtime up by name alone. */
function makeGlobal(source: Source): void {
  for (const statement of source.statements) {
    if (statement.kind !== functionDeclaration) continue;
    const { range } = statement;
    const name = Node.createIdentifierExpression("global", range, false);
    (statement as FunctionDeclaration).decorators = [Node.createDecorator(name, null, range)];
  }
}
