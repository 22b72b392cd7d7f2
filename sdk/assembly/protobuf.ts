// The little of protobuf's encoding that foreign functions of Envoy take. Source: protobuf.dev, "Encoding".
import { Encoder } from "./text";

/** Appends a field of text or bytes. */
export function bytesField(to: Encoder, field: u32, ptr: usize, size: i32): void {
  varint(to, (field << 3) | 2);
  varint(to, size);
  to.appendBytes(ptr, size);
}

/** Appends a number, an enum or a boolean; 0 is the default and is left out. */
export function numberField(to: Encoder, field: u32, value: u32): void {
  if (value == 0) return;
  varint(to, field << 3);
  varint(to, value);
}

function varint(to: Encoder, value: u32): void {
  while (value >= 0x80) {
    to.appendByte(0x80 | (value & 0x7f));
    value >>= 7;
  }
  to.appendByte(value);
}
