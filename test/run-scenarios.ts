/** Runs every scenario on one engine: the body of each file in acceptance/. */
import { isDeepStrictEqual } from "node:util";
import type { Engine, Exchange, HeaderLine, RunningProxy } from "@proxy-wasm-kit/testing";
import { ConfigurationRefused } from "@proxy-wasm-kit/testing";
import { afterAll, describe, expect, test } from "vitest";
import type { RefusalScenario, RequestScenario, SetUp } from "./scenario.ts";
import { scenarios } from "./scenarios/index.ts";

/** Engines that must be there: "host,envoy,istio" in CI. */
const required = new Set((process.env.PWK_REQUIRE_ENGINES ?? "").split(","));

/** `engine` is a string, the reason, when this machine does not have it. */
export function runScenarios(name: string, engine: Engine | string): void {
  if (typeof engine === "string") {
    if (required.has(name)) throw new Error(`${name}: this engine is required here, but: ${engine}`);
    describe.skip(engine, () => {
      for (const scenario of scenarios) test(scenario.name, () => {});
    });
    return;
  }
  describe(engine.title, () => {
    const proxies = new ProxyKeeper(engine);
    afterAll(() => proxies.close());
    for (const scenario of scenarios) {
      test(scenario.name, () => {
        if ("refused" in scenario) return refuses(engine, scenario);
        if ("connection" in scenario) throw new Error("not yet");
        return answers(proxies, scenario);
      });
    }
  });
}

async function answers(proxies: ProxyKeeper, { setUp, request, expect: expected }: RequestScenario): Promise<void> {
  const proxy = await proxies.get(setUp);
  const before = await proxy.metrics();
  const exchange = await proxy.send(request);
  const after = await proxy.metrics();
  const seen = summary(exchange);
  expect(seen).toMatchObject({ outcome: expected.outcome, status: expected.status });
  if (expected.details !== undefined) expect(seen.details, JSON.stringify(seen)).toBe(expected.details);
  if (expected.body !== undefined) expect(Buffer.from(exchange.body).toString()).toBe(expected.body);
  for (const line of expected.headers ?? []) expect(exchange.headers).toContainEqual(line);
  if (expected.upstream === null) expect(exchange.upstream, "upstream must have seen nothing").toBeNull();
  else if (expected.upstream !== undefined) checkUpstream(exchange.upstream, expected.upstream);
  if (expected.log !== undefined) expect(exchange.logs.map(({ message }) => message).join("\n")).toMatch(expected.log);
  for (const [name, growth] of Object.entries(expected.metrics ?? {})) {
    expect((after[name] ?? 0) - (before[name] ?? 0), `growth of ${name}`).toBe(growth);
  }
  checkSecrets(setUp, [proxy.startLogs, exchange.logs, exchange.headers, Buffer.from(exchange.body).toString()]);
}

async function refuses(engine: Engine, { setUp, refused }: RefusalScenario): Promise<void> {
  const error: unknown = await engine.start(setUp).then(
    (proxy) => proxy.close(),
    (reason: unknown) => reason,
  );
  expect(error, "the configuration must be refused").toBeInstanceOf(ConfigurationRefused);
  const { logs } = error as ConfigurationRefused;
  // Where a configuration has several lines, filters tell the line too; that depends on how it was delivered.
  expect(logs.map(({ message }) => message.replace(/ \(line \d+\)/, "")).join("\n")).toMatch(refused);
  checkSecrets(setUp, logs);
}

function checkUpstream(seen: Exchange["upstream"], expected: NonNullable<RequestScenario["expect"]["upstream"]>): void {
  expect(seen, "upstream must have received the request").not.toBeNull();
  if (seen === null) return;
  expect(seen.complete).toBe(expected.complete ?? true);
  if (expected.body !== undefined) {
    expect(Buffer.from(seen.body).equals(Buffer.from(expected.body)), "upstream must get the body unchanged").toBe(
      true,
    );
  }
  for (const line of expected.headers ?? []) expect<readonly HeaderLine[]>(seen.headers).toContainEqual(line);
}

function checkSecrets({ secrets = [] }: SetUp, shown: unknown): void {
  const text = JSON.stringify(shown);
  for (const secret of secrets) expect(text.includes(secret), "a secret was logged or sent to the client").toBe(false);
}

/** What a person needs to see when a scenario fails. */
const summary = ({ outcome, status, details, upstream, logs, callbacks }: Exchange) => ({
  outcome,
  status,
  details,
  upstream: upstream && { headers: upstream.headers, bytes: upstream.body.length },
  logs: logs.map(({ level, message }) => `${level} ${message}`),
  callbacks: callbacks.map(({ name, arguments: values, result }) => `${name}(${values.join(", ")}) = ${result}`),
});

/** Keeps the proxy of the scenario before, for the next one with the same set-up. */
class ProxyKeeper {
  #running: { setUp: SetUp; proxy: RunningProxy } | undefined;
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  async get(setUp: SetUp): Promise<RunningProxy> {
    if (this.#running !== undefined && isDeepStrictEqual(this.#running.setUp, setUp)) return this.#running.proxy;
    await this.close();
    const proxy = await this.#engine.start(setUp);
    this.#running = { setUp, proxy };
    return proxy;
  }

  async close(): Promise<void> {
    await this.#running?.proxy.close();
    this.#running = undefined;
  }
}
