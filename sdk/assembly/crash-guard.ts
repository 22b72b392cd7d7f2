// What Envoy does not survive: to answer or close a stream that is ending (`onLog`, `onDone`, `onDelete`, and the metadata of
// a response), to close it twice or answer and close it in one callback, to resume a response that has not begun.
// Measured on 1.36, 1.39 and 1.40. All of it is refused here, with a word in the log.
import { Status } from "./abi";
import * as host from "./env";
import { log } from "./log";
import { outPtr, outSize } from "./memory";
import { first } from "./text";

let ending: bool = false;
/** The current stream was closed in this callback, or answered. */
let closed: bool = false;
let answered: bool = false;

export function isEnding(): bool {
  return ending;
}

export function setEnding(value: bool): void {
  ending = value;
}

/** Another callback, or another stream in the same one. */
export function beginStream(): void {
  closed = false;
  answered = false;
}

/** Whether a local response would crash Envoy. A second one in a callback the host itself leaves out. */
export function refusesAnswer(): bool {
  if (refuses("a local response", ending || closed)) return true;
  answered = true;
  return false;
}

/** Whether closing the stream would crash Envoy. */
export function refusesClose(): bool {
  if (refuses("closing the stream", ending || closed || answered)) return true;
  closed = true;
  return false;
}

/** Whether there is no response to resume. Envoy has a response code from the response's headers on. */
export function refusesResume(): bool {
  first().set("response").appendByte(0).append("code");
  const status = host.proxy_get_property(first().ptr, first().length, outPtr(), outSize());
  if (status == Status.Ok || ending) return false;
  log.critical("resuming the response is refused: it has not begun, and Envoy would crash");
  return true;
}

function refuses(what: string, isRefused: bool): bool {
  if (isRefused) log.critical(what + " is refused: it is over or ending, and Envoy would crash");
  return isRefused;
}
