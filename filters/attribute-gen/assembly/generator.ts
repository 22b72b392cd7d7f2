// One attribute: which value a request has, the first that matches.
import { StringBuilder } from "@proxy-wasm-kit/sdk";
import { PathPattern } from "@proxy-wasm-kit/sdk/rules";
import { Cardinality } from "./cardinality";
import { Condition } from "./condition/condition";
import { Facts } from "./condition/facts";
import { Guard, isSameGuard } from "./condition/guard";
import { Truth } from "./condition/truth";
import { ValueSource } from "./value";

/** When an attribute is made. The numbers are those of Istio's `Phase`. */
export enum Phase {
  AfterResponse = 0,
  OnRequest = 1,
}

/** One entry of `match`; all that it has must be true. */
export class Match {
  next: Match | null = null;
  /** The first one behind it that another path is asked for by. */
  nextOther: Match | null = null;
  path: PathPattern | null = null;
  methods: StaticArray<ArrayBuffer> | null = null;
  condition: Condition | null = null;

  constructor(readonly source: ValueSource) {}

  get guard(): Guard | null {
    const condition = this.condition;
    if (condition === null) return null;
    return condition.guard;
  }

  evaluate(facts: Facts): Truth {
    const path = this.path;
    if (path !== null) {
      const target = facts.urlPath;
      if (target.get() != Truth.True || !path.matches(target.ptr, target.size)) return Truth.False;
    }
    const methods = this.methods;
    if (methods !== null && !hasMethod(methods, facts)) return Truth.False;
    const condition = this.condition;
    return condition === null ? Truth.True : condition.evaluate();
  }
}

export enum Outcome {
  Unset,
  Set,
  /** Set to the overflow value. */
  Overflow,
  /** A condition or a value could not be evaluated: unset. */
  Error,
}

export class Generator {
  next: Generator | null = null;
  matches: Match | null = null;
  /** When nothing matches; null: the attribute stays unset. */
  otherwise: ArrayBuffer | null = null;
  cardinality: Cardinality | null = null;
  /** Names of headers that have the value too; "" for none. */
  requestHeader: string = "";
  responseHeader: string = "";

  constructor(
    readonly name: string,
    readonly phase: Phase,
  ) {}

  /** Leaves the value in `value` when it is set. */
  evaluate(facts: Facts, value: StringBuilder): Outcome {
    value.clear();
    const path = facts.urlPath;
    let match = this.matches;
    while (match !== null) {
      const guard = match.guard;
      if (guard !== null && path.get() == Truth.True && guard.rulesOut(path.ptr, path.size)) {
        match = match.nextOther;
        continue;
      }
      const truth = match.evaluate(facts);
      // As Istio's: what comes behind a condition that fails is not looked at.
      if (truth == Truth.Error) return Outcome.Error;
      if (truth == Truth.True) {
        if (!match.source.append(value, facts, match.path)) return Outcome.Error;
        return this.limit(value);
      }
      match = match.next;
    }
    const otherwise = this.otherwise;
    if (otherwise === null) return Outcome.Unset;
    value.appendBuffer(otherwise);
    return Outcome.Set;
  }

  private limit(value: StringBuilder): Outcome {
    const cardinality = this.cardinality;
    return cardinality !== null && cardinality.apply(value) ? Outcome.Overflow : Outcome.Set;
  }
}

/** Links each match with the next one that has another guard: what one rules out, its equals do too. */
export function linkOthers(first: Match | null): void {
  let match = first;
  while (match !== null) {
    let other = match.next;
    while (other !== null && isSameGuard(match.guard, other.guard)) other = other.next;
    match.nextOther = other;
    match = match.next;
  }
}

function hasMethod(methods: StaticArray<ArrayBuffer>, facts: Facts): bool {
  const method = facts.method;
  if (method.get() != Truth.True) return false;
  for (let i = 0; i < methods.length; ++i) {
    const each = unchecked(methods[i]);
    if (each.byteLength == method.size && memory.compare(changetype<usize>(each), method.ptr, method.size) == 0)
      return true;
  }
  return false;
}
