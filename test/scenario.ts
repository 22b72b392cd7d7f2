/** What a scenario is: filters with their configuration, a request or a connection, and what must come of it everywhere. */
import type { HeaderLine, ProxyOptions, ProxyRequest, TcpExchange, TcpRequest } from "@proxy-wasm-kit/testing";

/** Starts a proxy; scenarios with equal set-ups that follow each other share it. */
export interface SetUp extends ProxyOptions {
  /** Strings that must appear in no log line and in nothing the client gets. */
  readonly secrets?: readonly string[];
}

interface Named {
  /** Begins with the folder of its filter: "hmac-auth: ...". */
  readonly name: string;
  readonly setUp: SetUp;
  /** The first Envoy, such as "1.37", that behaves like this. Older ones are told apart in the output, not forgotten. */
  readonly since?: string;
}

/** A call that must have reached a cluster; what is absent is not looked at. */
export interface ExpectedCall {
  readonly cluster: string;
  readonly method?: string;
  /** gRPC: "/service/method". */
  readonly path?: string;
  /** Lines that must have arrived. */
  readonly headers?: readonly HeaderLine[];
  readonly body?: string | Uint8Array;
  /** gRPC: all of them. */
  readonly messages?: readonly (string | Uint8Array)[];
}

/** What is looked at in requests and connections alike. */
export interface Effects {
  /** A line like this was logged. */
  readonly log?: RegExp;
  /** By how much these metrics have grown. */
  readonly metrics?: Readonly<Record<string, number>>;
  /** All calls that reached clusters, in order. */
  readonly calls?: readonly ExpectedCall[];
  /** What may come after the end, such as the work of a service: it is waited for. Logs are those since the start. */
  readonly eventually?: Pick<Effects, "log" | "metrics">;
}

export interface Expectation extends Effects {
  readonly outcome: "forwarded" | "local" | "reset";
  readonly status: number;
  readonly details?: string;
  /** Lines that the response must have. */
  readonly headers?: readonly HeaderLine[];
  /** Names of lines that the response must not have. */
  readonly withoutHeaders?: readonly string[];
  readonly body?: string;
  /** What of the set-up's `filterState` must be set, and nothing else of it. */
  readonly filterState?: Readonly<Record<string, string>>;
  /** null: upstream has seen nothing, not even headers. Absent: not looked at. */
  readonly upstream?: null | {
    readonly authority?: string;
    readonly path?: string;
    readonly body?: string | Uint8Array;
    /** Lines that must have arrived. */
    readonly headers?: readonly HeaderLine[];
    /** Names of lines that must not have arrived. */
    readonly withoutHeaders?: readonly string[];
    readonly complete?: boolean;
  };
}

export interface RequestScenario extends Named {
  /** Requests that go ahead on the same proxy, whatever comes of them. */
  readonly before?: readonly ProxyRequest[];
  readonly request: ProxyRequest;
  readonly expect: Expectation;
}

export interface TcpExpectation extends Effects {
  /** What the client has received. */
  readonly received?: string | Uint8Array;
  readonly end?: TcpExchange["end"];
  /** What upstream has received; null: no connection was made to it. */
  readonly upstream?: null | string | Uint8Array;
}

export interface ConnectionScenario extends Named {
  readonly connection: TcpRequest;
  readonly expect: TcpExpectation;
}

/** The proxy must not take the configuration, and the filter must say why. */
export interface RefusalScenario extends Named {
  readonly refused: RegExp;
}

export type Scenario = RequestScenario | ConnectionScenario | RefusalScenario;
