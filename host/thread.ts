/** Plugins on one thread: their VMs and root contexts. */
import { type ByteString, encode, fromText } from "./byte-string.ts";
import { RootContext } from "./context.ts";
import type { LoadedModule } from "./module.ts";
import type { FailurePolicy, Plugin } from "./plugin.ts";
import { type HostServices, Vm } from "./vm.ts";

export interface PluginOptions {
  readonly name: string;
  readonly module: LoadedModule;
  /** Default: `name`. */
  readonly rootId?: string;
  /** Default: none. Plugins with the same VM id, VM configuration and module share a VM. */
  readonly vmId?: string;
  readonly vmConfiguration?: string | Uint8Array;
  readonly configuration?: string | Uint8Array;
  readonly environment?: Readonly<Record<string, string>>;
  /** Default: "FAIL_CLOSED". */
  readonly failurePolicy?: FailurePolicy;
  /** Default: false, as in Envoy. */
  readonly allowOnHeadersStopIteration?: boolean;
  /** `capability_restriction_config.allowed_capabilities`: imports and callbacks by name. Default: none, which is all. */
  readonly allowedCapabilities?: readonly string[];
}

/** A plugin did not start or refused its configuration: Envoy would not take the listener. */
export class PluginRefused extends Error {
  override readonly name = "PluginRefused";
}

/** A plugin with what it takes to start its VM again. */
export interface Installed {
  readonly plugin: Plugin;
  readonly options: PluginOptions;
  readonly vmKey: string;
  readonly rootKey: string;
}

/** VMs and root contexts of one thread. */
export class Thread {
  readonly #vms = new Map<string, Promise<Vm>>();
  readonly #roots = new Map<string, RootContext>();
  readonly #services: HostServices;

  constructor(services: HostServices) {
    this.#services = services;
  }

  /** The root context of a plugin, started when new. Throws `PluginRefused`, `LoadError`. */
  async install(installed: Installed): Promise<RootContext> {
    const key = `${installed.vmKey} ${installed.rootKey}`;
    const present = this.#roots.get(key);
    if (present !== undefined && present.vm.failure === null) return present;
    if (present !== undefined) this.#vms.delete(installed.vmKey);
    const vm = this.#vms.get(installed.vmKey) ?? this.#startVm(installed);
    this.#vms.set(installed.vmKey, vm);
    const root = new RootContext(await vm, installed.plugin);
    const refusal = root.start();
    if (refusal !== null) throw new PluginRefused(`Unable to create Wasm plugin ${installed.options.name}: ${refusal}`);
    this.#roots.set(key, root);
    return root;
  }

  /** Memory of the guests, in bytes. */
  memoryBytes(): number {
    const vms = new Set(Array.from(this.#roots.values(), ({ vm }) => vm));
    return Array.from(vms, ({ memory }) => memory.size).reduce((sum, size) => sum + size, 0);
  }

  close(): void {
    for (const root of this.#roots.values()) root.close();
  }

  /** Ends without a word to the guests, as Envoy drops its canary. */
  drop(): void {
    for (const root of this.#roots.values()) {
      root.drop();
      root.vm.release();
    }
  }

  #startVm({ options, plugin }: Installed): Promise<Vm> {
    const environment = Object.entries(options.environment ?? {});
    return Vm.start(options.module, this.#services, {
      vmId: plugin.vmId,
      vmConfiguration: encode(options.vmConfiguration ?? ""),
      allowedCapabilities: new Set(options.allowedCapabilities),
      environment: new Map(environment.map(([name, value]) => [fromText(name), fromText(value)])),
    });
  }
}

const moduleIds = new WeakMap<LoadedModule, number>();
let nextModuleId = 1;

/** Modules are compared as objects: whoever loads the same bytes twice has two modules. */
function moduleId(module: LoadedModule): number {
  const id = moduleIds.get(module) ?? nextModuleId++;
  moduleIds.set(module, id);
  return id;
}

export function install(options: PluginOptions): Installed {
  const text = (data: string | Uint8Array): ByteString => (typeof data === "string" ? fromText(data) : String(data));
  const plugin: Plugin = {
    name: fromText(options.name),
    rootId: fromText(options.rootId ?? options.name),
    vmId: fromText(options.vmId ?? ""),
    configuration: encode(options.configuration ?? ""),
    failurePolicy: options.failurePolicy ?? "FAIL_CLOSED",
    allowOnHeadersStopIteration: options.allowOnHeadersStopIteration ?? false,
  };
  return {
    plugin,
    options,
    vmKey: JSON.stringify([moduleId(options.module), plugin.vmId, text(options.vmConfiguration ?? "")]),
    rootKey: JSON.stringify([plugin.rootId, plugin.name, text(options.configuration ?? "")]),
  };
}
