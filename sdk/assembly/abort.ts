// What the compiler calls on a failed assertion, an access out of bounds or `throw`: says where, then traps. The
// transform makes it the module's `abort`, so that no import is needed (Envoy refuses modules that import env.abort).
import { LogLevel } from "./abi";
import { proxy_log } from "./env";
import { first } from "./text";

export function abort(message: string | null, file: string | null, line: u32, column: u32): void {
  // `=== null` would call the comparison of strings, for which most modules have no other use.
  first()
    .set(message ? message : "abort")
    .append(" at ");
  // The column would be one more constant at every place that can abort.
  first()
    .append(file ? file : "")
    .append(":")
    .appendNumber(line);
  proxy_log(LogLevel.Critical, first().ptr, first().length);
  unreachable();
}
