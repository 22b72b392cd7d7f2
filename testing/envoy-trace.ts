/** What Envoy's log at level trace tells of calls: their numbers, and neither what lies at addresses nor how long they took. */
import type { WasmEvent } from "@proxy-wasm-kit/envoy";
import { resultName } from "@proxy-wasm-kit/host";
import { type TracedCall, TraceTree } from "./trace.ts";

/** Called for each value that is given to a guest: of no interest, and no part of what our own host traces. */
const allocators = new Set(["malloc", "proxy_on_memory_allocate"]);

export class EnvoyTrace {
  /** Of each thread. */
  readonly #trees = new Map<string, TraceTree>();

  add(event: WasmEvent, thread: string): void {
    if (event.kind === "log") return;
    const tree = this.#trees.get(thread) ?? new TraceTree();
    this.#trees.set(thread, tree);
    if (event.kind === "failure") {
      fail(tree, event.message);
      return;
    }
    const name = event.name.replace(/^env\./, "");
    if (allocators.has(name)) return;
    if (event.kind === "call" || event.kind === "hostCall") {
      const kind = event.kind === "call" ? "callback" : "hostCall";
      const [first = null] = name.startsWith("proxy_on_") ? event.arguments : [];
      tree.begin({ kind, plugin: "", context: first, name, arguments: event.arguments });
    } else if (tree.open.includes(name)) {
      // What is still open inside of it was cut short.
      while (tree.open[0] !== name) tree.end({});
      tree.end(event.result === undefined ? {} : { result: resultName(name, event.result) });
    }
  }

  /** The outermost calls that have returned since the last time something was taken. */
  take(): TracedCall[] {
    return [...this.#trees.values()].flatMap((tree) => tree.take());
  }
}

/** The callback that is named has been cut short, and what it called. */
function fail(tree: TraceTree, message: string): void {
  const [, name = ""] = /^Function: (\w+) /.exec(message) ?? [];
  if (!tree.open.includes(name)) return;
  while (tree.open[0] !== name) tree.end({});
  tree.end({ failure: message });
}
