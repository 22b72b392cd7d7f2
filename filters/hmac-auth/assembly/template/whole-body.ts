// The whole body at once, for what cannot be read piece by piece. One room serves all requests, grown when needed.
import { BufferKind, BufferReader } from "@proxy-wasm-kit/sdk";

export class WholeBody {
  size: i32 = 0;
  private room: StaticArray<u8> = new StaticArray<u8>(0);
  private reader: BufferReader = new BufferReader(BufferKind.HttpRequestBody, 0);

  get ptr(): usize {
    return changetype<usize>(this.room);
  }

  /** Reads the body of so many bytes; false when the host has another one. */
  read(size: i32): bool {
    // Doubled, as a block that is given up is kept for its own size only.
    if (size > this.room.length) this.room = new StaticArray<u8>(max(size, max(this.room.length * 2, 4096)));
    const reader = this.reader;
    reader.seek(0);
    this.size = 0;
    while (reader.next()) {
      if (this.size + reader.length > size) return false;
      memory.copy(this.ptr + this.size, reader.ptr, reader.length);
      this.size += reader.length;
    }
    return this.size == size;
  }
}
