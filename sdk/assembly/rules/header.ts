// Conditions on headers. Names repeat: a condition holds when any line of the name is as it says.
import { HeaderEntries } from "../headers";
import { ConfigReader } from "../json/config-reader";
import { isText, same } from "../text";
import { keyIn } from "./key-in";

enum Kind {
  Exact,
  Prefix,
  Present,
  Absent,
}

export class HeaderCondition {
  /** `{"name": "x-a"}` with one of "exact", "prefix" and "present". */
  static read(reader: ConfigReader): HeaderCondition {
    const name = reader.headerName("name");
    if (isText(changetype<usize>(name), name.byteLength, "host")) {
      reader.fail("name", '"hosts" in the place of this header', "");
    }
    let kind = <Kind>keyIn(reader, ["exact", "prefix", "present"], 'one of "exact" "prefix" "present"');
    let value = new ArrayBuffer(0);
    if (kind == Kind.Exact) value = reader.bytes("exact");
    else if (kind == Kind.Prefix) value = reader.bytes("prefix");
    else if (kind == Kind.Present && !reader.bool("present")) kind = Kind.Absent;
    return new HeaderCondition(name, kind, value);
  }

  /** The condition after this one, of all those that the rules have. */
  next: HeaderCondition | null = null;
  private seen: bool = false;

  private constructor(
    private name: ArrayBuffer,
    private kind: Kind,
    private value: ArrayBuffer,
  ) {}

  /** Whether the headers were as it says. */
  get holds(): bool {
    return this.seen != (this.kind == Kind.Absent);
  }

  /** Before the first line of a request. Returns the condition after this one. */
  begin(): HeaderCondition | null {
    this.seen = false;
    return this.next;
  }

  /** Looks at the current line. Returns the condition after this one. */
  look(line: HeaderEntries): HeaderCondition | null {
    if (!this.seen && line.nameEquals(this.name)) this.seen = this.hasValue(line.valuePtr, line.valueSize);
    return this.next;
  }

  private hasValue(ptr: usize, size: i32): bool {
    if (this.kind >= Kind.Present) return true;
    const length = this.value.byteLength;
    if (this.kind == Kind.Exact ? size != length : size < length) return false;
    return same(changetype<usize>(this.value), ptr, length);
  }
}
