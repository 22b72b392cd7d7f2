// Filters are compiled with `--use abort=abort_proc_exit`, which only finds a global.
import { abort } from "@proxy-wasm-kit/sdk/assembly/abort";

/** Logs what failed and where, as critical, and traps. (solo-io's imports `proc_exit` of a WASI that is gone.) */
// @ts-ignore: decorator
@global
export function abort_proc_exit(
  message: string | null,
  fileName: string | null,
  lineNumber: u32,
  columnNumber: u32,
): void {
  abort(message, fileName, lineNumber, columnNumber);
}
