/** What `pwk serve` and `pwk dev` run a chain of filters on, and what it tells of the requests. */
import type { Address } from "@proxy-wasm-kit/envoy";
import type { FilterSpec, LogLine } from "@proxy-wasm-kit/testing";

/** One request, when it is over. */
export interface ServedRequest {
  /** As the client has sent them. */
  readonly method: string;
  readonly path: string;
  readonly authority: string;
  /** 0 when no response came. */
  readonly status: number;
  /** `forwarded`: the response is upstream's. `local`: the proxy's own. `reset`: no complete response came. */
  readonly outcome: "forwarded" | "local" | "reset";
  /** Envoy's `%RESPONSE_CODE_DETAILS%`, such as "via_upstream", or what a filter has given with its local response. */
  readonly details: string | null;
  readonly ms: number;
  /** What the filters logged meanwhile, oldest first. */
  readonly logs: readonly LogLine[];
  /** Traps. */
  readonly failures: readonly string[];
}

export interface Listener {
  request(request: ServedRequest): void;
  /** A line that belongs to no request, such as one of a tick. */
  log(line: LogLine): void;
}

/** What stands around the filters. */
export interface Surroundings {
  readonly upstream: Address;
  /** What filters call over HTTP/1, by the name of the cluster. */
  readonly clusters: ReadonlyMap<string, Address>;
}

export interface ServingEngine {
  /** With its version, such as "envoy 1.39.3". */
  readonly title: string;
  /** Starts the filters on a free port of loopback. Throws `ConfigurationRefused` when they are not taken. */
  start(filters: readonly FilterSpec[], around: Surroundings, listener: Listener): Promise<RunningChain>;
}

export interface RunningChain {
  /** On 127.0.0.1. */
  readonly port: number;
  /** Resolves, with how, when it has ended; also after `close`. */
  readonly ended: Promise<string>;
  close(): Promise<void>;
}
