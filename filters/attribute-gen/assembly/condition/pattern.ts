// Regular expressions, as many of RE2's as conditions on paths commonly have: literals, classes, groups, `|`, `*`, `+`, `?`,
// `^` first and `$` last. What is not understood is left to the host, which has RE2 itself.
//
// Each character that is to be matched is a position, at most 64; the automaton is which positions may follow which
// (Glushkov, "The abstract theory of automata"). A search takes one step for each byte, whatever the text.
import { StringBuilder } from "@proxy-wasm-kit/sdk";

const MAX_POSITIONS = 64;
const ASCII = 128;

/** A part of an expression while it is read: where it may begin and end, and whether it may be empty. */
class Fragment {
  constructor(
    public first: u64,
    public last: u64,
    public isNullable: bool,
  ) {}
}

export class Pattern {
  /** Null: left to the host. */
  static compile(source: ArrayBuffer): Pattern | null {
    const pattern = new Pattern(source);
    return pattern.parse() ? pattern : null;
  }

  /** The positions that take a character. */
  private takes: StaticArray<u64> = new StaticArray<u64>(ASCII);
  private follow: StaticArray<u64> = new StaticArray<u64>(MAX_POSITIONS);
  private count: i32 = 0;
  private first: u64 = 0;
  private last: u64 = 0;
  private isNullable: bool = false;
  private startsAnywhere: bool = true;
  private endsAnywhere: bool = true;

  /** Text that every match has; of a pattern with "^", how it begins. */
  private needle: ArrayBuffer | null = null;
  prefix: ArrayBuffer | null = null;
  private run: StringBuilder = new StringBuilder();
  private literal: i32 = -1;

  private at: usize;
  private end: usize;
  private failed: bool = false;
  private depth: i32 = 0;

  private constructor(source: ArrayBuffer) {
    this.at = changetype<usize>(source);
    this.end = this.at + source.byteLength;
  }

  /** Whether a part of the text, which must be ASCII, matches. */
  search(ptr: usize, size: i32): bool {
    const endsAnywhere = this.endsAnywhere;
    if (this.isNullable && endsAnywhere) return true;
    const needle = this.needle;
    if (needle !== null && !contains(ptr, size, needle)) return false;
    const follow = this.follow;
    const takes = this.takes;
    const last = this.last;
    let entry = this.first;
    let active: u64 = 0;
    for (let i = 0; i < size; ++i) {
      let reachable = entry;
      for (let rest = active; rest != 0; rest &= rest - 1) reachable |= unchecked(follow[<i32>ctz(rest)]);
      active = reachable & unchecked(takes[load<u8>(ptr + i) & 127]);
      if (endsAnywhere && (active & last) != 0) return true;
      if (!this.startsAnywhere) {
        if (active == 0) return false;
        entry = 0;
      }
    }
    if (endsAnywhere) return false;
    return (active & last) != 0 || (this.isNullable && (this.startsAnywhere || size == 0));
  }

  private parse(): bool {
    if (this.isNext(0x5e)) {
      this.startsAnywhere = false;
      this.at += 1;
    }
    const end = this.end;
    if (end > this.at && load<u8>(end - 1) == 0x24 && !(end - 1 > this.at && load<u8>(end - 2) == 0x5c)) {
      this.endsAnywhere = false;
      this.end = end - 1;
    }
    const whole = this.alternatives();
    this.endRun();
    // An anchor binds to its own alternative only.
    if (this.hasAlternatives) this.needle = this.prefix = null;
    const isOne = this.startsAnywhere && this.endsAnywhere ? true : !this.hasAlternatives;
    this.first = whole.first;
    this.last = whole.last;
    this.isNullable = whole.isNullable;
    return !this.failed && isOne && this.at == this.end;
  }

  /** On the outermost level. */
  private hasAlternatives: bool = false;

  private alternatives(): Fragment {
    let whole = this.sequence();
    while (!this.failed && this.isNext(0x7c)) {
      this.at += 1;
      if (this.depth == 0) this.hasAlternatives = true;
      this.endRun();
      const other = this.sequence();
      whole = new Fragment(whole.first | other.first, whole.last | other.last, whole.isNullable || other.isNullable);
    }
    return whole;
  }

