/**
 * A module alone, without a proxy: instantiated here, its callbacks called as Envoy does for a GET, its host calls
 * answered with as little as possible. What is measured is the guest's own time and memory.
 */
import { readFileSync } from "node:fs";
import { addedHeader, configuration, rootId, type Variant } from "./variants.ts";

type Callback = (...args: number[]) => number;

/** Level "warn" of the ABI, which Envoy has by default. */
const logLevel = 3;

export class Guest {
  /** How often the filter has set its header. */
  headersSet = 0;
  readonly memory: WebAssembly.Memory;
  readonly #exports: Readonly<Record<string, Callback | undefined>>;
  /** The root context has id 1, as in Envoy. */
  #lastId = 1;

  constructor({ module: file }: Variant) {
    const module = new WebAssembly.Module(readFileSync(file ?? ""));
    const imports: Record<string, Record<string, Callback>> = {};
    for (const { module: from, name } of WebAssembly.Module.imports(module)) {
      imports[from] = { ...imports[from], [name]: this.#hostCalls[name] ?? (() => 0) };
    }
    const { exports } = new WebAssembly.Instance(module, imports);
    this.memory = exports.memory as WebAssembly.Memory;
    this.#exports = exports as Record<string, Callback>;
    (this.#exports._initialize ?? this.#exports._start)?.();
    this.#exports.proxy_on_context_create?.(1, 0);
    this.#exports.proxy_on_vm_start?.(1, 0);
    this.#exports.proxy_on_configure?.(1, configuration.length);
  }

  /** Begins a stream; the callbacks are those before a request waits for its answer. */
  open(): number {
    const id = ++this.#lastId;
    this.#exports.proxy_on_context_create?.(id, 1);
    this.#exports.proxy_on_request_headers?.(id, 3, 1);
    return id;
  }

  /** Whole streams, one after the other, with a body of 6 bytes in the answer. */
  run(requests: number): void {
    const { proxy_on_response_headers, proxy_on_response_body, proxy_on_done, proxy_on_log, proxy_on_delete } =
      this.#exports;
    for (let i = 0; i < requests; ++i) {
      const id = this.open();
      proxy_on_response_headers?.(id, 3, 0);
      proxy_on_response_body?.(id, 6, 1);
      proxy_on_done?.(id);
      proxy_on_log?.(id);
      proxy_on_delete?.(id);
    }
  }

  /** Hands bytes to the guest as a host does: in memory that the guest allocates. */
  #give(text: string, outPtr: number, outSize: number): number {
    const at = this.#exports.malloc?.(text.length) ?? 0;
    const view = new DataView(this.memory.buffer);
    Buffer.from(this.memory.buffer, at).write(text);
    view.setUint32(outPtr, at, true);
    view.setUint32(outSize, text.length, true);
    return 0;
  }

  /** All others return 0, "ok". */
  readonly #hostCalls: Readonly<Record<string, Callback>> = {
    proxy_get_property: (_path, _size, outPtr = 0, outSize = 0) => this.#give(rootId, outPtr, outSize),
    proxy_get_buffer_bytes: (_kind, _from, _size, outPtr = 0, outSize = 0) =>
      this.#give(configuration, outPtr, outSize),
    proxy_get_log_level: (outLevel = 0) => {
      new DataView(this.memory.buffer).setUint32(outLevel, logLevel, true);
      return 0;
    },
    proxy_replace_header_map_value: (_map, namePtr = 0, nameSize = 0) => {
      this.headersSet += 1;
      return nameSize === addedHeader.length && namePtr > 0 ? 0 : 2;
    },
  };
}

/** Nanoseconds for each request with so many streams open, that of the request among them; one number a round. */
export function guestNs(variant: Variant, openStreams: number, rounds: number, roundMs = 100): number[] {
  const guest = new Guest(variant);
  for (let i = 1; i < openStreams; ++i) guest.open();
  const batch = 1000;
  guest.run(30 * batch);
  return Array.from({ length: rounds }, () => {
    const begin = performance.now();
    let requests = 0;
    for (; performance.now() - begin < roundMs; requests += batch) guest.run(batch);
    return ((performance.now() - begin) * 1e6) / requests;
  });
}

/** Bytes of linear memory at the beginning, and after so many requests. */
export function memoryOf(variant: Variant, requests: number): { begin: number; end: number } {
  const guest = new Guest(variant);
  const begin = guest.memory.buffer.byteLength;
  guest.run(requests);
  if (variant.filter === "add-header" && guest.headersSet !== requests) {
    throw new Error(`${variant.sdk} has set ${guest.headersSet} headers in ${requests} requests`);
  }
  return { begin, end: guest.memory.buffer.byteLength };
}
