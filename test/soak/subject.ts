/** One hmac-auth on a host of its own that is sent requests as fast as it answers them; its wall clock stands still. */
import {
  HeaderMap,
  Host,
  type HttpStream,
  LogLevel,
  loadModule,
  ManualClock,
  type Protocol,
  requestHeaders,
} from "@proxy-wasm-kit/host";
import type { HeaderLine } from "@proxy-wasm-kit/testing";
import type { SetUp } from "../scenario.ts";
import { now } from "../scenarios/hmac-auth-canonical.ts";
import type { SoakRequest } from "./generate.ts";

export interface Answer {
  /** "forwarded", or the details of the local answer. */
  readonly outcome: string;
  /** What must not happen. */
  readonly problem: string | null;
}

/** Nothing here waits for anything but the event loop: what takes so long hangs. */
const patienceMs = 10_000;
/** More than any `body_timeout_ms` here, and than the filter's tick. */
const tooLongMs = 40_000;
const mebibyte = new Uint8Array(1 << 20);

export class Subject {
  readonly #host: Host;
  readonly #clock: ManualClock;
  readonly #protocol: Protocol;
  readonly #problems: string[];

  private constructor(host: Host, clock: ManualClock, protocol: Protocol, problems: string[]) {
    this.#host = host;
    this.#clock = clock;
    this.#protocol = protocol;
    this.#problems = problems;
  }

  static async start(setUp: SetUp, protocol: Protocol, module: Uint8Array): Promise<Subject> {
    const clock = new ManualClock();
    const problems: string[] = [];
    const loaded = await loadModule(new Uint8Array(module));
    const host = await Host.start({
      plugins: setUp.filters.map(({ name, configuration, environment }) => ({
        ...{ name, module: loaded, rootId: name, vmId: "", configuration: JSON.stringify(configuration) },
        ...{ environment: environment ?? {}, failurePolicy: "FAIL_CLOSED", allowOnHeadersStopIteration: true },
      })),
      upstream: async () => ({ status: 200, body: "ok\n" }),
      // Time goes by for timers only: signatures stay fresh.
      clock: {
        nowNs: () => BigInt(now) * 1_000_000n,
        monotonicNs: () => clock.monotonicNs(),
        setTimer: (ms, callback) => clock.setTimer(ms, callback),
      },
      logLevel: LogLevel.Critical,
      upgrades: ["websocket"],
      onHostLog: (message) => {
        if (/failed|trap/i.test(message)) problems.push(message);
      },
    });
    return new Subject(host, clock, protocol, problems);
  }

  /** Of the guest. */
  get memoryBytes(): number {
    return this.#host.guestMemoryBytes();
  }

  async send(soakRequest: SoakRequest): Promise<Answer> {
    const stream = await this.#host.openStream(this.#protocol);
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      stream.reset();
    }, patienceMs);
    // A client goes away when it has its answer.
    stream.answered.then(nextTurn).then(() => stream.reset());
    try {
      await this.#feed(stream, soakRequest);
      await this.#see(stream);
      const { outcome, details } = await stream.finished;
      return {
        outcome: outcome === "forwarded" ? outcome : (details ?? outcome),
        problem: this.#problems.pop() ?? problemOf(outcome, isLate, soakRequest.ending),
      };
    } catch (error) {
      return { outcome: "error", problem: String(error) };
    } finally {
      clearTimeout(timer);
    }
  }

  async #feed(stream: HttpStream, { request, pieces, ending }: SoakRequest): Promise<void> {
    const { method = "GET", path = "/", authority = "example.com", trailers = [["x-t", "1"]] } = request;
    const headers: HeaderLine[] = [...(request.headers ?? [])];
    const isBodiless = pieces.length === 0 && ending === "ends";
    stream.requestHeaders(requestHeaders({ method, path, authority, headers }, this.#protocol), isBodiless);
    if (isBodiless) return;
    for (const piece of pieces) stream.requestData(piece, false);
    if (ending === "ends") stream.requestData(new Uint8Array(), true);
    else if (ending === "trailers") stream.requestTrailers(new HeaderMap("requestTrailers", trailers));
    else if (ending === "resets") stream.reset();
    else if (ending === "waits for ever") await this.#wait(stream);
    else await this.#goOn(stream);
  }

  /**
   * With `hold: body` an answer that is complete before the request is ends the request in Envoy too: the body never comes,
   * and the filter refuses when its time is over.
   */
  async #see(stream: HttpStream): Promise<void> {
    for (let i = 0; i < 4; ++i) await nextTurn();
    if (stream.progress.paused.response) this.#clock.advance(tooLongMs);
  }

  /** Time goes by until the filter must have had enough, then the client goes away. */
  async #wait(stream: HttpStream): Promise<void> {
    await nextTurn();
    this.#clock.advance(tooLongMs);
    await this.#leave(stream);
  }

  /** Many times what any rule here lets through, then the client goes away. */
  async #goOn(stream: HttpStream): Promise<void> {
    for (let i = 0; i < 8; ++i) {
      stream.requestData(mebibyte, false);
      await nextTurn();
    }
    await this.#leave(stream);
  }

  /** What a filter has let through waits for its end; what it holds would do so for ever. */
  async #leave(stream: HttpStream): Promise<void> {
    await nextTurn();
    if (stream.progress.paused.request && stream.progress.status === 0) this.#problems.push("held for ever");
    stream.reset();
  }

  close(): void {
    this.#host.close();
  }
}

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

function problemOf(outcome: string, isLate: boolean, ending: SoakRequest["ending"]): string | null {
  if (isLate) return "no answer";
  return outcome === "reset" && ending !== "resets" && !ending.endsWith("for ever") ? "reset" : null;
}
