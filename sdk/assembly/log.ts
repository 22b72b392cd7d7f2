// Logging to the host's `wasm` logger. With the SDK's transform, the argument of `log.trace`, `log.debug` and
// `log.info` is not evaluated when the level is off: no string is built for a line that nobody reads.
import { LogLevel, Status } from "./abi";
import * as host from "./env";
import { outPtr, outU32 } from "./memory";
import { Encoder, first } from "./text";

export namespace log {
  export function trace(message: string): void {
    write(LogLevel.Trace, message);
  }
  export function debug(message: string): void {
    write(LogLevel.Debug, message);
  }
  export function info(message: string): void {
    write(LogLevel.Info, message);
  }
  export function warn(message: string): void {
    write(LogLevel.Warn, message);
  }
  export function error(message: string): void {
    write(LogLevel.Error, message);
  }
  export function critical(message: string): void {
    write(LogLevel.Critical, message);
  }

  /** Whether a line of this level would be written now. The level can change while Envoy runs (`/logging`). */
  export function enabled(level: LogLevel): bool {
    return host.proxy_get_log_level(outPtr()) == Status.Ok && <i32>outU32() <= level;
  }
}

function write(level: LogLevel, message: string): void {
  first().set(message);
  host.proxy_log(level, first().ptr, first().length);
}

/** Logs each line of `lines`, with "<name>: " before it. */
export function logLines(level: LogLevel, name: string, lines: Encoder): void {
  const end = lines.ptr + lines.length;
  for (let start = lines.ptr; start < end; ) {
    let stop = start;
    while (stop < end && load<u8>(stop) != 10) ++stop;
    first()
      .set(name)
      .append(": ")
      .appendBytes(start, <i32>(stop - start));
    host.proxy_log(level, first().ptr, first().length);
    start = stop + 1;
  }
}

/** Logs that a host call returned a status its documentation does not name; the SDK then goes on as if it had failed. */
export function unexpected(hostCall: string, status: Status): void {
  first().set(hostCall).append(": unexpected status ").appendNumber(status);
  host.proxy_log(LogLevel.Error, first().ptr, first().length);
}
