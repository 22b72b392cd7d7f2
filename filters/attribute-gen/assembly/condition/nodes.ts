// A condition as a tree, evaluated without a host call of its own.
import { Integer, Text } from "./facts";
import { Pattern } from "./pattern";
import { combine, Truth } from "./truth";

export abstract class Node {
  abstract evaluate(): Truth;
}

export class Constant extends Node {
  constructor(private truth: Truth) {
    super();
  }

  evaluate(): Truth {
    return this.truth;
  }
}

export class Not extends Node {
  constructor(private inner: Node) {
    super();
  }

  evaluate(): Truth {
    const truth = this.inner.evaluate();
    if (truth > Truth.True) return truth;
    return truth == Truth.True ? Truth.False : Truth.True;
  }
}

/** `&&` (decided by a False) and `||` (decided by a True). */
export class Logical extends Node {
  constructor(
    private left: Node,
    private right: Node,
    private decider: Truth,
  ) {
    super();
  }

  evaluate(): Truth {
    const left = this.left.evaluate();
    return left == this.decider ? left : combine(left, this.right.evaluate(), this.decider);
  }
}

export enum TextTest {
  Equals,
  StartsWith,
  EndsWith,
  Contains,
}

/** Two texts beside each other. CEL compares bytes. */
export class TextComparison extends Node {
  constructor(
    private test: TextTest,
    private left: Text,
    private right: Text,
  ) {
    super();
  }

  evaluate(): Truth {
    const left = this.left;
    const right = this.right;
    const a = left.read();
    const b = right.read();
    if (max(a, b) > Truth.True) return max(a, b);
    const excess = left.size - right.size;
    const test = this.test;
    if (excess < 0 || (test == TextTest.Equals && excess != 0)) return Truth.False;
    if (test == TextTest.Contains) return truthOf(contains(left.ptr, excess, right.ptr, right.size));
    const from = test == TextTest.EndsWith ? left.ptr + excess : left.ptr;
    return truthOf(isSame(from, right.ptr, right.size));
  }
}

export enum Order {
  Equal,
  Less,
  LessOrEqual,
}

export class IntegerComparison extends Node {
  constructor(
    private order: Order,
    private left: Integer,
    private right: Integer,
  ) {
    super();
  }

  evaluate(): Truth {
    const a = this.left.read();
    const b = this.right.read();
    if (max(a, b) > Truth.True) return max(a, b);
    const left = this.left.value;
    const right = this.right.value;
    if (this.order == Order.Equal) return truthOf(left == right);
    return truthOf(this.order == Order.Less ? left < right : left <= right);
  }
}

/** `text.matches(pattern)`. */
export class PatternMatch extends Node {
  constructor(
    private text: Text,
    private pattern: Pattern,
  ) {
    super();
  }

  evaluate(): Truth {
    const truth = this.text.read();
    return truth == Truth.True ? this.pattern.search(this.text.ptr, this.text.size) : truth;
  }
}

function truthOf(isTrue: bool): Truth {
  return isTrue ? Truth.True : Truth.False;
}

function isSame(a: usize, b: usize, size: i32): bool {
  for (let i = 0; i < size; ++i) if (load<u8>(a + i) != load<u8>(b + i)) return false;
  return true;
}

function contains(text: usize, excess: i32, part: usize, size: i32): bool {
  for (let i = 0; i <= excess; ++i) if (isSame(text + i, part, size)) return true;
  return false;
}
