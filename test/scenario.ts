/** What a scenario is: a filter with its configuration, one request, and what must come of it on every engine. */
import type { FilterSpec, HeaderLine, ProxyOptions, ProxyRequest } from "@proxy-wasm-kit/testing";

/** Starts a proxy with one filter; scenarios with equal set-ups that follow each other share it. */
export interface SetUp extends Omit<ProxyOptions, "filters"> {
  readonly filter: FilterSpec;
  /** Strings that must appear in no log line and in nothing the client gets. */
  readonly secrets?: readonly string[];
}

export interface Expectation {
  readonly outcome: "forwarded" | "local" | "reset";
  readonly status: number;
  readonly details?: string;
  /** Lines that the response must have. */
  readonly headers?: readonly HeaderLine[];
  readonly body?: string;
  /** null: upstream has seen nothing, not even headers. Absent: not looked at. */
  readonly upstream?: null | {
    readonly body?: string | Uint8Array;
    /** Lines that must have arrived. */
    readonly headers?: readonly HeaderLine[];
    readonly complete?: boolean;
  };
  /** A line like this was logged. */
  readonly log?: RegExp;
  /** By how much these metrics have grown. */
  readonly metrics?: Readonly<Record<string, number>>;
}

export interface RequestScenario {
  readonly name: string;
  readonly setUp: SetUp;
  readonly request: ProxyRequest;
  readonly expect: Expectation;
}

/** The proxy must not take the configuration, and the filter must say why. */
export interface RefusalScenario {
  readonly name: string;
  readonly setUp: SetUp;
  readonly refused: RegExp;
}

export type Scenario = RequestScenario | RefusalScenario;