  private sequence(): Fragment {
    let whole = new Fragment(0, 0, true);
    while (!this.failed && this.at < this.end && !this.isNext(0x7c) && !this.isNext(0x29)) {
      const part = this.repeated();
      if (this.depth == 0) this.extendRun();
      this.link(whole.last, part.first);
      whole = new Fragment(
        whole.isNullable ? whole.first | part.first : whole.first,
        part.isNullable ? whole.last | part.last : part.last,
        whole.isNullable && part.isNullable,
      );
    }
    return whole;
  }

  private repeated(): Fragment {
    const part = this.atom();
    if (this.failed || this.at == this.end) return part;
    const sign = load<u8>(this.at);
    if (sign != 0x2a && sign != 0x2b && sign != 0x3f) return part;
    this.at += 1;
    this.literal = -1;
    if (sign != 0x3f) this.link(part.last, part.first);
    if (sign != 0x2b) part.isNullable = true;
    // Lazy or not, there is a match or none; more signs RE2 may refuse.
    if (this.isNext(0x3f)) this.at += 1;
    if (this.isNext(0x2a) || this.isNext(0x2b) || this.isNext(0x3f)) this.failed = true;
    return part;
  }

  private atom(): Fragment {
    const byte = this.take();
    if (byte == 0x28) {
      const inner = this.group();
      this.literal = -1;
      return inner;
    }
    this.literal = -1;
    const position = this.newPosition();
    if (byte == 0x5b) this.charClass(position);
    else if (byte == 0x2e) this.allowAllBut(position, 0x0a);
    else if (byte == 0x5c) this.escaped(position);
    else if (isSpecial(byte)) this.failed = true;
    else {
      this.allow(position, byte, byte);
      this.literal = byte;
    }
    return new Fragment(position, position, false);
  }

  /** The part that was just read belongs to the run of literal text, or ends it. */
  private extendRun(): void {
    if (this.literal >= 0) this.run.appendByte(this.literal);
    else this.endRun();
  }

  private endRun(): void {
    const run = this.run;
    const needle = this.needle;
    const isFirst = !this.hasRun;
    this.hasRun = true;
    if (run.length != 0) {
      if (isFirst && !this.startsAnywhere) this.prefix = run.toBuffer();
      else if (needle === null || needle.byteLength < run.length) this.needle = run.toBuffer();
    }
    run.clear();
  }

  private hasRun: bool = false;

  private group(): Fragment {
    if (this.isNext(0x3f)) {
      this.at += 1;
      if (this.take() != 0x3a) this.failed = true;
    }
    // Deeper ones are for the host: parsing must not fill the stack.
    if (++this.depth > 20) this.failed = true;
    const inner = this.failed ? new Fragment(0, 0, true) : this.alternatives();
    --this.depth;
    if (this.take() != 0x29) this.failed = true;
    return inner;
  }

  /** Behind a backslash. */
  private escaped(position: u64): void {
    const byte = this.take();
    if (this.allowNamed(position, byte)) return;
    // A letter or digit may mean anything.
    if (isWordByte(byte) || byte >= ASCII) this.failed = true;
    else {
      this.allow(position, byte, byte);
      this.literal = byte;
    }
  }

  /** `\d`, `\w`, `\s` and their opposites. */
  private allowNamed(position: u64, byte: i32): bool {
    const name = byte | 0x20;
    if (name != 0x64 && name != 0x77 && name != 0x73) return false;
    for (let each = 0; each < ASCII; ++each) {
      const isIn = name == 0x64 ? isDigit(each) : name == 0x77 ? isWordByte(each) : isSpace(each);
      if (isIn == (byte == name)) this.allow(position, each, each);
    }
    return true;
  }

  /** Behind "[". */
  private charClass(position: u64): void {
    const isNegated = this.isNext(0x5e);
    if (isNegated) this.at += 1;
    if (this.isNext(0x5d)) this.failed = true;
    let isFirst = true;
    while (!this.failed && !this.isNext(0x5d)) {
      const byte = this.take();
      if (byte == 0x5b) {
        this.posixClass(position);
      } else if (byte == 0x5c) {
        const escaped = this.take();
        if (!this.allowNamed(position, escaped)) {
          if (isWordByte(escaped) || escaped >= ASCII) this.failed = true;
          else this.allow(position, escaped, escaped);
        }
        // A range from what was escaped.
        if (this.isNext(0x2d) && this.at + 1 < this.end && load<u8>(this.at + 1) != 0x5d) this.failed = true;
      } else if (byte == 0x2d) {
        if (!isFirst && !this.isNext(0x5d)) this.failed = true;
        this.allow(position, byte, byte);
      } else {
        this.range(position, byte);
      }
      isFirst = false;
    }
    if (this.take() != 0x5d) this.failed = true;
    if (isNegated) this.negate(position);
  }

