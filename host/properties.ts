/**
 * Properties of an HTTP stream. Those that need headers are there only while the guest can read the map.
 * Source: envoy source/extensions/filters/common/expr/context.cc.
 */
import { type ByteString, byteString } from "./byte-string.ts";
import { httpToGrpcStatus } from "./grpc-status.ts";
import type { HeaderMap } from "./header-map.ts";
import { type Property, type PropertyTable, propertyTable } from "./property-value.ts";

export interface Address {
  readonly ip: string;
  readonly port: number;
}

/** What filters keep for those behind them. */
export interface FilterState {
  value: Uint8Array;
  readonly isReadOnly: boolean;
  readonly isString: boolean;
}

/** What is known of a stream apart from its headers. */
export class StreamInfo {
  /** Null for TCP. */
  readonly protocol: "HTTP/1.1" | "HTTP/2" | null;
  readonly connectionId: bigint;
  readonly source: Address;
  readonly destination: Address;
  /** Wall clock, nanoseconds since 1970. */
  readonly startNs: bigint;
  durationNs: bigint | null = null;
  requestBytes = 0;
  responseBytes = 0;
  /** Null until a host is chosen. */
  upstream: Address | null = null;
  /** From the end of the request to the first byte of the response. */
  backendLatencyNs: bigint | null = null;
  attemptCount = 0n;
  /** The client asked for a "100 Continue" and got it. */
  isContinued = false;
  readonly filterState = new Map<ByteString, FilterState>();

  constructor(options: Pick<StreamInfo, "protocol" | "connectionId" | "source" | "destination" | "startNs">) {
    this.protocol = options.protocol;
    this.connectionId = options.connectionId;
    this.source = options.source;
    this.destination = options.destination;
    this.startNs = options.startNs;
  }

  /** The router has chosen the one host there is. */
  chooseUpstream(): void {
    this.upstream = { ip: "127.0.0.1", port: 8080 };
    this.attemptCount = 1n;
  }
}

/** The maps as the guest can read them now. */
export interface ReadableMaps {
  readonly requestHeaders: HeaderMap | null;
  readonly responseHeaders: HeaderMap | null;
  readonly responseTrailers: HeaderMap | null;
}

/** What a `FilterManager` knows of the response. */
export interface Outcome {
  readonly details: ByteString | null;
  readonly responseCode: number | null;
  readonly responseFlags: bigint;
}

/** Where requests and connections go, as the embedder set it up. */
const clusterName = "upstream";
const tcpClusterName = "tcp_upstream";

export function streamProperties(
  info: StreamInfo,
  outcome: Outcome,
  maps: ReadableMaps,
): Record<string, () => Property | undefined> {
  return {
    request: () => requestProperties(info, maps.requestHeaders),
    response: () => responseProperties(info, outcome, maps),
    source: () => addressProperties(info.source),
    destination: () => addressProperties(info.destination),
    connection: () =>
      propertyTable({
        id: () => uint(info.connectionId),
        mtls: () => false,
        requested_server_name: () => "",
      }),
    connection_id: () => uint(info.connectionId),
    upstream: () => upstreamProperties(info),
    xds: () =>
      propertyTable({
        cluster_name: () => (info.protocol === null ? tcpClusterName : clusterName),
        route_name: () => (info.protocol === null ? undefined : ""),
        filter_chain_name: () => "",
        listener_direction: () => 0n,
      }),
    // An empty message: no filter of this host has dynamic metadata.
    metadata: () => ({
      serialized: new Uint8Array(),
      get: (name) => (metadataFields.includes(name) ? { get: () => undefined, entries: () => [] } : undefined),
    }),
    filter_state: () => ({ get: (key) => filterStateProperty(info, key) }),
  };
}

const metadataFields = ["filter_metadata", "typed_filter_metadata"];

const uint = (value: bigint): Property => ({ type: "uint", value });
const time = (type: "timestamp" | "duration", value: bigint | null): Property | undefined =>
  value === null ? undefined : { type, value };

export function filterStateProperty(info: StreamInfo, key: ByteString): Property | undefined {
  const state = info.filterState.get(key);
  return state?.isString ? byteString(state.value) : state?.value;
}

