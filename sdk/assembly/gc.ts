// When to collect garbage. asc's "minimal" runtime collects only when told to, and only with an empty guest stack: that
// is so when the outermost callback ends. A collection costs time for every live object, so it is due when as many
// streams have ended as are open (at least 64), which makes its cost per stream constant, or when memory has grown.
// Under the other runtimes all of this compiles to nothing.
import { Runtime } from "shared/runtime";

/** Callbacks may nest on some hosts (a host call that calls back); the stack is empty only at depth 0. */
let depth: i32 = 0;
let ended: i32 = 0;
let pages: i32 = memory.size();

/** Every callback begins with this. */
export function enter(): void {
  if (ASC_RUNTIME == Runtime.Minimal) ++depth;
}

/** Every callback ends with this, after its last use of a managed object. `open` counts the contexts alive. */
export function leave(): void {
  if (ASC_RUNTIME == Runtime.Minimal) {
    if (--depth == 0 && memory.size() != pages) collect();
  }
}

/** `proxy_on_delete` ends with this in place of `leave`. */
export function leaveDeleted(open: i32): void {
  if (ASC_RUNTIME == Runtime.Minimal) {
    if (--depth == 0 && ++ended >= max(64, open)) collect();
  }
}

function collect(): void {
  __collect();
  ended = 0;
  pages = memory.size();
}
