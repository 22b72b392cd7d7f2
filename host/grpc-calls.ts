/** gRPC calls and streams of one root context. Source: envoy source/extensions/common/wasm/context.cc `grpcCall` ... */
import { Status } from "./abi.ts";
import type { ByteString } from "./byte-string.ts";
import type { RootContext } from "./context.ts";
import type { GrpcCallOptions, GrpcEvents, GrpcExchange } from "./grpc-callouts.ts";
import type { HeaderMap } from "./header-map.ts";

interface OpenStream {
  readonly exchange: GrpcExchange;
  isLocalClosed: boolean;
  isRemoteClosed: boolean;
}

/** Status UNAVAILABLE of gRPC. */
const unavailable = 14;

const isStreamToken = (token: number) => (token & 3) === 2;
const isCallToken = (token: number) => (token & 3) === 1;

export class GrpcCalls {
  /** What `proxy_on_grpc_receive_initial_metadata` is about; null outside of it, as the two that follow. */
  initialMetadata: HeaderMap | null = null;
  trailingMetadata: HeaderMap | null = null;
  message: Uint8Array | null = null;
  readonly #root: RootContext;
  readonly #calls = new Map<number, GrpcExchange>();
  readonly #streams = new Map<number, OpenStream>();

  constructor(root: RootContext) {
    this.#root = root;
  }

  /** The token of a call; null when there is no such cluster: `proxy_on_grpc_close` is then told all the same. */
  call(cluster: ByteString, options: GrpcCallOptions, message: Uint8Array): number | null {
    const { vm } = this.#root;
    const token = vm.nextGrpcCallToken;
    vm.nextGrpcCallToken += 4;
    const exchange = vm.services.grpc.start(cluster, options, this.#callEvents(token));
    if (exchange === null) return this.#refuse(token);
    this.#calls.set(token, exchange);
    exchange.send(message);
    exchange.close();
    return token;
  }

  /** As `call`, for a stream. */
  open(cluster: ByteString, options: GrpcCallOptions): number | null {
    const { vm } = this.#root;
    const token = vm.nextGrpcStreamToken;
    vm.nextGrpcStreamToken += 4;
    const exchange = vm.services.grpc.start(cluster, options, this.#streamEvents(token));
    if (exchange === null) return this.#refuse(token);
    this.#streams.set(token, { exchange, isLocalClosed: false, isRemoteClosed: false });
    return token;
  }

  /** Results: Ok, also when the stream has ended on either side; BadArgument (not a stream's token); NotFound. */
  send(token: number, message: Uint8Array, end: boolean): Status {
    if (!isStreamToken(token)) return Status.BadArgument;
    const stream = this.#streams.get(token);
    if (stream === undefined) return Status.NotFound;
    stream.exchange.send(message);
    if (end) stream.exchange.close();
    return Status.Ok;
  }

  /** Cancels a call; of a stream, closes the filter's side. Results: Ok; BadArgument (not a gRPC token); NotFound. */
  close(token: number): Status {
    const stream = this.#streams.get(token);
    if (stream === undefined) return this.cancel(token);
    stream.exchange.close();
    stream.isLocalClosed = true;
    this.#forgetIfClosed(token, stream);
    return Status.Ok;
  }

  /** Ends a call or stream without any further callback. Results: as `close`. */
  cancel(token: number): Status {
    if (!isStreamToken(token) && !isCallToken(token)) return Status.BadArgument;
    const exchange = this.#calls.get(token) ?? this.#streams.get(token)?.exchange;
    if (exchange === undefined) return Status.NotFound;
    exchange.reset();
    this.#calls.delete(token);
    this.#streams.delete(token);
    return Status.Ok;
  }

  cancelAll(): void {
    for (const token of [...this.#calls.keys(), ...this.#streams.keys()]) this.cancel(token);
  }

  /** A call hears of one message or of its failure, nothing else. */
  #callEvents(token: number): GrpcEvents {
    let last: Uint8Array | null = null;
    return {
      begun: () => {},
      received: (message) => {
        last = message;
      },
      ended: () => {},
      closed: (status, message) => {
        if (status !== 0) this.#closed(token, status, message);
        else if (last === null) this.#closed(token, 13, "");
        else this.#received(token, last);
      },
    };
  }

  #streamEvents(token: number): GrpcEvents {
    const tell = (name: "initial" | "trailing", size: number) =>
      this.#root.vm.callback(
        this.#root,
        `proxy_on_grpc_receive_${name}_metadata`,
        [this.#root.id, token, size],
        () => {},
      );
    return {
      begun: (metadata) => {
        this.initialMetadata = metadata;
        tell("initial", metadata.size);
        this.initialMetadata = null;
      },
      received: (message) => this.#received(token, message),
      ended: (trailers) => {
        this.trailingMetadata = trailers;
        tell("trailing", trailers.size);
        this.trailingMetadata = null;
      },
      closed: (status, message) => {
        const stream = this.#streams.get(token);
        if (stream !== undefined) stream.isRemoteClosed = true;
        this.#closed(token, status, message);
      },
    };
  }

  #received(token: number, message: Uint8Array): void {
    const { vm, id } = this.#root;
    this.message = message;
    vm.callback(this.#root, "proxy_on_grpc_receive", [id, token, message.length], () => {
      this.message = null;
      this.#calls.delete(token);
    });
  }

  #closed(token: number, status: number, message: ByteString): void {
    const { vm, id } = this.#root;
    if (vm.exports("proxy_on_grpc_close")) {
      this.#root.statusCode = status;
      this.#root.statusMessage = message;
    }
    vm.callback(this.#root, "proxy_on_grpc_close", [id, token, status], () => {
      this.#root.statusMessage = "";
      this.#calls.delete(token);
      const stream = this.#streams.get(token);
      if (stream !== undefined) this.#forgetIfClosed(token, stream);
    });
  }

  #forgetIfClosed(token: number, { isLocalClosed, isRemoteClosed }: OpenStream): void {
    if (isLocalClosed && isRemoteClosed) this.#streams.delete(token);
  }

  #refuse(token: number): null {
    this.#root.vm.defer(() => this.#closed(token, unavailable, "Cluster not available"));
    return null;
  }
}
