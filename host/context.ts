/**
 * Contexts: what a host call acts on. The base has what every context answers; streams override what they have.
 * Source: proxy-wasm-cpp-host src/context.cc, envoy source/extensions/common/wasm/context.cc.
 */
import { BufferKind, MapKind, Status, type StreamType } from "./abi.ts";
import { type Attributes, withAttributes } from "./attributes.ts";
import type { BodyBuffer } from "./body-buffer.ts";
import type { ByteString } from "./byte-string.ts";
import { GrpcCalls } from "./grpc-calls.ts";
import type { HeaderMap } from "./header-map.ts";
import type { CalloutResponse } from "./http-callouts.ts";
import type { Pair } from "./pairs.ts";
import type { Plugin } from "./plugin.ts";
import { type Property, type PropertyTable, propertyTable } from "./property-value.ts";
import type { Vm } from "./vm.ts";

export interface LocalResponse {
  readonly status: number;
  readonly details: ByteString;
  readonly body: Uint8Array;
  readonly headers: readonly Pair[];
  /** As the guest gave it; only 0 to 16 mean something. */
  readonly grpcStatus: number;
}

/** `name` when it has one: a value that is only read is a copy, one that is edited is the stream's own. */
export type GuestBuffer = BodyBuffer | Uint8Array;

/** What `proxy_set_property` makes of a name. */
export interface DeclaredProperty {
  /** Can be set once. */
  readonly isReadOnly: boolean;
  /** A string to CEL; else bytes. */
  readonly isString: boolean;
}

export abstract class Context {
  readonly vm: Vm;
  /** By name. Only those of a root context have an effect. */
  readonly declaredProperties = new Map<ByteString, DeclaredProperty>();
  abstract readonly id: number;
  /** Null for the context of the VM itself. */
  abstract readonly root: RootContext | null;
  abstract readonly logPrefix: ByteString;

  constructor(vm: Vm) {
    this.vm = vm;
  }

  /** The map as far as it can be read now. */
  readMap(kind: MapKind): HeaderMap | null {
    switch (kind) {
      case MapKind.GrpcReceiveInitialMetadata:
        return this.root?.grpc.initialMetadata ?? null;
      case MapKind.GrpcReceiveTrailingMetadata:
        return this.root?.grpc.trailingMetadata ?? null;
      case MapKind.HttpCallResponseHeaders:
        return this.root?.callResponse?.headers ?? null;
      case MapKind.HttpCallResponseTrailers:
        return this.root?.callResponse?.trailers ?? null;
      default:
        return null;
    }
  }

  /** The map as far as it can be changed now. */
  editMap(_kind: MapKind): HeaderMap | null {
    return null;
  }

  /** What reading an absent map results in. */
  get absentMapStatus(): Status {
    return Status.BadArgument;
  }

  /** Bytes to read, a `BodyBuffer` when they can be edited too; null when there is no such buffer now. */
  buffer(kind: BufferKind): GuestBuffer | null {
    switch (kind) {
      case BufferKind.HttpCallResponseBody:
        return this.root?.callResponse?.body ?? null;
      case BufferKind.GrpcReceiveBuffer:
        return this.root?.grpc.message ?? new Uint8Array();
      case BufferKind.VmConfiguration:
        return this.vm.options.vmConfiguration;
      case BufferKind.PluginConfiguration:
        return this.root?.configurationToRead ?? null;
      default:
        return new Uint8Array();
    }
  }

  /** Types past the end are refused by the caller. */
  continueStream(_type: StreamType): void {}

  closeStream(_type: StreamType): void {}

  sendLocalResponse(_response: LocalResponse): void {}

  get properties(): PropertyTable {
    return propertyTable({});
  }

  /** Results: Ok; NotFound (no stream); BadArgument (the value is read-only). */
  setProperty(_path: ByteString, _value: Uint8Array): Status {
    return Status.NotFound;
  }

  /** Results: Ok; NotFound (no stream). */
  setFilterState(_key: ByteString, _value: Uint8Array): Status {
    return Status.NotFound;
  }
}

/** Context 0: what runs while the VM starts. */
export class VmContext extends Context {
  readonly id = 0;
  readonly root = null;
  readonly logPrefix = "";
}

/** One plugin's context in one VM. */
export class RootContext extends Context {
  readonly id: number;
  readonly plugin: Plugin;
  readonly root = this;
  readonly grpc = new GrpcCalls(this);
  /** The response `proxy_on_http_call_response` is about; null outside of it. */
  callResponse: CalloutResponse | null = null;
  /** The plugin configuration; null outside of `proxy_on_configure`. */
  configurationToRead: Uint8Array | null = null;
  /** Of the last callout that ended with one; the code outlives its callback (context.cc, `onGrpcCloseWrapper`). */
  statusCode = 0;
  statusMessage: ByteString = "";
  #isCreated = false;
  #cancelTick: (() => void) | null = null;
  #tickMs = 0;
  #done: "running" | "waiting" | "done" = "running";

