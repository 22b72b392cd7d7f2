/**
 * The asc transform that counts: `asc --transform @proxy-wasm-kit/sdk/coverage`, before the SDK's own. Every statement and
 * every function of the filter's own files adds one to a counter in the module's memory; nothing else changes. The module
 * exports where the counters are, and a custom section says what each of them counts.
 */
import type { BlockStatement, FunctionDeclaration, Parser, Range, Source, Statement } from "assemblyscript";
import { Node } from "assemblyscript";
import { Transform } from "assemblyscript/transform";
import type binaryen from "binaryen";
import { type AstNode, isNode, walk } from "./walk.ts";

/** asc's `NodeKind` (src/ast.ts). */
const blockKind = 31;
const expressionKind = 39;
const functionKinds = [56, 59]; // FunctionDeclaration, MethodDeclaration
/** Break, Continue, Do, Expression, For, ForOf, If, Return, Switch, Throw, Try, Variable, Void, While. */
const statementKinds = new Set([32, 33, 34, 39, 40, 41, 42, 44, 45, 46, 47, 48, 49, 50]);

/** asc's 64-bit integers, which its portable build defines globally (src/glue/js/i64.js). */
const int64 = (globalThis as unknown as { i64_new(low: number): i64 }).i64_new;

const hit = "__proxy_wasm_kit_hit";
const sectionName = "proxy-wasm-kit.coverage";

interface Place {
  /** Lines from 1, columns from 0. */
  readonly start: { readonly line: number; readonly column: number };
  readonly end: { readonly line: number; readonly column: number };
}

/** One file as Istanbul's coverage format has it, with the index of a counter in place of each count. */
interface FileCounters {
  readonly path: string;
  readonly statementMap: Record<string, Place>;
  readonly fnMap: Record<
    string,
    { readonly name: string; readonly decl: Place; readonly loc: Place; readonly line: number }
  >;
  readonly branchMap: Record<string, never>;
  readonly s: Record<string, number>;
  readonly f: Record<string, number>;
  readonly b: Record<string, never>;
}

export default class CoverageTransform extends Transform {
  private readonly files: FileCounters[] = [];
  private counters = 0;

  override afterParse(parser: Parser): void {
    for (const source of parser.sources) {
      if (!source.internalPath.startsWith("~lib/")) this.instrument(source);
    }
    const text = `
      export const __proxy_wasm_kit_counters: usize = memory.data(${Math.max(1, this.counters) * 4}, 4);
      // @ts-ignore: decorator
      @global @inline
      function ${hit}(index: usize): void {
        const counter = __proxy_wasm_kit_counters + (index << 2);
        store<u32>(counter, load<u32>(counter) + 1);
      }`;
    parser.parseFile(text, "~lib/proxy-wasm-kit-coverage.ts", true);
  }

  override afterCompile(module: binaryen.Module): void {
    module.addCustomSection(sectionName, new TextEncoder().encode(JSON.stringify(this.files)));
  }

  private instrument(source: Source): void {
    const maps = { statementMap: {}, fnMap: {}, branchMap: {}, s: {}, f: {}, b: {} };
    const file: FileCounters = { path: source.normalizedPath, ...maps };
    walk(source, (node) => {
      if (functionKinds.includes(node.kind)) this.countFunction(node as unknown as FunctionDeclaration, file);
      else this.countStatements(node, file);
      return undefined;
    });
    if (Object.keys(file.s).length > 0) this.files.push(file);
  }

  /** The statements that a node holds: in a list, or as the only one without braces. */
  private countStatements(node: AstNode, file: FileCounters): void {
    const holder = node as unknown as Record<string, unknown>;
    if (Array.isArray(holder.statements)) {
      holder.statements = holder.statements.flatMap((statement: AstNode) =>
        isCounted(statement) ? [this.statementHit(statement, file), statement] : [statement],
      );
    }
    for (const key of ["ifTrue", "ifFalse", "body"]) {
      const only = holder[key];
      if (!isNode(only) || !isCounted(only)) continue;
      const statements = [this.statementHit(only, file), only as unknown as Statement];
      holder[key] = Node.createBlockStatement(statements, only.range as Range);
    }
  }

  private countFunction(node: FunctionDeclaration, file: FileCounters): void {
    const { body, range, name } = node;
    if (body === null) return;
    const key = String(Object.keys(file.fnMap).length);
    const loc = placeOf(range);
    file.fnMap[key] = { name: name.text || "(anonymous)", decl: placeOf(name.range), loc, line: loc.start.line };
    file.f[key] = this.counters;
    const count = this.nextHit(range);
    if (body.kind === blockKind) (body as BlockStatement).statements.unshift(Node.createExpressionStatement(count));
    if (body.kind !== expressionKind) return;
    // An arrow function without braces: its value stays the last of the two.
    const arrow = body as Statement & { expression: Parameters<typeof Node.createExpressionStatement>[0] };
    arrow.expression = Node.createCommaExpression([count, arrow.expression], range);
  }

  private statementHit(node: AstNode, file: FileCounters): Statement {
    const key = String(Object.keys(file.statementMap).length);
    file.statementMap[key] = placeOf(node.range as Range);
    file.s[key] = this.counters;
    return Node.createExpressionStatement(this.nextHit(node.range as Range));
  }

  private nextHit(range: Range) {
    const index = Node.createIntegerLiteralExpression(int64(this.counters++), range);
    return Node.createCallExpression(Node.createIdentifierExpression(hit, range), null, [index], range);
  }
}

const isCounted = ({ kind }: AstNode) => statementKinds.has(kind);

function placeOf({ source, start, end }: Range): Place {
  const at = (position: number) => ({ line: source.lineAt(position), column: source.columnAt() - 1 });
  return { start: at(start), end: at(end) };
}
