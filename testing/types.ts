/**
 * The vocabulary of a request through a chain of filters, the same on every engine.
 * An engine starts a proxy (filters before an upstream), takes requests, and tells what happened to each.
 */

import type { Clock } from "@proxy-wasm-kit/host";
import type { OpenStream } from "./host-stream.ts";
import type { TracedCall } from "./trace.ts";

/**
 * One header or trailer line; names are lower case in everything an engine returns. Values are bytes, a character
 * (U+0000 to U+00FF) for each, as headers have no encoding: `Buffer.from(text).toString("latin1")` sends UTF-8.
 */
export type HeaderLine = readonly [name: string, value: string];

/** Proxy-Wasm log levels, in the ABI's order. */
export const logLevels = ["trace", "debug", "info", "warn", "error", "critical"] as const;
export type LogLevel = (typeof logLevels)[number];

/** One filter of the chain, or one service, as it is configured in Envoy's `PluginConfig`. */
export interface FilterSpec {
  /** The plugin's name, also the filter's name in the chain. */
  readonly name: string;
  /** Path of the module. */
  readonly wasm: string;
  /** Default: `name`. */
  readonly rootId?: string;
  /** What shares data and queues: VMs of the same id. Default: none. */
  readonly vmId?: string;
  /** Given to the filter as it is when a string (or bytes), otherwise as JSON. Default: none. */
  readonly configuration?: unknown;
  /** Read by the filter through WASI (`vm_config.environment_variables`). */
  readonly environment?: Readonly<Record<string, string>>;
  /** Default: "FAIL_CLOSED". */
  readonly failurePolicy?: "FAIL_CLOSED" | "FAIL_OPEN" | "FAIL_RELOAD";
  /** Default: true. When false, Envoy never delivers the body of a request paused in its headers. */
  readonly allowOnHeadersStopIteration?: boolean;
}

/**
 * One block of HTTP/2 METADATA, an extension of Envoy's: value by name, each of at most 126 bytes of ASCII. Filters learn
 * only how many names it has. Source: envoy source/docs/h2_metadata.md.
 */
export type Metadata = Readonly<Record<string, string>>;

/** What upstream answers; the default is 200 with the text "ok\n". */
export interface UpstreamResponse {
  readonly status: number;
  readonly headers?: readonly HeaderLine[];
  /** A list: sent piece by piece, each `paceMs` after the one before. Clusters send it in one go. */
  readonly body?: string | Uint8Array | readonly (string | Uint8Array)[];
  /** Default: 0. */
  readonly paceMs?: number;
  /** Time before the response. Default: 0. */
  readonly delayMs?: number;
  readonly trailers?: readonly HeaderLine[];
  /** Sent behind the headers; upstream then speaks HTTP/2. Clusters ignore it. */
  readonly metadata?: Metadata;
  /** Sent as soon as the request's headers are there, whatever of its body is still to come. Default: false. */
  readonly early?: boolean;
}

/** Answers each request when all of it is there, without metadata; a rejected promise is a connection that is lost. */
export interface UpstreamHandler {
  readonly respond: (request: UpstreamRequest) => Promise<UpstreamResponse>;
}

/** What a gRPC cluster answers; the default of each field makes it an empty OK. */
export interface GrpcAnswer {
  readonly metadata?: readonly HeaderLine[];
  /** Serialized, without gRPC's framing. Without messages and metadata the response has trailers alone. */
  readonly messages?: readonly (string | Uint8Array)[];
  /** `grpc-status`, 0 to 16. Default: 0. */
  readonly status?: number;
  /** `grpc-message`, before it is percent-encoded. */
  readonly message?: string;
  readonly trailers?: readonly HeaderLine[];
}

/**
 * How a cluster answers: always the same, or by what it is asked; a call is answered when all of it is there.
 * "silent": it takes the call and never answers. "unreachable": connections to it are refused.
 */
export type Behaviour<Answer> = Answer | "silent" | "unreachable" | ((call: ClusterCall) => Answer | "silent");

export interface HttpCluster {
  readonly http: Behaviour<UpstreamResponse>;
}

export interface GrpcCluster {
  readonly grpc: Behaviour<GrpcAnswer>;
  /** The messages that answer one message at once, before the answer to the call (behind its metadata). Default: none. */
  readonly each?: (message: Uint8Array) => readonly (string | Uint8Array)[];
}

/** What filters call by the name of its cluster, over HTTP/1 or gRPC. */
export type ClusterSpec = HttpCluster | GrpcCluster;

