/**
 * One instance of a module with its contexts: who is being called, what waits until the call returns, whether it failed.
 * Source: proxy-wasm-cpp-host src/wasm.cc `WasmBase`, src/context.cc `DeferAfterCallActions`.
 */
import type { CallbackName, LogLevel } from "./abi.ts";
import type { Attributes } from "./attributes.ts";
import type { ByteString } from "./byte-string.ts";
import type { Clock } from "./clock.ts";
import { type Context, VmContext } from "./context.ts";
import { EnvoyCrash } from "./envoy-crash.ts";
import type { GrpcCallouts } from "./grpc-callouts.ts";
import type { HttpCallouts } from "./http-callouts.ts";
import type { GuestFunction, Instance } from "./instances.ts";
import { GuestMemory } from "./memory.ts";
import { type Metrics, MetricTable } from "./metrics.ts";
import { LoadError, type LoadedModule } from "./module.ts";
import type { SharedData } from "./shared-data.ts";
import type { SharedQueues } from "./shared-queue.ts";
import type { Tracer } from "./trace.ts";

/** What all VMs of a host share. */
export interface HostServices {
  readonly clock: Clock;
  readonly sharedData: SharedData;
  readonly queues: SharedQueues;
  readonly metrics: Metrics;
  readonly callouts: HttpCallouts;
  readonly grpc: GrpcCallouts;
  readonly logLevel: LogLevel;
  /** Properties of every stream, and `xds.node` of root contexts. */
  readonly attributes: Attributes;
  readonly random: (bytes: Uint8Array<ArrayBuffer>) => void;
  /** A line a module logged; `prefix` says who, such as ` name root_id`. */
  readonly log: (level: LogLevel, prefix: ByteString, message: ByteString) => void;
  /** A line of the host itself, such as a trap. */
  readonly hostLog: (message: string) => void;
  readonly onCallback: (callback: Callback) => void;
  readonly onHostCall: (call: HostCall) => void;
  /** Null when nobody wants to know: tracing reads much of what is passed. */
  readonly tracer: Tracer | null;
}

/** One call into a module; without `result` when it has none or trapped. */
export interface Callback {
  readonly context: Context;
  readonly name: CallbackName;
  readonly arguments: readonly number[];
  readonly result?: number;
}

/** One call by a module that has returned, such as `{module: "env", name: "proxy_log", ...}`. Pointers are addresses. */
export interface HostCall {
  readonly module: string;
  readonly name: string;
  readonly arguments: readonly (number | bigint)[];
  readonly result?: number;
}

export interface VmOptions {
  readonly vmId: ByteString;
  readonly vmConfiguration: Uint8Array;
  readonly environment: ReadonlyMap<ByteString, ByteString>;
  /** Empty: all. */
  readonly allowedCapabilities: ReadonlySet<string>;
}

/** Host calls allowed in a phase, apart from WASI's in "start". */
export type Phase = "instantiate" | "start" | "allocate" | "run";

export class Vm {
  readonly services: HostServices;
  readonly options: VmOptions;
  readonly metrics: MetricTable;
  readonly contexts = new Map<number, Context>();
  readonly loaded: LoadedModule;
  phase: Phase = "instantiate";
  /** Why no more callbacks run; null while they do. */
  failure: string | null = null;
  /** The context being called; null outside of callbacks. */
  current: Context | null = null;
  nextHttpCallToken = 4;
  nextGrpcCallToken = 5;
  nextGrpcStreamToken = 6;
  #instance: Instance | null = null;
  #exports: ReadonlyMap<string, GuestFunction> = new Map();
  #memory: GuestMemory | null = null;
  #effective: Context | null = null;
  #nextContextId = 1;
  #stopsIteration = false;
  #afterCall: (() => void)[] = [];

  private constructor(loaded: LoadedModule, services: HostServices, options: VmOptions) {
    this.loaded = loaded;
    this.services = services;
    this.options = options;
    this.metrics = new MetricTable(services.metrics);
    this.contexts.set(0, new VmContext(this));
  }

  /** Instantiates and starts a module. Throws `LoadError`. */
  static async start(loaded: LoadedModule, services: HostServices, options: VmOptions): Promise<Vm> {
    const vm = new Vm(loaded, services, options);
    vm.#instance = await loaded.instances.take(vm);
    const { exports, memory } = vm.#instance;
    vm.#exports = exports;
    vm.#memory = new GuestMemory(memory ?? new WebAssembly.Memory({ initial: 0 }), (size) => vm.#allocate(size));
    vm.#start();
    if (vm.failure !== null) throw new LoadError(vm.failure);
    vm.phase = "run";
    return vm;
  }

  /** Ends the VM, and lets another one have its instance. */
  release(): void {
    const instance = this.#instance;
    this.#instance = null;
    this.failure ??= "the VM is gone";
    // A guest that is being called still needs its memory.
    if (instance !== null && this.current === null) this.loaded.instances.giveBack(instance);
  }

