// Buffers of the host: bodies, configuration, data of callouts. One class serves all.
import { BufferKind, Status } from "./abi";
import * as host from "./env";
import { unexpected } from "./log";
import { givenSize, lend, outPtr, outSize, outU32, reclaim, take } from "./memory";
import { decode, first } from "./text";

/** Room that every BufferReader reads through, one at a time. */
const WINDOW_SIZE = 16384;
let window: usize = 0;

/** The room, made when it is first needed. */
function windowPtr(): usize {
  if (window == 0) window = heap.alloc(WINDOW_SIZE);
  return window;
}

/**
 * What is in it depends on the callback: a body buffer has the piece that just came or, after StopIterationAndBuffer,
 * the whole body so far. Envoy never adjusts content-length: remove that header before a body is changed.
 */
export class Buffer {
  constructor(readonly kind: BufferKind) {}

  /** Bytes there now; 0 when the buffer is absent. */
  get size(): i32 {
    const status = host.proxy_get_buffer_status(this.kind, outPtr(), outSize());
    if (status == Status.Ok) return <i32>outU32();
    if (status != Status.NotFound) unexpected("proxy_get_buffer_status", status);
    return 0;
  }

  /** A copy of at most `max` bytes from `start`; empty past the end, or when the buffer is absent. */
  bytes(start: i32 = 0, max: i32 = i32.MAX_VALUE): ArrayBuffer {
    const status = host.proxy_get_buffer_bytes(this.kind, start, max, outPtr(), outSize());
    if (status == Status.Ok) return take();
    if (status != Status.NotFound) unexpected("proxy_get_buffer_bytes", status);
    return new ArrayBuffer(0);
  }

  /** All of it as text. Bytes that are no UTF-8 become U+FFFD: never check a signature over text. */
  text(): string {
    return decode(this.bytes());
  }

  /** Walks over the bytes from `start` without keeping any of them. */
  reader(start: i32 = 0): BufferReader {
    return new BufferReader(this.kind, start);
  }

  /** Replaces everything. BadArgument: the buffer is absent or cannot be changed now. The same for the others. */
  replace(data: ArrayBuffer): Status {
    return this.write(0, i32.MAX_VALUE, changetype<usize>(data), data.byteLength);
  }

  replaceText(text: string): Status {
    first().set(text);
    return this.write(0, i32.MAX_VALUE, first().ptr, first().length);
  }

  prepend(data: ArrayBuffer): Status {
    return this.write(0, 0, changetype<usize>(data), data.byteLength);
  }

  append(data: ArrayBuffer): Status {
    return this.write(i32.MAX_VALUE, 0, changetype<usize>(data), data.byteLength);
  }

  private write(start: i32, length: i32, data: usize, size: i32): Status {
    return host.proxy_set_buffer_bytes(this.kind, start, length, data, size);
  }
}

/**
 * Reads a buffer piece by piece through one room of 16 KiB: a body of any size costs no memory of the module's own.
 * `ptr` and `length` are the current piece, valid until the next call of any reader.
 */
export class BufferReader {
  ptr: usize = 0;
  length: i32 = 0;

  constructor(
    private kind: BufferKind,
    private at: i32,
  ) {}

  /** No more can be behind the current piece: it was shorter than asked for. */
  get isLast(): bool {
    return this.length < WINDOW_SIZE;
  }

  /** Goes on reading from `start`. */
  seek(start: i32): void {
    this.at = start;
  }

  /** Reads the next piece; false at the end, or when the buffer is absent. */
  next(): bool {
    lend(windowPtr(), WINDOW_SIZE);
    const status = host.proxy_get_buffer_bytes(this.kind, this.at, WINDOW_SIZE, outPtr(), outSize());
    reclaim();
    if (status != Status.Ok) {
      if (status != Status.NotFound) unexpected("proxy_get_buffer_bytes", status);
      return false;
    }
    const size = min(givenSize(), WINDOW_SIZE);
    if (size <= 0) return false;
    this.ptr = windowPtr();
    this.length = size;
    this.at += size;
    return true;
  }
}