/** What the TCP upstream does with each connection. It closes its side after the client has closed its own. */
export interface TcpUpstream {
  /** "echo": every byte comes back. Bytes: they are sent once, when the first byte has come. Default: "echo". */
  readonly reply?: "echo" | string | Uint8Array;
  /** Closes the connection after the first reply. Default: false. */
  readonly closes?: boolean;
}

export interface ProxyOptions {
  /** HTTP filters, in the order requests pass them. */
  readonly filters: readonly FilterSpec[];
  /** TCP filters, in the order connections pass them (`envoy.filters.network.wasm`): what `connect` goes through. */
  readonly networkFilters?: readonly FilterSpec[];
  /** Singleton services (`envoy.bootstrap.wasm`): one VM each, without streams. */
  readonly services?: readonly FilterSpec[];
  /** What filters call, by the exact name of the cluster; "upstream" and "tcp_upstream" are taken. */
  readonly clusters?: Readonly<Record<string, ClusterSpec>>;
  /** Downstream protocol. Default: "http1". */
  readonly protocol?: "http1" | "http2";
  /** A function is asked at each request, and answers without metadata. */
  readonly upstream?: UpstreamResponse | (() => UpstreamResponse) | UpstreamHandler;
  readonly tcpUpstream?: TcpUpstream;
  /** Level of Envoy's `wasm` logger. Default: "trace", which is also what makes callbacks visible on Envoy. */
  readonly logLevel?: LogLevel;
  /** The wall clock the filter reads; engines other than the host refuse it. Default: the real time. */
  readonly now?: Date;
  /** The clock itself, such as a `ManualClock`, for ticks and timeouts too; engines other than the host refuse it. */
  readonly clock?: Clock;
  /** Fills the `trace` of exchanges, which costs time. Default: false. */
  readonly trace?: boolean;
  /** `per_connection_buffer_limit_bytes` of the listener. Default: 1 MiB, as in Envoy. */
  readonly bufferLimitBytes?: number;
  /** Upgrade types the listener lets through, such as "websocket". Default: none. */
  readonly upgrades?: readonly string[];
  /** Names of properties that filters set, such as "operation": exchanges tell them as `filterState`. Default: none. */
  readonly filterState?: readonly string[];
}

export interface ProxyRequest {
  /** Default: "GET". */
  readonly method?: string;
  /** Path with query. Default: "/". */
  readonly path?: string;
  /** Default: "example.com". */
  readonly authority?: string;
  /** In order, repeats kept. `host` and pseudo headers are not allowed here. */
  readonly headers?: readonly HeaderLine[];
  /** Sent behind the headers. Needs HTTP/2 and a body, as nothing comes behind the end of a stream. */
  readonly metadata?: Metadata;
  /**
   * Absent: no body. One piece (string or bytes): sent whole, with `content-length`.
   * A list: sent piece by piece, each after the one before has been written; over HTTP/1 with
   * `transfer-encoding: chunked`, unless `headers` has a `content-length`.
   */
  readonly body?: string | Uint8Array | readonly (string | Uint8Array)[];
  /** Time behind the headers and behind each piece of a list. Default: none, so that they may arrive together. */
  readonly paceMs?: number;
  /** Sent after the body (HTTP/1: needs a list of pieces, as trailers need chunked encoding). */
  readonly trailers?: readonly HeaderLine[];
  /** Keeps the request open after the last piece: the body never ends. The exchange ends with the response. */
  readonly unfinished?: boolean;
  /** A client that has no whole response after so many milliseconds goes away. Default: the engine's, 10000. */
  readonly patienceMs?: number;
}

/** What reached upstream. */
export interface UpstreamRequest {
  readonly method: string;
  readonly path: string;
  readonly authority: string;
  /** Without pseudo headers and `host`. */
  readonly headers: readonly HeaderLine[];
  readonly body: Uint8Array;
  readonly trailers: readonly HeaderLine[];
  /** False when only headers or a part of the body came before the stream was reset. */
  readonly complete: boolean;
}

/**
 * What reached a cluster. Of gRPC the path is "/service/method", the headers are the metadata, and the body has the
 * messages in their framing.
 */
export interface ClusterCall extends UpstreamRequest {
  readonly cluster: string;
  /** gRPC: the messages that have come, without framing. HTTP: none. */
  readonly messages: readonly Uint8Array[];
}

export interface LogLine {
  readonly level: LogLevel;
  readonly message: string;
}

/** One callback into the module, such as `{name: "proxy_on_request_body", arguments: [2, 5, 1], result: 0}`. */
export interface CallbackRecord {
  readonly name: string;
  readonly arguments: readonly number[];
  /** Absent for callbacks without result, and when the module trapped. */
  readonly result?: number;
}

