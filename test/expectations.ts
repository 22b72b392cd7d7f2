/** Holds what an engine has seen against what a scenario expects. */
import type { ClusterCall, Exchange, HeaderLine, LogLine, RunningProxy, TcpExchange } from "@proxy-wasm-kit/testing";
import { expect } from "vitest";
import type { Effects, Expectation, ExpectedCall, SetUp, TcpExpectation } from "./scenario.ts";

type Metrics = Readonly<Record<string, number>>;

export function checkExchange(exchange: Exchange, expected: Expectation): void {
  const seen = summary(exchange);
  expect(seen).toMatchObject({ outcome: expected.outcome, status: expected.status });
  if (expected.details !== undefined) expect(seen.details, JSON.stringify(seen)).toBe(expected.details);
  if (expected.body !== undefined) expect(Buffer.from(exchange.body).toString()).toBe(expected.body);
  checkHeaders(exchange.headers, expected);
  if (expected.filterState !== undefined)
    expect(exchange.filterState, JSON.stringify(seen)).toEqual(expected.filterState);
  if (expected.upstream === null) expect(exchange.upstream, "upstream must have seen nothing").toBeNull();
  else if (expected.upstream !== undefined) checkUpstream(exchange.upstream, expected.upstream);
}

export function checkConnection(exchange: TcpExchange, expected: TcpExpectation): void {
  const seen = JSON.stringify({ ...shown(exchange), end: exchange.end });
  if (expected.received !== undefined) checkBytes(exchange.received, expected.received, `the client got it: ${seen}`);
  if (expected.end !== undefined) expect(exchange.end, seen).toBe(expected.end);
  if (expected.upstream === null) expect(exchange.upstream, "no connection must be made to upstream").toBeNull();
  else if (expected.upstream !== undefined)
    checkBytes(exchange.upstream, expected.upstream, `upstream got it: ${seen}`);
}

/** What both kinds of exchange have in common, but for what comes after them. */
export function checkEffects(exchange: Exchange | TcpExchange, growth: Metrics, expected: Effects): void {
  if (expected.log !== undefined) expect(lines(exchange.logs)).toMatch(expected.log);
  for (const [name, value] of Object.entries(expected.metrics ?? {})) {
    expect(growth[name] ?? 0, `growth of ${name}`).toBe(value);
  }
  if (expected.calls !== undefined) checkCalls(exchange.calls, expected.calls);
}

/** Waits for what comes after the end. `before`: the metrics when the scenario began. */
export async function checkLater(proxy: RunningProxy, before: Metrics, expected: Effects): Promise<void> {
  const { log, metrics = {} } = expected.eventually ?? {};
  await proxy.waitFor(
    (seen) =>
      (log === undefined || log.test(lines(seen.logs))) &&
      Object.entries(growthOf(before, seen.metrics, metrics)).every(([name, value]) => value === metrics[name]),
  );
}

/** By how much the metrics that matter have grown. */
export const growthOf = (before: Metrics, after: Metrics, named: Metrics = {}): Metrics =>
  Object.fromEntries(Object.keys(named).map((name) => [name, (after[name] ?? 0) - (before[name] ?? 0)]));

export function checkSecrets({ secrets = [] }: SetUp, shownToOthers: unknown): void {
  const text = JSON.stringify(shownToOthers);
  for (const secret of secrets) expect(text.includes(secret), "a secret was logged or sent to the client").toBe(false);
}

function checkUpstream(seen: Exchange["upstream"], expected: NonNullable<Expectation["upstream"]>): void {
  expect(seen, "upstream must have received the request").not.toBeNull();
  if (seen === null) return;
  expect(seen.complete).toBe(expected.complete ?? true);
  if (expected.authority !== undefined) expect(seen.authority, "upstream must get the host").toBe(expected.authority);
  if (expected.path !== undefined) expect(seen.path, "upstream must get the path").toBe(expected.path);
  if (expected.body !== undefined) checkBytes(seen.body, expected.body, "upstream must get the body");
  checkHeaders(seen.headers, expected);
}

function checkCalls(seen: readonly ClusterCall[], expected: readonly ExpectedCall[]): void {
  expect(seen.map(({ cluster, path }) => `${cluster}${path}`)).toHaveLength(expected.length);
  for (const [at, call] of expected.entries()) {
    const { headers = [], body, messages, ...exact } = call;
    expect(seen[at]).toMatchObject(exact);
    for (const line of headers) expect(seen[at]?.headers).toContainEqual(line);
    if (body !== undefined) checkBytes(seen[at]?.body, body, `call ${at} has the body`);
    if (messages === undefined) continue;
    expect(seen[at]?.messages).toHaveLength(messages.length);
    for (const [n, message] of messages.entries()) checkBytes(seen[at]?.messages[n], message, `message ${n}`);
  }
}

function checkHeaders(
  seen: readonly HeaderLine[],
  { headers = [], withoutHeaders = [] }: Pick<Expectation, "headers" | "withoutHeaders">,
): void {
  for (const line of headers) expect(seen).toContainEqual(line);
  for (const name of withoutHeaders) expect(seen.map(([other]) => other)).not.toContain(name);
}

/** Large bodies are not printed: whether they are equal is enough. */
function checkBytes(seen: Uint8Array | null | undefined, expected: string | Uint8Array, what: string): void {
  if (typeof expected === "string") expect(seen && Buffer.from(seen).toString(), what).toBe(expected);
  else expect(seen && Buffer.from(seen).equals(expected), what).toBe(true);
}

const lines = (logs: readonly LogLine[]): string => logs.map(({ message }) => message).join("\n");

/** What a person needs to see when a scenario fails. */
const summary = (exchange: Exchange) => ({
  outcome: exchange.outcome,
  status: exchange.status,
  details: exchange.details,
  upstream: exchange.upstream && { headers: exchange.upstream.headers, bytes: exchange.upstream.body.length },
  ...shown(exchange),
});

const shown = ({ logs, callbacks, failures, calls }: Exchange | TcpExchange) => ({
  failures,
  logs: logs.map(({ level, message }) => `${level} ${message}`),
  callbacks: callbacks.map(({ name, arguments: values, result }) => `${name}(${values.join(", ")}) = ${result}`),
  calls: calls.map(({ cluster, method, path }) => `${cluster}: ${method} ${path}`),
});
