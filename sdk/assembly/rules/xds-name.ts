// The names of the route and the virtual host that Envoy chose: asked for only when a rule names one, once a request.
import { Status } from "../abi";
import * as host from "../env";
import { givenSize, lend, outPtr, outSize, reclaim } from "../memory";
import { first, same } from "../text";

export class XdsName {
  private room: ArrayBuffer = new ArrayBuffer(128);
  /** Of the name, in `room`; -1 when there is none, -2 when it was not asked for. */
  private size: i32 = -2;

  /** `path`: the property's, with NUL between its parts as the host has it. */
  constructor(private path: string) {}

  /** Before a request. */
  forget(): void {
    this.size = -2;
  }

  isOneOf(names: StaticArray<ArrayBuffer>): bool {
    if (this.size == -2) this.read();
    const room = changetype<usize>(this.room);
    for (let i = 0; i < names.length; ++i) {
      const name = unchecked(names[i]);
      if (name.byteLength == this.size && same(changetype<usize>(name), room, this.size)) return true;
    }
    return false;
  }

  private read(): void {
    const path = first().set(this.path);
    lend(changetype<usize>(this.room), this.room.byteLength);
    const status = host.proxy_get_property(path.ptr, path.length, outPtr(), outSize());
    const larger = reclaim();
    this.size = status == Status.Ok ? givenSize() : -1;
    if (larger !== null && status == Status.Ok) this.room = larger;
  }
}