/** Everything about one request. */
export interface Exchange extends Traced {
  /** `forwarded`: the response is upstream's. `local`: the proxy's own (a filter's local response, 413, 503 ...).
   *  `reset`: no complete response came. */
  readonly outcome: "forwarded" | "local" | "reset";
  /** Envoy's `%RESPONSE_CODE_DETAILS%`, such as "via_upstream"; null where the engine cannot know. */
  readonly details: string | null;
  /** 0 when there was none. */
  readonly status: number;
  readonly headers: readonly HeaderLine[];
  readonly body: Uint8Array;
  readonly trailers: readonly HeaderLine[];
  /** Null when upstream has seen nothing of the request, not even its headers. */
  readonly upstream: UpstreamRequest | null;
  /** Of the names that were asked for, those that were set when the stream was over, as an access log sees them. */
  readonly filterState: Readonly<Record<string, string>>;
  /** What the filters logged during this request, oldest first. */
  readonly logs: readonly LogLine[];
  /** Callbacks of stream contexts, in order. Data callbacks depend on how the network cut the body. */
  readonly callbacks: readonly CallbackRecord[];
  /** Traps, as the proxy tells them, with the places in the source where the module and the engine know them. */
  readonly failures: readonly string[];
  /** What has reached the clusters during this request, in the order it came. */
  readonly calls: readonly ClusterCall[];
}

export interface Traced {
  /** Calls into the modules meanwhile, of root contexts too, and what they called. Absent unless it was asked for. */
  readonly trace?: readonly TracedCall[];
}

/** What a client does with a TCP connection. */
export interface TcpRequest {
  /** Sent one after the other, each after the one before has been written. Default: none. */
  readonly pieces?: readonly (string | Uint8Array)[];
  /** Keeps the client's side open after the last piece. Default: it is closed, and the other side may still speak. */
  readonly unfinished?: boolean;
}

/** Everything about one TCP connection. */
export interface TcpExchange extends Traced {
  /** What the client has received. */
  readonly received: Uint8Array;
  /** How it ended for the client: "closed" in order, "reset", or "open": nobody closed it, so the client went away. */
  readonly end: "closed" | "reset" | "open";
  /** What upstream has received; null when no connection was made to it. */
  readonly upstream: Uint8Array | null;
  readonly logs: readonly LogLine[];
  readonly callbacks: readonly CallbackRecord[];
  readonly failures: readonly string[];
  readonly calls: readonly ClusterCall[];
}

/** Everything since the proxy started, within requests and outside of them. */
export interface Observation {
  readonly logs: readonly LogLine[];
  readonly calls: readonly ClusterCall[];
  readonly metrics: Readonly<Record<string, number>>;
}

/** A running chain of filters. Requests and connections come one after the other. */
export interface RunningProxy {
  send(request: ProxyRequest): Promise<Exchange>;
  /** Opens a connection through the network filters. Throws when there are none. */
  connect(request: TcpRequest): Promise<TcpExchange>;
  /** Functions of the ABI that have run since the start: callbacks, and imports, such as "proxy_log"; WASI's as "module.name". */
  readonly abiCalls: ReadonlySet<string>;
  /** What the filters and services logged while the proxy started. */
  readonly startLogs: readonly LogLine[];
  /** All that was logged since the start, oldest first. */
  readonly logs: readonly LogLine[];
  /** Opens a stream that is fed piece by piece; engines other than the host have none. */
  readonly open?: () => Promise<OpenStream>;
  /** Metrics the filters and services defined, by their own name (without Envoy's `wasmcustom.`), now. */
  metrics(): Promise<Record<string, number>>;
  /** For what happens after a request: resolves once the condition holds; throws, with what was seen, after 10 s. */
  waitFor(condition: (seen: Observation) => boolean): Promise<Observation>;
  close(): Promise<void>;
}

/** The filters or their configuration were refused; `logs` has what the filters said about it. */
export class ConfigurationRefused extends Error {
  override readonly name = "ConfigurationRefused";
  readonly logs: readonly LogLine[];
  /** Empty unless it was asked for. */
  readonly trace: readonly TracedCall[];
  constructor(message: string, logs: readonly LogLine[], trace: readonly TracedCall[] = []) {
    super(message);
    this.logs = logs;
    this.trace = trace;
  }
}

export interface Engine {
  /** "host", "envoy", "istio". */
  readonly name: string;
  /** With its version, such as "envoy 1.39.3". */
  readonly title: string;
  /** Version of the Envoy it runs, such as "1.39.3"; absent when it runs none. */
  readonly envoyVersion?: string;
  /** Starts a proxy on free ports. Throws `ConfigurationRefused` when the proxy does not take the filters. */
  start(options: ProxyOptions): Promise<RunningProxy>;
}
