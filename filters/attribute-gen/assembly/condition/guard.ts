// What a path must begin with, or be, for a condition to be true: most conditions of a long list are ruled out by one
// comparison of eight bytes, without going through their tree.
import { Text, TextLiteral } from "./facts";
import { Node, Test } from "./nodes";
import { Truth } from "./truth";

export class Guard {
  /** The last eight bytes of the literal, where paths differ, or all of a shorter one. */
  private tail: u64;
  private mask: u64;
  private from: i32;
  private size: i32;

  constructor(
    private literal: string,
    /** The literal is the whole text, and not only its beginning. */
    private isWhole: bool,
  ) {
    const bytes = String.UTF8.encode(literal);
    const size = bytes.byteLength;
    // A shorter literal's buffer may end before the eighth byte.
    const room = new ArrayBuffer(8);
    this.size = size;
    this.from = max(size - 8, 0);
    memory.copy(changetype<usize>(room), changetype<usize>(bytes) + this.from, min(size, 8));
    this.tail = load<u64>(changetype<usize>(room));
    this.mask = size >= 8 ? u64.MAX_VALUE : ((<u64>1) << (size * 8)) - 1;
  }

  equals(other: Guard): bool {
    return this.size == other.size && this.isWhole == other.isWhole && this.literal == other.literal;
  }

  /** Whether this text, of a header and so never at the end of memory, is none that the condition is true for. */
  rulesOut(ptr: usize, size: i32): bool {
    if (this.isWhole ? size != this.size : size < this.size) return true;
    return this.size != 0 && ((load<u64>(ptr + this.from) ^ this.tail) & this.mask) != 0;
  }
}

/** Whether they rule out the same. */
export function isSameGuard(a: Guard | null, b: Guard | null): bool {
  return a !== null && b !== null && a.equals(b);
}

/** What `path` must be for the condition to be true; null when nothing is known. False comes before every error. */
export function guardOf(node: Node, path: Text): Guard | null {
  const test = node.test;
  if (test == Test.Logical && node.truth == Truth.False) {
    const left = guardOf(node.left!, path);
    return left === null ? guardOf(node.right!, path) : left;
  }
  if (node.text !== path) return null;
  if (test == Test.Matches) {
    const prefix = node.pattern!.prefix;
    if (prefix === null) return null;
    return new Guard(String.UTF8.decode(prefix), false);
  }
  if (test != Test.Equals && test != Test.StartsWith) return null;
  const part = node.part;
  return part instanceof TextLiteral
    ? new Guard(String.UTF8.decode(changetype<TextLiteral>(part).bytes), test == Test.Equals)
    : null;
}
