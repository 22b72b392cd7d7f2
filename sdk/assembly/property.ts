// Properties (attributes) of the request, connection, node and plugin, and those that filters set themselves.
// Source: Envoy's attribute list; encoding of values in envoy source/extensions/common/wasm/context.cc.
import { Status } from "./abi";
import * as host from "./env";
import { HeaderEntries } from "./headers";
import { unexpected } from "./log";
import { outPtr, outSize, take } from "./memory";
import { decode, first, second } from "./text";

/** The path of a property, encoded once: keep it in a constant. */
export class Path {
  /** From its dotted form, such as "request.path". */
  static of(dotted: string): Path {
    const bytes = String.UTF8.encode(dotted);
    for (let at = changetype<usize>(bytes), end = at + bytes.byteLength; at < end; ++at) {
      if (load<u8>(at) == 46) store<u8>(at, 0);
    }
    return new Path(bytes);
  }

  /** From its segments, for those that have a dot in them, such as `["metadata", "filter_metadata", "envoy.lb"]`. */
  static segments(parts: string[]): Path {
    return new Path(String.UTF8.encode(parts.join("\0")));
  }

  private constructor(readonly bytes: ArrayBuffer) {}
}

export namespace property {
  /** The value as text; `null` when the property is absent now. Bytes that are no UTF-8 become U+FFFD. */
  export function text(path: Path): string | null {
    const value = bytes(path);
    return value === null ? null : decode(value);
  }

  /** The value as the host encodes it; `null` when the property is absent now (each has its own lifetime). */
  export function bytes(path: Path): ArrayBuffer | null {
    const name = path.bytes;
    const status = host.proxy_get_property(changetype<usize>(name), name.byteLength, outPtr(), outSize());
    if (status == Status.Ok) return take();
    // SerializationFailure: a table such as "request", which is no value.
    if (status != Status.NotFound && status != Status.SerializationFailure) unexpected("proxy_get_property", status);
    return null;
  }

  /** A whole number: 8 bytes; `otherwise` when absent or of another size. */
  export function integer(path: Path, otherwise: i64): i64 {
    const value = bytes(path);
    return value !== null && value.byteLength == 8 ? load<i64>(changetype<usize>(value)) : otherwise;
  }

  /** A point in time, such as "request.time", in nanoseconds since 1970. */
  export function timestampNs(path: Path, otherwise: i64): i64 {
    return integer(path, otherwise);
  }

  /** A length of time, such as "request.duration", in nanoseconds. */
  export function durationNs(path: Path, otherwise: i64): i64 {
    return integer(path, otherwise);
  }

  export function double(path: Path, otherwise: f64): f64 {
    const value = bytes(path);
    return value !== null && value.byteLength == 8 ? load<f64>(changetype<usize>(value)) : otherwise;
  }

  /** A boolean: 1 byte. */
  export function boolean(path: Path, otherwise: bool): bool {
    const value = bytes(path);
    return value !== null && value.byteLength == 1 ? load<u8>(changetype<usize>(value)) != 0 : otherwise;
  }

  /**
   * The entries of a map, such as "request.headers" or a Struct of metadata, in no order; a list is a map whose names are
   * its items. Values have the encoding of their own type. `null` when absent.
   */
  export function map(path: Path): HeaderEntries | null {
    const value = bytes(path);
    return value === null ? null : HeaderEntries.of(value);
  }

  export function has(path: Path): bool {
    return bytes(path) !== null;
  }

  /**
   * Sets filter state `wasm.<name>` of this stream, which later filters and access logs can read.
   * NotFound: there is no stream (root context). BadArgument: it is declared read-only and set already.
   */
  export function set(name: string, value: string): Status {
    second().set(value);
    return write(name);
  }

  /** As `set`, for values that are no text. */
  export function setBytes(name: string, value: ArrayBuffer): Status {
    second().clear().appendBytes(changetype<usize>(value), value.byteLength);
    return write(name);
  }
}

/** Sets the property to what is in second(). */
function write(name: string): Status {
  first().set(name);
  return host.proxy_set_property(first().ptr, first().length, second().ptr, second().length);
}
