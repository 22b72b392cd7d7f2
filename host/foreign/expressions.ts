/** `expr_create`, `expr_evaluate`, `expr_delete`: CEL expressions, kept by the root context. */
import { Status } from "../abi.ts";
import { decode } from "../byte-string.ts";
import type { RootContext } from "../context.ts";
import type { Vm } from "../vm.ts";
import { compile, type Expression, InvalidExpression } from "./cel.ts";
import { serializeResult } from "./cel-values.ts";

interface Expressions {
  readonly byToken: Map<number, Expression>;
  nextToken: number;
}

const byRoot = new WeakMap<RootContext, Expressions>();

function expressionsOf(vm: Vm): Expressions | null {
  const root = vm.current?.root ?? null;
  if (root === null) return null;
  const expressions = byRoot.get(root) ?? { byToken: new Map(), nextToken: 0 };
  byRoot.set(root, expressions);
  return expressions;
}

/** `expr_create(text)` -> token (u32). Results: Ok; BadArgument (no expression, or one with unknown functions). */
export function createExpression(vm: Vm, values: Uint8Array): Uint8Array | Status {
  const expressions = expressionsOf(vm);
  if (expressions === null) return Status.BadArgument;
  try {
    const expression = compile(decode(values));
    expressions.byToken.set(expressions.nextToken, expression);
    return u32(expressions.nextToken++);
  } catch (error) {
    if (!(error instanceof InvalidExpression)) throw error;
    vm.services.hostLog(`expr_create ${error.kind} error: ${error.message}`);
    if (error.kind === "compile") expressions.nextToken++;
    return Status.BadArgument;
  }
}

/**
 * `expr_evaluate(token)` -> the value, over what the context being called can see; the effective context does not count.
 * Results: Ok; BadArgument (no u32); NotFound; InternalFailure (an error in the expression); SerializationFailure.
 */
export function evaluateExpression(vm: Vm, values: Uint8Array): Uint8Array | Status {
  if (values.length !== 4 || vm.current === null) return Status.BadArgument;
  const expression = expressionsOf(vm)?.byToken.get(tokenOf(values));
  if (expression === undefined) return Status.NotFound;
  const result = expression(vm.current.properties);
  if (result === undefined) return Status.InternalFailure;
  return serializeResult(result) ?? Status.SerializationFailure;
}

/** `expr_delete(token)`. Results: Ok, also for unknown tokens; BadArgument (no u32). */
export function deleteExpression(vm: Vm, values: Uint8Array): Status {
  if (values.length !== 4) return Status.BadArgument;
  expressionsOf(vm)?.byToken.delete(tokenOf(values));
  return Status.Ok;
}

const tokenOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);

function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}
