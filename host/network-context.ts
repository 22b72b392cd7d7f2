/**
 * One filter's context on one TCP connection. Source: envoy source/extensions/common/wasm/context.cc (`onNewConnection`,
 * `onData`, `onWrite`, `onEvent`).
 */
import { BufferKind, type CallbackName, PeerType, StreamType } from "./abi.ts";
import type { BodyBuffer } from "./body-buffer.ts";
import type { GuestBuffer, RootContext } from "./context.ts";
import type { StreamInfo } from "./properties.ts";
import { StreamContext } from "./stream-context.ts";

/** What a filter can do to its connection. */
export interface NetworkConnection {
  /** Hands what the client has sent to the filters behind this one. */
  continueReading(filter: NetworkContext): void;
  close(by: PeerType): void;
}

export class NetworkContext extends StreamContext {
  readonly #connection: NetworkConnection;
  #downstream: BodyBuffer | null = null;
  #upstream: BodyBuffer | null = null;
  #hasFailed = false;

  constructor(root: RootContext, connection: NetworkConnection, info: StreamInfo) {
    super(root, info);
    this.#connection = connection;
  }

  /** Whether the filters behind it come next; so do the two that follow. */
  newConnection(): boolean {
    this.create();
    return this.#call("proxy_on_new_connection", []);
  }

  downstreamData(data: BodyBuffer, endOfStream: boolean): boolean {
    this.#downstream = data;
    const continues = this.#call("proxy_on_downstream_data", [data.length, Number(endOfStream)]);
    if (continues) this.#downstream = null;
    return continues;
  }

  upstreamData(data: BodyBuffer, endOfStream: boolean): boolean {
    if (!this.isCreated) return true;
    this.#upstream = data;
    const continues = this.#call("proxy_on_upstream_data", [data.length, Number(endOfStream)]);
    if (continues) this.#upstream = null;
    if (endOfStream) this.#tell("proxy_on_upstream_connection_close", PeerType.Unknown);
    return continues;
  }

  closed(by: PeerType): void {
    if (this.isCreated) {
      this.#tell("proxy_on_downstream_connection_close", by);
      this.#tell("proxy_on_done");
      this.#tell("proxy_on_log");
      this.#tell("proxy_on_delete");
    }
    this.vm.contexts.delete(this.id);
  }

  override buffer(kind: BufferKind): GuestBuffer | null {
    if (kind === BufferKind.NetworkDownstreamData) return this.#downstream ?? new Uint8Array();
    if (kind === BufferKind.NetworkUpstreamData) return this.#upstream ?? new Uint8Array();
    return super.buffer(kind);
  }

  override continueStream(type: StreamType): void {
    if (type === StreamType.Downstream) this.vm.defer(() => this.#connection.continueReading(this));
  }

  /** Either side's name ends the whole connection. */
  override closeStream(type: StreamType): void {
    if (type === StreamType.Downstream || type === StreamType.Upstream) {
      this.vm.defer(() => this.#connection.close(PeerType.Local));
    }
  }

  #call(name: CallbackName, values: readonly number[]): boolean {
    const isExported = this.vm.exports(name);
    return this.vm.callback(this, name, [this.id, ...values], (result) => {
      if (this.vm.failure !== null) return this.#fail();
      return !isExported || result === 0;
    });
  }

  #tell(name: CallbackName, ...values: number[]): void {
    this.vm.callback(this, name, [this.id, ...values], () => {});
  }

  /** Whatever the failure policy: it is about the connections after this one. */
  #fail(): false {
    if (!this.#hasFailed) {
      this.#hasFailed = true;
      this.#connection.close(PeerType.Local);
    }
    return false;
  }
}