  constructor(vm: Vm, plugin: Plugin) {
    super(vm);
    this.plugin = plugin;
    this.id = vm.adopt(this);
  }

  get logPrefix(): ByteString {
    return prefix(this.plugin.rootId, this.plugin.vmId);
  }

  override get properties(): PropertyTable {
    const { xds } = this.vm.services.attributes;
    const { node } = typeof xds === "object" ? (xds as Attributes) : {};
    const own = propertyTable(pluginProperties(this.plugin));
    return withAttributes(own, { ...(node !== undefined && { xds: { node } }) });
  }

  /** Creates, starts and configures. Returns what was refused, null when nothing was. */
  start(): string | null {
    this.configurationToRead = this.plugin.configuration;
    this.vm.callback(this, "proxy_on_context_create", [this.id, 0], () => {});
    this.configurationToRead = null;
    this.#isCreated = true;
    // That it has trapped is of no interest to Envoy, unless the next one fails too: requests will find a failed VM.
    const size = this.vm.options.vmConfiguration.length;
    if (!this.#accepts("proxy_on_vm_start", size)) return this.vm.failure ?? "proxy_on_vm_start returned false";
    if (this.vm.failure !== null) return null;
    this.configurationToRead = this.plugin.configuration;
    const isConfigured = this.#accepts("proxy_on_configure", this.plugin.configuration.length);
    this.configurationToRead = null;
    return isConfigured ? null : (this.vm.failure ?? "proxy_on_configure returned false");
  }

  /** Zero stops; any other period replaces the one before and starts anew. */
  setTickPeriod(ms: number): void {
    this.#tickMs = ms;
    this.#cancelTick?.();
    this.#cancelTick = null;
    if (ms > 0) this.#armTick();
  }

  /** `proxy_done`: Ok only after `proxy_on_done` returned false. */
  done(): Status {
    if (this.#done !== "waiting") return Status.NotFound;
    this.#done = "done";
    this.vm.defer(() => this.#delete());
    return Status.Ok;
  }

  queueReady(token: number): void {
    if (this.#done !== "done") this.vm.callback(this, "proxy_on_queue_ready", [this.id, token], () => {});
  }

  /** Delivers a callout's response; null is a stream that was reset. */
  callEnded(token: number, response: CalloutResponse | null): void {
    if (this.#done === "done") return;
    this.callResponse = response;
    if (response === null) {
      this.statusCode = Status.BrokenConnection;
      this.statusMessage = "reset";
    }
    const { headers, body, trailers } = response ?? {};
    const counts = [headers?.size ?? 0, body?.length ?? 0, trailers?.size ?? 0];
    this.vm.callback(this, "proxy_on_http_call_response", [this.id, token, ...counts], () => {});
    this.callResponse = null;
    this.statusMessage = "";
  }

  /** Ends the plugin: done, and delete when the guest does not ask to wait. */
  close(): void {
    this.setTickPeriod(0);
    if (!this.#isCreated || this.#done !== "running") return;
    this.#done = "waiting";
    const mayDelete = this.vm.callback(this, "proxy_on_done", [this.id], (result) => result !== 0);
    if (mayDelete && this.#done === "waiting") this.#delete();
  }

  /** Ends the plugin without a word to it. */
  drop(): void {
    this.#done = "done";
    this.setTickPeriod(0);
    this.grpc.cancelAll();
  }

  #accepts(name: "proxy_on_vm_start" | "proxy_on_configure", size: number): boolean {
    const isExported = this.vm.exports(name);
    return this.vm.callbackAnyway(this, name, [this.id, size], (result) =>
      result === null ? !isExported : result !== 0,
    );
  }

  #armTick(): void {
    this.#cancelTick = this.vm.services.clock.setTimer(this.#tickMs, () => {
      this.#cancelTick = null;
      this.vm.callback(this, "proxy_on_tick", [this.id], () => {});
      // The guest may have set another period, which has armed its own timer.
      if (this.#cancelTick === null && this.#tickMs > 0) this.#armTick();
    });
  }

  #delete(): void {
    this.#done = "done";
    this.grpc.cancelAll();
    this.vm.callback(this, "proxy_on_delete", [this.id], () => {});
    this.vm.contexts.delete(this.id);
  }
}

/** Envoy's log prefix: each part that is not empty, after a space. */
export const prefix = (...parts: readonly ByteString[]): ByteString =>
  parts
    .filter((part) => part !== "")
    .map((part) => ` ${part}`)
    .join("");

export const pluginProperties = (plugin: Plugin): Record<string, () => Property> => ({
  plugin_name: () => plugin.name,
  plugin_root_id: () => plugin.rootId,
  plugin_vm_id: () => plugin.vmId,
});
