// When to collect garbage: asc's "minimal" runtime collects only when told to, and only with an empty guest stack, which
// is so when the outermost callback ends. Under the other runtimes all of this compiles to nothing.
import { Runtime } from "shared/runtime";
import { beginStream } from "./crash-guard";

/** Callbacks may nest on some hosts (a host call that calls back); the stack is empty only at depth 0. */
let depth: i32 = 0;
let pages: i32 = 0;

/** Every callback begins with this. */
export function enter(): void {
  beginStream();
  if (ASC_RUNTIME == Runtime.Minimal) ++depth;
}

/** Every callback ends with this, after its last use of a managed object. */
export function leave(): void {
  if (ASC_RUNTIME == Runtime.Minimal) {
    if (--depth == 0 && isDue()) __collect();
  }
}

function isDue(): bool {
  if (isDefined(__collectionIsDue)) return __collectionIsDue();
  // asc's own collector, without the SDK's transform, does not say how much there is to collect.
  const before = pages;
  pages = memory.size();
  return before != pages;
}
