// Expressions of the Common Expression Language, evaluated by Envoy over the stream's attributes.
// Source: envoy source/extensions/common/wasm/foreign.cc (expr_create, expr_evaluate, expr_delete).
import { Status } from "./abi";
import { callForeignFunction } from "./foreign";
import { decode, first } from "./text";

/** A compiled expression; it belongs to the root context that compiled it. */
export class Expression {
  /** null: the text does not compile. Names that are unknown show only when it is evaluated. */
  static compile(text: string): Expression | null {
    const result = callForeignFunction("expr_create", first().set(text).toBuffer());
    return result.status == Status.Ok && result.bytes.byteLength == 4 ? new Expression(result.bytes) : null;
  }

  private constructor(private token: ArrayBuffer) {}

  /** null: it cannot be evaluated now, as when a header it names is missing. */
  evaluate(): Value | null {
    const result = callForeignFunction("expr_evaluate", this.token);
    return result.status == Status.Ok ? new Value(result.bytes) : null;
  }

  /** Frees it at the host; it must not be evaluated after that. */
  delete(): void {
    callForeignFunction("expr_delete", this.token);
  }
}

/** What an expression yields, as Envoy encodes it: the caller knows the type. */
export class Value {
  constructor(readonly bytes: ArrayBuffer) {}

  string(): string {
    return decode(this.bytes);
  }

  /** A boolean is one byte; false for anything else. */
  bool(): bool {
    return this.bytes.byteLength == 1 && load<u8>(changetype<usize>(this.bytes)) != 0;
  }

  /** A whole number, a duration or a time in nanoseconds is 8 bytes; `otherwise` for anything else. */
  integer(otherwise: i64): i64 {
    return this.bytes.byteLength == 8 ? load<i64>(changetype<usize>(this.bytes)) : otherwise;
  }

  double(otherwise: f64): f64 {
    return this.bytes.byteLength == 8 ? load<f64>(changetype<usize>(this.bytes)) : otherwise;
  }
}
