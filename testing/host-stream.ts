/** A stream through our own host that is fed piece by piece, to look what has happened in between. */
import {
  HeaderMap,
  type HttpStream,
  requestHeaders,
  type StreamProgress,
  type StreamResult,
} from "@proxy-wasm-kit/host";
import type { Exchange, HeaderLine, ProxyOptions } from "./types.ts";
import { withoutVolatileRequestLines, withoutVolatileResponseLines } from "./volatile.ts";

/** An exchange as far as it has come. */
export interface OpenExchange extends Omit<Exchange, "outcome"> {
  readonly outcome: Exchange["outcome"] | "open";
  /** A filter holds the request, or the response. */
  readonly paused: StreamProgress["paused"];
}

/** What the engine has heard since the stream was opened. */
export type Heard = Pick<Exchange, "logs" | "callbacks" | "failures" | "calls" | "trace">;

/** What is done resolves when all has happened that happens at once: filters, and an upstream that does not wait. */
export class OpenStream {
  /** When the stream is over and the filters are gone. */
  readonly finished: Promise<Exchange>;
  readonly #stream: HttpStream;
  readonly #protocol: "http1" | "http2";
  readonly #heard: () => Heard;
  #result: Exchange | null = null;

  constructor(stream: HttpStream, { protocol = "http1", filterState }: ProxyOptions, heard: () => Heard) {
    this.#stream = stream;
    this.#protocol = protocol;
    this.#heard = heard;
    this.finished = stream.finished.then((result) => {
      this.#result = { ...withoutVolatile(result), filterState: statesOf(result, filterState), ...heard() };
      return this.#result;
    });
    // Whoever waits for it is told; nobody has to.
    this.finished.catch(() => {});
  }

  /** Pseudo headers may be among the lines; by default it is a GET of `/` of example.com. */
  headers(lines: readonly HeaderLine[] = [], endOfStream = false): Promise<void> {
    const pseudo = (name: string) => lines.find(([other]) => other === name)?.[1];
    const head = {
      method: pseudo(":method") ?? "GET",
      path: pseudo(":path") ?? "/",
      authority: pseudo(":authority") ?? "example.com",
      headers: lines.filter(([name]) => !name.startsWith(":")),
    };
    return this.#act(() => this.#stream.requestHeaders(requestHeaders(head), endOfStream));
  }

  data(piece: string | Uint8Array, endOfStream = false): Promise<void> {
    const bytes = Buffer.from(piece);
    // The end of an HTTP/1 body comes behind its last byte.
    const isApart = endOfStream && this.#protocol === "http1" && bytes.length > 0;
    return this.#act(() => {
      this.#stream.requestData(bytes, endOfStream && !isApart);
      if (isApart) this.#stream.requestData(new Uint8Array(), true);
    });
  }

  trailers(lines: readonly HeaderLine[]): Promise<void> {
    return this.#act(() => this.#stream.requestTrailers(new HeaderMap("requestTrailers", lines)));
  }

  /** The client goes away. */
  reset(): Promise<void> {
    return this.#act(() => this.#stream.reset());
  }

  /** Now. */
  get exchange(): OpenExchange {
    const { paused, ...progress } = this.#stream.progress;
    const begun = { outcome: "open", details: null, filterState: {} } as const;
    return { ...(this.#result ?? { ...begun, ...withoutVolatile(progress), ...this.#heard() }), paused };
  }

  async #act(action: () => void): Promise<void> {
    action();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Those of these names that are set. */
export const statesOf = ({ filterState }: StreamResult, names: readonly string[] = []): Record<string, string> =>
  Object.fromEntries(
    names.flatMap((name) => {
      const value = filterState.get(`wasm.${name}`);
      return value === undefined ? [] : [[name, new TextDecoder().decode(value)]];
    }),
  );

/** Without the lines that every engine leaves out. */
export function withoutVolatile<Result extends Pick<Exchange, "headers" | "upstream">>(result: Result): Result {
  const { upstream } = result;
  return {
    ...result,
    headers: withoutVolatileResponseLines(result.headers),
    upstream: upstream && { ...upstream, headers: withoutVolatileRequestLines(upstream.headers) },
  };
}
