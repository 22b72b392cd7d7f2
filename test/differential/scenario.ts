/** One request through a chain of probes, as plain data: what is generated, shrunk, printed and kept as a case. */
import type { HeaderLine } from "@proxy-wasm-kit/testing";

/** What a proxy has to be started for; scenarios of the same set-up share one. */
export interface SetUp {
  readonly protocol: "http1" | "http2";
  /** One for each filter: the plugin's `allow_on_headers_stop_iteration`. */
  readonly filters: readonly boolean[];
  /** `per_connection_buffer_limit_bytes`. Default: Envoy's, 1 MiB. */
  readonly bufferLimitBytes?: number;
}

export type Callback =
  | `${"request" | "response"}_${"headers" | "body" | "trailers"}`
  | "tick"
  | "callout"
  | "log"
  | "done";

/** A command and its words: see assembly/probe.ts. Strings are byte strings, one character (U+0000 to U+00FF) a byte. */
export type Command = readonly [name: string, ...words: readonly (string | number)[]];

/** What one filter does in one of its callbacks. */
export interface Step {
  /** From 0, in the order requests pass them. */
  readonly filter: number;
  readonly at: Callback;
  /** Number of the callback's call on the stream, from 1; "*": each; "$": the one with end of stream. */
  readonly call: number | "*" | "$";
  readonly do: Command;
}

/** Byte strings. A body is pieces between which there is time; `whole` sends its one piece with the headers. */
export interface Message {
  readonly headers: readonly HeaderLine[];
  readonly body?: readonly string[];
  readonly whole?: boolean;
  readonly trailers?: readonly HeaderLine[];
}

export interface Scenario {
  readonly setUp: SetUp;
  readonly request: Message & {
    readonly method: string;
    readonly path: string;
    readonly authority: string;
  };
  readonly response: Message & {
    readonly status: number;
    /** Sent when the request's headers are there, whatever of its body is still to come. */
    readonly early?: boolean;
  };
  readonly steps: readonly Step[];
}

/** The script of a scenario as the probe reads it. */
export function encodeScript(steps: readonly Step[]): string {
  return steps
    .map(({ filter, at, call, do: [command, ...words] }) =>
      [filter, at, call, command, ...words.map(encodeWord)].join(" "),
    )
    .join(";");
}

const encodeWord = (word: string | number): string =>
  word === ""
    ? "%"
    : String(word).replace(/[^\w./:-]/g, (char) => `%${char.charCodeAt(0).toString(16).padStart(2, "0")}`);
