/** The two proxies that are compared, over the same set-up. */
import type { Engine, Exchange, ProxyRequest, UpstreamResponse } from "@proxy-wasm-kit/testing";
import { encodeScript, type Message, type Scenario, type SetUp, type Step } from "./scenario.ts";

/** How much time a run leaves to what happens on its own. */
export interface Timing {
  /** Between pieces of a body. */
  readonly paceMs: number;
  /** Until a client gives up on a stream that nothing happens on. */
  readonly patienceMs: number;
}

/** One of the proxies. */
export interface Subject {
  run(scenario: Scenario, timing: Timing): Promise<Exchange>;
  close(): Promise<void>;
}

/**
 * Ticks and answers to callouts come when all of both bodies has been sent, and at a time of their own for each filter,
 * so that their order is always the same. In paces, of the first filter and between filters: no whole
 * number, as pieces of a body come at whole ones.
 */
const laterPaces: Readonly<Record<string, { readonly first: number; readonly between: number }>> = {
  tick: { first: 6, between: 1.4 },
  callout: { first: 12, between: 1.4 },
};

/** `probe` is the path of the probe's module. */
export async function start(
  engine: Engine,
  { protocol, filters, bufferLimitBytes }: SetUp,
  probe: string,
): Promise<Subject> {
  let response: UpstreamResponse = { status: 200 };
  const proxy = await engine.start({
    filters: filters.map((allowOnHeadersStopIteration, at) => ({
      ...{ name: `probe${at}`, wasm: probe, configuration: String(at), allowOnHeadersStopIteration },
    })),
    clusters: { answers: { http: ({ path }) => ({ status: 200, delayMs: Number(path.slice(1)) }) } },
    protocol,
    ...(bufferLimitBytes !== undefined && { bufferLimitBytes }),
    upstream: () => response,
  });
  return {
    async run(scenario, timing): Promise<Exchange> {
      response = responseOf(scenario, timing);
      return proxy.send(requestOf(scenario, timing));
    },
    close: () => proxy.close(),
  };
}

function requestOf({ request, steps }: Scenario, { paceMs, patienceMs }: Timing): ProxyRequest {
  const { method, path, authority, headers } = request;
  const script = encodeScript(steps.map((step) => withTime(step, paceMs)));
  return {
    ...{ method, path, authority, paceMs, patienceMs },
    headers: script === "" ? headers : [...headers, ["x-script", script]],
    ...bodyOf(request),
  };
}

function withTime(step: Step, paceMs: number): Step {
  const [command] = step.do;
  const paces = laterPaces[command];
  return paces === undefined
    ? step
    : { ...step, do: [command, Math.round((paces.first + paces.between * step.filter) * paceMs)] };
}

function responseOf({ response }: Scenario, { paceMs }: Timing): UpstreamResponse {
  const { status, headers, early = false } = response;
  return { status, headers, early, paceMs, ...bodyOf(response) };
}

function bodyOf({ body, whole = false, trailers }: Message): Pick<UpstreamResponse, "body" | "trailers"> {
  const pieces = body?.map((piece) => Buffer.from(piece, "latin1"));
  return {
    ...(pieces && { body: whole ? Buffer.concat(pieces) : pieces }),
    ...(trailers && { trailers }),
  };
}

/** Both proxies of a set-up. */
export interface Pair {
  readonly host: Subject;
  readonly envoy: Subject;
}