  /** One character of a class, or a range from it. */
  private range(position: u64, from: i32): void {
    let to = from;
    if (this.isNext(0x2d) && this.at + 1 < this.end && load<u8>(this.at + 1) != 0x5d) {
      this.at += 1;
      to = this.take();
      if (to < from || to == 0x5b || to == 0x5c) this.failed = true;
    }
    if (from >= ASCII || to >= ASCII) this.failed = true;
    if (!this.failed) this.allow(position, from, to);
  }

  /** Behind the second "[" of "[[:alnum:]]". */
  private posixClass(position: u64): void {
    const start = this.at;
    while (this.at < this.end && load<u8>(this.at) != 0x5d) this.at += 1;
    const size = <i32>(this.at - start);
    if (this.take() != 0x5d || size < 3 || load<u8>(start) != 0x3a || load<u8>(start + size - 1) != 0x3a) {
      this.failed = true;
      return;
    }
    const name = String.UTF8.decodeUnsafe(start + 1, size - 2);
    if (name == "alnum" || name == "alpha") {
      this.allow(position, 0x41, 0x5a);
      this.allow(position, 0x61, 0x7a);
      if (name == "alnum") this.allow(position, 0x30, 0x39);
    } else if (name == "digit") this.allow(position, 0x30, 0x39);
    else if (name == "lower") this.allow(position, 0x61, 0x7a);
    else if (name == "upper") this.allow(position, 0x41, 0x5a);
    else if (name == "word") this.allowNamed(position, 0x77);
    else if (name == "xdigit") {
      this.allow(position, 0x30, 0x39);
      this.allow(position, 0x41, 0x46);
      this.allow(position, 0x61, 0x66);
    } else this.failed = true;
  }

  private newPosition(): u64 {
    if (this.count == MAX_POSITIONS) {
      this.failed = true;
      return 0;
    }
    return (<u64>1) << this.count++;
  }

  private allow(position: u64, from: i32, to: i32): void {
    for (let byte = from; byte <= to && byte < ASCII; ++byte) this.takes[byte] |= position;
  }

  private allowAllBut(position: u64, but: i32): void {
    this.allow(position, 0, but - 1);
    this.allow(position, but + 1, ASCII - 1);
  }

  private negate(position: u64): void {
    for (let byte = 0; byte < ASCII; ++byte) this.takes[byte] ^= position;
  }

  private link(from: u64, to: u64): void {
    for (let rest = from; rest != 0; rest &= rest - 1) this.follow[<i32>ctz(rest)] |= to;
  }

  private isNext(byte: i32): bool {
    return this.at < this.end && load<u8>(this.at) == byte;
  }

  /** The next byte; -1 at the end, which is a failure. */
  private take(): i32 {
    if (this.at >= this.end) {
      this.failed = true;
      return -1;
    }
    const byte = load<u8>(this.at);
    this.at += 1;
    return byte;
  }
}

/** What means something alone; braces too, as RE2 takes some for themselves. */
function isSpecial(byte: i32): bool {
  return (
    byte < 0 ||
    byte >= ASCII ||
    byte == 0x2a ||
    byte == 0x2b ||
    byte == 0x3f ||
    byte == 0x5e ||
    byte == 0x24 ||
    byte == 0x29 ||
    byte == 0x5d ||
    byte == 0x7b ||
    byte == 0x7d ||
    byte == 0x7c
  );
}

function isDigit(byte: i32): bool {
  return byte >= 0x30 && byte <= 0x39;
}

function isWordByte(byte: i32): bool {
  const letter = byte | 0x20;
  return isDigit(byte) || (letter >= 0x61 && letter <= 0x7a) || byte == 0x5f;
}

/** As RE2's `\s`. */
function isSpace(byte: i32): bool {
  return byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0c || byte == 0x0d;
}

function contains(ptr: usize, size: i32, part: ArrayBuffer): bool {
  const length = part.byteLength;
  const from = changetype<usize>(part);
  const first = load<u8>(from);
  for (let i = 0; i <= size - length; ++i) {
    if (load<u8>(ptr + i) == first && memory.compare(ptr + i, from, length) == 0) return true;
  }
  return false;
}