const addressProperties = ({ ip, port }: Address): PropertyTable =>
  propertyTable({ address: () => `${ip}:${port}`, port: () => BigInt(port) });

function requestProperties(info: StreamInfo, headers: HeaderMap | null): PropertyTable {
  const header = (name: string) => () => headers?.get(name) ?? undefined;
  const path = () => headers?.get(":path") ?? undefined;
  return propertyTable({
    path,
    url_path: () => path()?.split("?")[0],
    query: () => (path() === undefined ? undefined : queryOf(path() ?? "")),
    host: header(":authority"),
    scheme: header(":scheme"),
    method: header(":method"),
    referer: header("referer"),
    useragent: header("user-agent"),
    id: header("x-request-id"),
    headers: () => headersProperty(headers),
    time: () => time("timestamp", info.startNs),
    protocol: () => info.protocol ?? undefined,
    duration: () => time("duration", info.durationNs),
    size: () => contentLength(headers) ?? BigInt(info.requestBytes),
    total_size: () => BigInt(info.requestBytes + (headers?.byteSize ?? 0)),
  });
}

function responseProperties(info: StreamInfo, outcome: Outcome, maps: ReadableMaps): PropertyTable {
  const { responseHeaders: headers, responseTrailers: trailers } = maps;
  // Envoy counts its own 100 as a response, until there is one (conn_manager_impl.cc, `chargeStats`).
  const code = () => outcome.responseCode ?? (info.isContinued ? 100 : null);
  return propertyTable({
    code: () => (code() === null ? undefined : BigInt(code() ?? 0)),
    code_details: () => outcome.details ?? undefined,
    flags: () => outcome.responseFlags,
    grpc_status: () => grpcStatus(trailers, headers) ?? grpcStatusOfHttp(code()),
    headers: () => headersProperty(headers),
    trailers: () => headersProperty(trailers),
    size: () => BigInt(info.responseBytes),
    total_size: () => BigInt(info.responseBytes + (headers?.byteSize ?? 0) + (trailers?.byteSize ?? 0)),
    backend_latency: () => time("duration", info.backendLatencyNs),
  });
}

function upstreamProperties(info: StreamInfo): PropertyTable {
  const { upstream } = info;
  return propertyTable({
    address: () => (upstream === null ? undefined : `${upstream.ip}:${upstream.port}`),
    port: () => (upstream === null ? undefined : BigInt(upstream.port)),
    request_attempt_count: () => uint(info.attemptCount),
  });
}

/** A map with its values joined by "," where a name repeats, and names in any case. */
const headersProperty = (headers: HeaderMap | null): PropertyTable => ({
  get(name) {
    const values = headers?.getAll(name) ?? [];
    return values.length === 0 ? undefined : values.join(",");
  },
  entries() {
    const names = new Set(headers?.entries.map(([name]) => name));
    return Array.from(names, (name) => [name, headers?.getAll(name).join(",") ?? ""]);
  },
});

function queryOf(path: ByteString): ByteString {
  const [beforeFragment = ""] = path.split("#");
  const at = beforeFragment.indexOf("?");
  return at < 0 ? "" : beforeFragment.slice(at + 1);
}

function contentLength(headers: HeaderMap | null): bigint | null {
  const value = headers?.get("content-length") ?? "";
  return /^\d+$/.test(value) ? BigInt(value) : null;
}

/** -1 for what is no status. Source: envoy source/common/grpc/common.cc, `getGrpcStatus`. */
function grpcStatus(trailers: HeaderMap | null, headers: HeaderMap | null): bigint | undefined {
  const value = trailers?.get("grpc-status") || headers?.get("grpc-status");
  if (!value) return undefined;
  return /^\d+$/.test(value) && Number(value) <= 16 ? BigInt(value) : (1n << 64n) - 1n;
}

/** What the status of a response that is not gRPC stands for. */
const grpcStatusOfHttp = (code: number | null): bigint | undefined =>
  code === null ? undefined : BigInt(httpToGrpcStatus(code));
