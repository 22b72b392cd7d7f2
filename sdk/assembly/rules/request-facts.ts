// What rules look at in one request, read in one walk over its headers: pointers into that walk, so nothing is copied.
import { HeaderEntries, HeaderMap } from "../headers";
import { HeaderCondition } from "./header";
import { hostSize } from "./host";
import { PathPattern } from "./path";
import { XdsName } from "./xds-name";

export class RequestFacts {
  methodPtr: usize = 0;
  methodSize: i32 = 0;
  /** Without port, as it was sent. */
  hostPtr: usize = 0;
  hostSize: i32 = 0;
  /** Without query and fragment. */
  pathPtr: usize = 0;
  pathSize: i32 = 0;
  /** @internal */
  readonly route: XdsName = new XdsName("xds\0route_name");
  /** @internal */
  readonly virtualHost: XdsName = new XdsName("xds\0virtual_host_name");
  /**
   * What the path matched, of the rule that was looked at last; null when that has no paths.
   * @internal
   */
  pattern: PathPattern | null = null;
  /** Every rule's conditions on headers. */
  private conditions: HeaderCondition | null = null;

  /** @internal */
  add(condition: HeaderCondition): void {
    condition.next = this.conditions;
    this.conditions = condition;
  }

  read(headers: HeaderMap): void {
    this.begin();
    const lines = headers.entries();
    while (lines.next()) this.look(lines);
  }

  /** Before the first line of a request. */
  begin(): void {
    this.methodSize = this.hostSize = this.pathSize = 0;
    this.route.forget();
    this.virtualHost.forget();
    let condition = this.conditions;
    while (condition !== null) condition = condition.begin();
  }

  /** Looks at the current line of a walk, for filters that walk over the lines themselves. */
  look(line: HeaderEntries): void {
    if (line.nameIs(":method")) {
      this.methodPtr = line.valuePtr;
      this.methodSize = line.valueSize;
    } else if (line.nameIs(":authority")) {
      this.hostPtr = line.valuePtr;
      this.hostSize = hostSize(line.valuePtr, line.valueSize);
    } else if (line.nameIs(":path")) {
      this.pathPtr = line.valuePtr;
      this.pathSize = pathSize(line.valuePtr, line.valueSize);
    }
    let condition = this.conditions;
    while (condition !== null) condition = condition.look(line);
  }
}

/** The size of a request target's path: up to "?" or "#". */
function pathSize(ptr: usize, size: i32): i32 {
  let end = 0;
  while (end < size && load<u8>(ptr + end) != 0x3f && load<u8>(ptr + end) != 0x23) ++end;
  return end;
}
