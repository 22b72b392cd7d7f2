// Protobuf's encoding, as much of it as calls to gRPC services and to Envoy's foreign functions take. Messages are written
// and read field by field, by number. Source: protobuf.dev, "Encoding".
import { decode, Encoder, first } from "./text";

enum WireType {
  Varint = 0,
  Fixed64 = 1,
  Bytes = 2,
  Fixed32 = 5,
}

/** Writes a message: `new ProtobufWriter().text(1, "a").number(2, 7).toBuffer()`. Fields that hold their default are left out. */
export class ProtobufWriter {
  private to: Encoder = new Encoder();

  text(field: u32, value: string): this {
    first().set(value);
    return this.append(field, first().ptr, first().length);
  }

  bytes(field: u32, value: ArrayBuffer): this {
    return this.append(field, changetype<usize>(value), value.byteLength);
  }

  /** Any whole number that is not `sint` or `fixed`, an enum, or a boolean. */
  number(field: u32, value: u64): this {
    if (value == 0) return this;
    this.varint((field << 3) | WireType.Varint);
    this.varint(value);
    return this;
  }

  /** A message inside of this one; an empty one too, as its presence says something. */
  message(field: u32, value: ProtobufWriter): this {
    this.varint((field << 3) | WireType.Bytes);
    this.varint(value.to.length);
    this.to.appendBytes(value.to.ptr, value.to.length);
    return this;
  }

  toBuffer(): ArrayBuffer {
    return this.to.toBuffer();
  }

  private append(field: u32, ptr: usize, size: i32): this {
    if (size == 0) return this;
    this.varint((field << 3) | WireType.Bytes);
    this.varint(size);
    this.to.appendBytes(ptr, size);
    return this;
  }

  private varint(value: u64): void {
    while (value >= 0x80) {
      this.to.appendByte(0x80 | <i32>(value & 0x7f));
      value >>= 7;
    }
    this.to.appendByte(<i32>value);
  }
}

/** Walks over the fields of a message: `while (reader.next()) if (reader.field == 1) name = reader.text();` */
export class ProtobufReader {
  /** Number of the current field. */
  field: u32 = 0;
  /** Whether the bytes are no message; `next` is false from there on, and what came before was read. */
  malformed: bool = false;

  private at: i32 = 0;
  private type: u32 = 0;
  private value: u64 = 0;
  private start: i32 = 0;

  constructor(private bytesOf: ArrayBuffer) {}

  next(): bool {
    if (this.malformed || this.at == this.bytesOf.byteLength) return false;
    const tag = <u32>this.varint();
    this.field = tag >> 3;
    this.type = tag & 7;
    this.value = 0;
    if (this.type == WireType.Varint) this.value = this.varint();
    else if (this.type == WireType.Fixed64) this.skip(8);
    else if (this.type == WireType.Fixed32) this.skip(4);
    else if (this.type == WireType.Bytes) this.skip(this.varint());
    else this.malformed = true;
    return !this.malformed;
  }

  /** The current field as a whole number, an enum or a boolean; 0 when it is of another kind. */
  number(): u64 {
    return this.value;
  }

  /** The current field as bytes, or a message; empty when it is of another kind. */
  bytes(): ArrayBuffer {
    return this.type == WireType.Bytes ? this.bytesOf.slice(this.start, this.at) : new ArrayBuffer(0);
  }

  text(): string {
    return decode(this.bytes());
  }

  /** The current field as a `double` or a `float`; 0 when it is of another kind. */
  double(): f64 {
    const at = changetype<usize>(this.bytesOf) + this.start;
    if (this.type == WireType.Fixed64) return load<f64>(at);
    return this.type == WireType.Fixed32 ? <f64>load<f32>(at) : 0;
  }

  /** The current field as a `fixed64` or a `fixed32`; 0 when it is of another kind. */
  fixed(): u64 {
    const at = changetype<usize>(this.bytesOf) + this.start;
    if (this.type == WireType.Fixed64) return load<u64>(at);
    return this.type == WireType.Fixed32 ? <u64>load<u32>(at) : 0;
  }

  private skip(size: u64): void {
    this.start = this.at;
    if (size > <u64>(this.bytesOf.byteLength - this.at)) this.malformed = true;
    else this.at += <i32>size;
  }

  private varint(): u64 {
    let value: u64 = 0;
    for (let shift = 0; shift < 64; shift += 7) {
      if (this.at == this.bytesOf.byteLength) break;
      const byte = load<u8>(changetype<usize>(this.bytesOf) + this.at++);
      value |= (<u64>(byte & 0x7f)) << shift;
      if (byte < 0x80) return value;
    }
    this.malformed = true;
    return 0;
  }
}
