/**
 * Turns the statement `log.debug(expression)` into `if (log.enabled(1)) log.debug(expression)`, so that the expression is
 * evaluated only when the level is on. For trace, debug and info; a warning is rare enough. The same for
 * `log(LogLevelValues.debug, expression)`, which filters written against solo-io's package have.
 */
import type { CallExpression, ExpressionStatement, ImportStatement, Range, Source } from "assemblyscript";
import { Node } from "assemblyscript";
import { type AstNode, isNode, walk } from "./walk.ts";

/** asc's `NodeKind.Expression` (src/ast.ts): a statement that is an expression. */
const expressionStatement = 39;

/** asc's `NodeKind.VariableDeclaration`. */
const variableDeclaration = 62;

/** asc's 64-bit integers, which its portable build defines globally (src/glue/js/i64.js). */
const int64 = (globalThis as unknown as { i64_new(low: number): i64 }).i64_new;

/** Levels by method; numbers of the ABI. */
const guarded = new Map([
  ["trace", 0],
  ["debug", 1],
  ["info", 2],
]);

/** `dropIn` is the drop-in for solo-io's package, as asc's internal path, when the filter uses it. */
export function guardLogs(source: Source, dropIn: string | undefined): void {
  const name = importedLog(source, dropIn);
  if (name === undefined || isShadowed(source, name)) return;
  walk(source.statements, (node, holder, key) => {
    // The body of an arrow function without braces, and what a loop begins with, look like statements but must stay calls.
    if ("signature" in holder || key === "initializer") return undefined;
    const call = (node as Partial<ExpressionStatement>).expression;
    // Only a statement: the value of an expression would change.
    if (!isNode(call) || !isCallStatement(node, call)) return undefined;
    const level = levelOf(call, name);
    if (level === undefined) return undefined;
    return guard(node as unknown as ExpressionStatement, name, level, call.range) as unknown as AstNode;
  });
}

interface Access {
  readonly text?: string;
  readonly expression?: { readonly text?: string };
  readonly property?: { readonly text?: string };
}

/** The level of a line that is guarded: the method's, or the first argument's name. */
function levelOf(call: CallExpression, name: string): number | undefined {
  const callee = call.expression as Access;
  const level = call.args[0] as Access | undefined;
  const method = callee.expression?.text === name ? callee.property : undefined;
  const argument = callee.text === name ? level?.property : undefined;
  return guarded.get((method ?? argument)?.text ?? "");
}

function guard(statement: ExpressionStatement, name: string, level: number, range: Range): object {
  const enabled = Node.createPropertyAccessExpression(
    Node.createIdentifierExpression(name, range),
    Node.createIdentifierExpression("enabled", range),
    range,
  );
  const condition = Node.createCallExpression(
    enabled,
    null,
    [Node.createIntegerLiteralExpression(int64(level), range)],
    range,
  );
  return Node.createIfStatement(condition, statement, null, range);
}

function isCallStatement(node: AstNode, call: object): call is CallExpression {
  return node.kind === expressionStatement && "args" in call;
}

/** Whether a variable or parameter somewhere in the source has the name too; its lines then stay as they are. */
function isShadowed(source: Source, name: string): boolean {
  let found = false;
  walk(source.statements, (node) => {
    const isNamed = (node as { name?: { text?: string } }).name?.text === name;
    found ||= isNamed && (node.kind === variableDeclaration || "parameterKind" in node);
    return undefined;
  });
  return found;
}

/** The name under which a source has the SDK's or the drop-in's `log`; undefined when it does not import it. */
function importedLog(source: Source, dropIn: string | undefined): string | undefined {
  for (const statement of source.statements) {
    const { declarations, path, internalPath } = statement as Partial<ImportStatement>;
    const isOurs =
      path?.value.includes("proxy-wasm-kit/sdk") || (dropIn && `${internalPath}/`.startsWith(`${dropIn}/`));
    if (!isOurs || !declarations) continue;
    const log = declarations.find(
      (declaration) => "foreignName" in declaration && declaration.foreignName.text === "log",
    );
    if (log !== undefined) return log.name.text;
  }
  return undefined;
}
