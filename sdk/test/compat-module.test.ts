/** What the drop-in for solo-io's package puts into a module, and how its contexts end. */
import { beforeEach, describe, expect, test } from "vitest";
import { compileBytes } from "./compile.ts";

const modules = new Map<string, WebAssembly.Module>();
const sizes = new Map<string, number>();
for (const name of ["add-header", "auth", "network"]) {
  const bytes = await compileBytes(`sdk/test/assembly/compat-${name}.ts`, ["--use", "abort=abort_proc_exit"]);
  modules.set(name, await WebAssembly.compile(bytes));
  sizes.set(name, bytes.length);
}

function moduleOf(name: string): WebAssembly.Module {
  const found = modules.get(name);
  if (found === undefined) throw new Error(`no module ${name}`);
  return found;
}

describe("a module has", () => {
  const always = [
    ...["proxy_abi_version_0_2_1", "proxy_on_memory_allocate", "malloc", "memory", "_initialize"],
    ...["proxy_on_context_create", "proxy_on_configure", "proxy_on_delete"],
  ];
  const requests = ["proxy_on_request_headers", "proxy_on_request_body"];
  const connections = [
    ...["proxy_on_new_connection", "proxy_on_downstream_data", "proxy_on_upstream_data"],
    "proxy_on_downstream_connection_close",
  ];

  test.each([
    ["add-header", "the callbacks that are overridden", ["proxy_on_response_headers"]],
    ["auth", "the answers to what it asks", [...requests, "proxy_on_http_call_response"]],
    ["network", "those of connections", connections],
  ])("of %s %s", (name, _what, callbacks) => {
    const exported = WebAssembly.Module.exports(moduleOf(name));
    expect(exported.map((entry) => entry.name).sort()).toEqual([...always, ...callbacks].sort());
  });

  test("whatever of the drop-in a filter uses", async () => {
    const flags = ["--use", "abort=abort_proc_exit"];
    await expect(compileBytes("sdk/test/assembly/compat-everything.ts", flags)).resolves.toBeDefined();
  });

  test("less than a quarter of the 24,578 bytes that add-header had", () => {
    expect(sizes.get("add-header")).toBeLessThan(24_578 / 4);
  });
});

interface Callbacks {
  readonly memory: WebAssembly.Memory;
  _initialize(): void;
  proxy_on_memory_allocate(size: number): number;
  proxy_on_context_create(id: number, parent: number): void;
  proxy_on_request_headers(id: number, count: number, endOfStream: number): number;
  proxy_on_http_call_response(id: number, token: number, headers: number, bodySize: number, trailers: number): void;
  proxy_on_delete(id: number): void;
}

/** The auth filter with a host that takes every call; answers are up to the test. */
class Driven {
  readonly logs: string[] = [];
  /** Tokens are counted from 1. */
  calls = 0;
  /** Ids of contexts that the host does not have any more. */
  readonly gone = new Set<number>();
  readonly module: Callbacks;

  constructor(compiled: WebAssembly.Module) {
    const host: Record<string, (...args: number[]) => number> = {
      proxy_log: (_level = 0, ptr = 0, size = 0) =>
        this.logs.push(Buffer.from(this.#memory, ptr, size).toString()) && 0,
      proxy_get_property: (_path = 0, _pathSize = 0, ptrOut = 0, sizeOut = 0) => this.#give("auth", ptrOut, sizeOut),
      proxy_set_effective_context: (id = 0) => (this.gone.has(id) ? 2 : 0),
      proxy_http_call: (...args) => {
        new DataView(this.#memory).setUint32(args[9] ?? 0, ++this.calls, true);
        return 0;
      },
    };
    const names = WebAssembly.Module.imports(compiled).map(({ name }) => name);
    const env = Object.fromEntries(names.map((name) => [name, host[name] ?? (() => 1)]));
    this.module = new WebAssembly.Instance(compiled, { env }).exports as unknown as Callbacks;
    this.module._initialize();
    this.module.proxy_on_context_create(1, 0);
  }

  /** Opens a stream, which calls out. */
  open(id: number): void {
    this.module.proxy_on_context_create(id, 1);
    this.module.proxy_on_request_headers(id, 3, 1);
  }

  get #memory(): ArrayBuffer {
    return this.module.memory.buffer as ArrayBuffer;
  }

  #give(text: string, ptrOut: number, sizeOut: number): number {
    const ptr = this.module.proxy_on_memory_allocate(text.length);
    Buffer.from(this.#memory).write(text, ptr);
    new DataView(this.#memory).setUint32(ptrOut, ptr, true);
    new DataView(this.#memory).setUint32(sizeOut, text.length, true);
    return 0;
  }
}

describe("an httpCall", () => {
  let driven: Driven;
  beforeEach(() => {
    driven = new Driven(moduleOf("auth"));
  });

  test("that is open when its root context ends is called back as failed, once", () => {
    driven.open(2);
    driven.module.proxy_on_delete(1);
    const refused = "a local response is refused: it is over or ending, and Envoy would crash";
    expect(driven.logs).toEqual(["no answer", refused, "root deleted"]);
    driven.module.proxy_on_http_call_response(1, 1, 0, 0, 0);
    expect(driven.logs).toHaveLength(3);
  });

  test("whose stream is gone calls nothing", () => {
    driven.open(2);
    driven.gone.add(2);
    driven.module.proxy_on_delete(2);
    driven.module.proxy_on_http_call_response(1, 1, 0, 0, 0);
    driven.module.proxy_on_delete(1);
    expect(driven.logs).toEqual(["root deleted"]);
  });

  test("leaves nothing behind: memory stays where it is", () => {
    const pages = [20_000, 200_000].map((last) => {
      for (let id = driven.calls + 2; id < last; ++id) {
        driven.open(id);
        driven.module.proxy_on_http_call_response(1, driven.calls, 0, 0, 0);
        driven.module.proxy_on_delete(id);
      }
      driven.logs.length = 0;
      return driven.module.memory.buffer.byteLength / 65536;
    });
    expect(pages[1]).toBe(pages[0]);
    expect(pages[1]).toBeLessThanOrEqual(4);
  });
});
