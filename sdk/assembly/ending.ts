// Whether a callback runs now in which answering or closing the stream would crash Envoy: `onLog`, `onDone`,
// `onResponseMetadata`.
import { log } from "./log";

let ending: bool = false;

export function isEnding(): bool {
  return ending;
}

export function setEnding(value: bool): void {
  ending = value;
}

/** As `isEnding`, and says in the log what was refused. */
export function isRefused(what: string): bool {
  if (ending) log.critical(what + " is refused in onLog, onDone and onResponseMetadata: Envoy would crash");
  return ending;
}
