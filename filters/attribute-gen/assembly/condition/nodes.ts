// A condition as a tree, evaluated without a host call of its own. One class with a switch: a request may go through
// hundreds of nodes, and a call of an overridden method costs as much as a short comparison.
import { Integer, Text } from "./facts";
import { Pattern } from "./pattern";
import { combine, Truth } from "./truth";

export enum Test {
  /** What `truth` says. */
  Constant,
  Not,
  /** `&&` is decided by a False, `||` by a True: `truth`. */
  Logical,
  Equals,
  StartsWith,
  EndsWith,
  Contains,
  Matches,
  IntegerEquals,
  Less,
  LessOrEqual,
}

export class Node {
  truth: Truth = Truth.False;
  /** Of a Logical; the only one of a Not is the left. */
  left: Node | null = null;
  right: Node | null = null;
  /** Two texts beside each other; of a Matches only the first. */
  text: Text | null = null;
  part: Text | null = null;
  pattern: Pattern | null = null;
  less: Integer | null = null;
  more: Integer | null = null;

  constructor(readonly test: Test) {}

  evaluate(): Truth {
    const test = this.test;
    if (test >= Test.IntegerEquals) return this.compareIntegers();
    if (test >= Test.Equals) return this.compareTexts();
    if (test == Test.Constant) return this.truth;
    const left = this.left!.evaluate();
    if (test == Test.Not) {
      if (left > Truth.True) return left;
      return left == Truth.True ? Truth.False : Truth.True;
    }
    return left == this.truth ? left : combine(left, this.right!.evaluate(), this.truth);
  }

  /** CEL compares bytes. */
  private compareTexts(): Truth {
    const text = this.text!;
    const test = this.test;
    const truth = text.get();
    if (test == Test.Matches) {
      if (truth != Truth.True) return truth;
      // RE2 counts characters, and not bytes.
      return text.isAscii ? truthOf(this.pattern!.search(text.ptr, text.size)) : Truth.Unknown;
    }
    const part = this.part!;
    const other = part.get();
    if (max(truth, other) > Truth.True) return max(truth, other);
    const size = part.size;
    const excess = text.size - size;
    if (excess < 0 || (test == Test.Equals && excess != 0)) return Truth.False;
    if (test == Test.Contains) return truthOf(contains(text.ptr, excess, part.ptr, size));
    return truthOf(isSame(test == Test.EndsWith ? text.ptr + excess : text.ptr, part.ptr, size));
  }

  private compareIntegers(): Truth {
    const less = this.less!;
    const more = this.more!;
    const truth = max(less.get(), more.get());
    if (truth > Truth.True) return truth;
    if (this.test == Test.IntegerEquals) return truthOf(less.value == more.value);
    return truthOf(this.test == Test.Less ? less.value < more.value : less.value <= more.value);
  }
}

function truthOf(isTrue: bool): Truth {
  return isTrue ? Truth.True : Truth.False;
}

/** From the end: paths differ there, and not where they begin. */
function isSame(a: usize, b: usize, size: i32): bool {
  while (--size >= 0) if (load<u8>(a + size) != load<u8>(b + size)) return false;
  return true;
}

function contains(text: usize, excess: i32, part: usize, size: i32): bool {
  for (let i = 0; i <= excess; ++i) if (isSame(text + i, part, size)) return true;
  return false;
}