  get memory(): GuestMemory {
    if (this.#memory === null)
      throw new EnvoyCrash("a host call in the start section: build with --exportStart _initialize");
    return this.#memory;
  }

  /** The context host calls act on: the effective one if the guest has set one, else the one being called. */
  get context(): Context {
    const context = this.#effective ?? this.current;
    if (context === null) throw new EnvoyCrash("a host call outside of a callback");
    return context;
  }

  /** False for an unknown id; 0 goes back to the context being called. */
  setEffectiveContext(id: number): boolean {
    if (id === 0) {
      this.#effective = null;
      return true;
    }
    const context = this.contexts.get(id);
    if (context === undefined) return false;
    this.#effective = context;
    return true;
  }

  /** Files a context under the next id. */
  adopt(context: Context): number {
    const id = this.#nextContextId++;
    this.contexts.set(id, context);
    return id;
  }

  /** Runs an action when the outermost callback has returned, as Envoy does with all that may call the guest again. */
  defer(action: () => void): void {
    this.#afterCall.push(action);
  }

  /** A local response was sent: whatever the current callback returns, iteration stops. */
  stopIteration(): void {
    this.#stopsIteration = true;
  }

  exports(name: CallbackName): boolean {
    return this.#exports.has(name) && this.allows(name);
  }

  /** Whether the capability restriction lets this function be called. Emscripten's are never restricted. */
  allows(name: string, module = "env"): boolean {
    const { allowedCapabilities } = this.options;
    if (allowedCapabilities.size === 0 || allowedCapabilities.has(name)) return true;
    return module === "env" && !name.startsWith("proxy_");
  }

  /**
   * Calls back, lets `settle` read the outcome, then runs what was deferred.
   * `result`: null when the callback is not exported, has no result, or the VM failed before or in it.
   */
  callback<T>(
    context: Context,
    name: CallbackName,
    values: readonly number[],
    settle: (result: number | null, isStopped: boolean) => T,
  ): T {
    return this.failure === null ? this.callbackAnyway(context, name, values, settle) : this.#settle(null, settle);
  }

  /** As `callback`, in a VM that has failed too: Envoy starts one without looking (context.cc, `ContextBase::onStart`). */
  callbackAnyway<T>(
    context: Context,
    name: CallbackName,
    values: readonly number[],
    settle: (result: number | null, isStopped: boolean) => T,
  ): T {
    return this.#settle(this.#call(context, name, values) ?? null, settle);
  }

  #settle<T>(result: number | null, settle: (result: number | null, isStopped: boolean) => T): T {
    const settled = settle(result, this.#stopsIteration);
    this.#stopsIteration = false;
    for (let action = this.#afterCall.shift(); action !== undefined; action = this.#afterCall.shift()) action();
    return settled;
  }

  #call(context: Context, name: CallbackName, values: readonly number[]): number | undefined {
    const guest = this.#exports.get(name);
    if (guest === undefined || !this.allows(name)) return undefined;
    const { failure } = this;
    const result = this.#traced(context, name, values, guest);
    const isReturn = result !== undefined && this.failure === failure;
    const unsigned = isReturn ? result >>> 0 : undefined;
    this.services.onCallback({
      context,
      name,
      arguments: values,
      ...(unsigned === undefined ? {} : { result: unsigned }),
    });
    return unsigned;
  }

  #traced(context: Context | null, name: string, values: readonly number[], guest: GuestFunction): number | undefined {
    const { tracer } = this.services;
    const enter = () => this.#enter(context, name, () => guest(...values));
    return tracer === null ? enter() : tracer.callback({ vm: this, context, name, values }, enter);
  }

  /** A callback that is called inside a host call starts without effective context, and leaves the outer one alone. */
  #enter<T>(context: Context | null, name: string, call: () => T): T | undefined {
    const outer = { current: this.current, effective: this.#effective };
    this.current = context;
    this.#effective = null;
    try {
      return call();
    } catch (error) {
      if (error instanceof EnvoyCrash) throw error;
      this.#fail(name, error);
      return undefined;
    } finally {
      this.current = outer.current;
      this.#effective = outer.effective;
    }
  }

  #fail(name: string, error: unknown): void {
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    const failure = `Function: ${name} failed: Uncaught ${reason}${this.loaded.debugInfo.backtrace(error)}`;
    this.failure ??= failure;
    this.services.hostLog(failure);
  }

  #start(): void {
    this.phase = "start";
    const starter = this.contexts.get(0) ?? null;
    const run = (name: string, ...values: number[]): boolean => {
      const guest = this.#exports.get(name);
      if (guest === undefined || this.failure !== null) return false;
      this.#traced(starter, name, values, guest);
      return true;
    };
    if (!run("_initialize")) {
      run("_start");
      return;
    }
    if (!run("main", 0, 0)) run("__main_void");
  }

  #allocate(size: number): number {
    const outer = this.phase;
    this.phase = "allocate";
    const name = this.#exports.has("malloc") ? "malloc" : "proxy_on_memory_allocate";
    const pointer = this.#enter(this.current, name, () => this.#exports.get(name)?.(size));
    this.phase = outer;
    return (pointer ?? 0) >>> 0;
  }
}
