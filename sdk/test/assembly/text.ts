// The decoder over bytes of the test's choice.
import "@proxy-wasm-kit/sdk";
import { decodeAt, Encoder } from "@proxy-wasm-kit/sdk/assembly/text";

const room = heap.alloc(65536);

export function input(): usize {
  return room;
}

let text: string = "";

/** Decodes `size` bytes; returns where the UTF-16 is. */
export function decode(size: i32): usize {
  text = decodeAt(room, size);
  return changetype<usize>(text);
}

export function length(): i32 {
  return text.length;
}

/** Encodes what was decoded, back into the room; returns the size. */
export function encode(): i32 {
  const encoder = new Encoder().set(text);
  memory.copy(room, encoder.ptr, encoder.length);
  return encoder.length;
}

/** Writes a number in decimal into the room; returns the size. */
export function number(value: i64): i32 {
  const encoder = new Encoder().appendNumber(value);
  memory.copy(room, encoder.ptr, encoder.length);
  return encoder.length;
}

export function collect(): void {
  if (__collectionIsDue()) __collect();
}
