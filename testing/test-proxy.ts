/** What a filter's tests hold: a running chain of filters, asked as `fetch` asks a server. */
import type { ManualClock } from "@proxy-wasm-kit/host";
import { requestOf, responseOf } from "./fetch.ts";
import type { OpenStream } from "./host-stream.ts";
import type { Exchange, LogLine, Observation, ProxyRequest, RunningProxy, TcpExchange, TcpRequest } from "./types.ts";

/** Everything about one request. */
export interface TestExchange extends Exchange {
  /** Metrics of the filters and services, as they are when the request is over. */
  readonly metrics: Readonly<Record<string, number>>;
}

const exchanges = new WeakMap<Response, TestExchange>();

/** What led to a response. Throws for responses that `fetch` of a `TestProxy` has not given. */
export function exchangeOf(response: Response): TestExchange {
  const exchange = exchanges.get(response);
  if (exchange === undefined) throw new Error("expected a response of `proxy.fetch`, and found another (or a clone)");
  return exchange;
}

/** Requests, streams and connections of one proxy go one after the other; those that come earlier wait. */
export class TestProxy {
  readonly #proxy: RunningProxy;
  readonly #clock: ManualClock | null;
  readonly #takeFailure: () => unknown;
  readonly #close: () => Promise<void>;
  #turn: Promise<unknown> = Promise.resolve();
  #last: TestExchange | null = null;

  /** `takeFailure` returns, once, what the upstream's function has thrown; null when it has not. */
  constructor(
    proxy: RunningProxy,
    parts: { clock: ManualClock | null; takeFailure: () => unknown; close: () => Promise<void> },
  ) {
    this.#proxy = proxy;
    this.#clock = parts.clock;
    this.#takeFailure = parts.takeFailure;
    this.#close = parts.close;
  }

  /**
   * As the platform's `fetch`, through the filters, without following redirects. Throws a `TypeError` when no response came,
   * and what the function of `upstream` has thrown.
   */
  async fetch(input: string | URL | Request, init?: RequestInit): Promise<Response> {
    const exchange = await this.send(await requestOf(input, init));
    const response = responseOf(exchange);
    exchanges.set(response, exchange);
    return response;
  }

  /** Sends exactly this, where `fetch` would normalise. Throws what the function of `upstream` has thrown. */
  send(request: ProxyRequest): Promise<TestExchange> {
    return this.#inTurn(async () => {
      const exchange = await this.#proxy.send(request);
      const failure = this.#takeFailure();
      this.#last = { ...exchange, metrics: await this.#proxy.metrics() };
      if (failure !== null) throw failure;
      return this.#last;
    });
  }

  /** Opens a stream that is fed piece by piece. Throws on engines other than the host. */
  async open(): Promise<OpenStream> {
    const { open } = this.#proxy;
    if (open === undefined) throw new Error("open: only the host lets a test look into a stream");
    return this.#inTurn(() => open.call(this.#proxy));
  }

  /** Opens a TCP connection through the network filters. Throws when there are none. */
  connect(request: TcpRequest): Promise<TcpExchange> {
    return this.#inTurn(() => this.#proxy.connect(request));
  }

  /** Of the last request that `fetch` or `send` is done with. Throws before the first. */
  get lastExchange(): TestExchange {
    if (this.#last === null) throw new Error("lastExchange: nothing has been sent yet");
    return this.#last;
  }

  /** What filters and services have logged since the start, oldest first. */
  get logs(): readonly LogLine[] {
    return this.#proxy.logs;
  }

  /** What they logged while the proxy started. */
  get startLogs(): readonly LogLine[] {
    return this.#proxy.startLogs;
  }

  /** Their metrics by name, now. */
  metrics(): Promise<Readonly<Record<string, number>>> {
    return this.#proxy.metrics();
  }

  /** For what happens on its own time: resolves once the condition holds; throws, with what was seen, after 10 s. */
  waitFor(condition: (seen: Observation) => boolean): Promise<Observation> {
    return this.#proxy.waitFor(condition);
  }

  /** Moves the filters' time on: ticks fire, callouts time out. Throws unless `clock` is a `ManualClock`. */
  async advance(ms: number): Promise<void> {
    if (this.#clock === null) throw new Error("advance: start the proxy with `clock: new ManualClock()`");
    this.#clock.advance(ms);
    await new Promise((resolve) => setImmediate(resolve));
  }

  close(): Promise<void> {
    return this.#close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(act);
    this.#turn = mine.catch(() => {});
    return mine;
  }
}
