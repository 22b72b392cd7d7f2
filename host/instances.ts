/**
 * Instances of one module. V8 takes longer to make one than for many requests, so the instance of a VM that is gone is
 * put back to how it was made, and used again.
 */
import { Counters, type Coverage } from "./coverage.ts";
import { EnvoyCrash } from "./envoy-crash.ts";
import { bindImports } from "./hostcalls/index.ts";
import { type CheckedModule, LoadError } from "./module.ts";
import type { Vm } from "./vm.ts";

export type GuestFunction = (...values: number[]) => number | undefined;

export interface Instance {
  readonly exports: ReadonlyMap<string, GuestFunction>;
  readonly memory: WebAssembly.Memory | null;
  /** Those that change. */
  readonly globals: readonly WebAssembly.Global[];
  /** Whose host functions it calls. */
  vm: Vm;
}

/** All that makes an instance differ from another. */
interface Image {
  readonly memory: Uint8Array;
  readonly globals: readonly unknown[];
}

export class Instances {
  readonly #module: CheckedModule;
  readonly #globalNames: readonly string[] | null;
  readonly #idle: Instance[] = [];
  readonly #counters: Counters | null;
  /** Of a new instance. */
  #image: Image | null = null;

  /** `globalNames`: the exports of globals that change; null when instances cannot be put back. */
  constructor(module: CheckedModule, globalNames: readonly string[] | null) {
    this.#module = module;
    this.#globalNames = globalNames;
    this.#counters = Counters.of(module.module);
  }

  /** What has run so far, in all of them; null when the module does not count. */
  coverage(): Coverage | null {
    return this.#counters?.coverage() ?? null;
  }

  /** An instance in its first state that no other VM has. Throws `LoadError`. */
  async take(vm: Vm): Promise<Instance> {
    const idle = this.#idle.pop();
    if (idle === undefined || this.#image === null) return this.#make(vm);
    this.#counters?.collect();
    restore(idle, this.#image);
    idle.vm = vm;
    return idle;
  }

  /** Only when nobody will call it any more. */
  giveBack(instance: Instance): void {
    const { memory } = instance;
    // Memory cannot shrink, and the guest can tell its size.
    const isAsBefore = memory !== null && memory.buffer.byteLength === this.#image?.memory.length;
    if (isAsBefore) this.#idle.push(instance);
  }

  async #make(vm: Vm): Promise<Instance> {
    const owner = { vm };
    const made = WebAssembly.instantiate(
      this.#module.module,
      bindImports(this.#module, () => owner.vm),
    );
    const { exports } = await made.catch((error: unknown) => {
      if (error instanceof EnvoyCrash) throw error;
      throw new LoadError(`Failed to instantiate the Wasm module: ${String(error)}`);
    });
    const all = Object.entries(exports);
    const instance = Object.assign(owner, {
      exports: new Map(all.filter((entry): entry is [string, GuestFunction] => typeof entry[1] === "function")),
      memory: all.map(([, value]) => value).find((value) => value instanceof WebAssembly.Memory) ?? null,
      globals: (this.#globalNames ?? []).map((name) => exports[name] as WebAssembly.Global),
    });
    this.#counters?.watch(exports, instance.memory);
    if (this.#globalNames !== null) this.#image ??= imageOf(instance);
    return instance;
  }
}

function imageOf({ memory, globals }: Instance): Image | null {
  if (memory === null) return null;
  return { memory: new Uint8Array(memory.buffer.slice(0)), globals: globals.map(({ value }) => value) };
}

function restore({ memory, globals }: Instance, image: Image): void {
  if (memory !== null) new Uint8Array(memory.buffer).set(image.memory);
  for (const [at, global] of globals.entries()) global.value = image.globals[at];
}
