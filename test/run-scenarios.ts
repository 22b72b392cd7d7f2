/** Runs every scenario on one engine: the body of each file in acceptance/. */
import { isDeepStrictEqual } from "node:util";
import { ConfigurationRefused, type Engine, type RunningProxy } from "@proxy-wasm-kit/testing";
import { afterAll, describe, expect, type TestContext, test } from "vitest";
import { checkConnection, checkEffects, checkExchange, checkLater, checkSecrets, growthOf } from "./expectations.ts";
import type { ConnectionScenario, RefusalScenario, RequestScenario, Scenario, SetUp } from "./scenario.ts";
import { scenarios } from "./scenarios/index.ts";

declare module "vitest" {
  interface TaskMeta {
    /** Functions of the ABI that the scenario's proxy has run, by its end. */
    abiCalls?: readonly string[];
  }
}

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
      test(scenario.name, async (context) => {
        skipBefore(scenario, engine, context);
        if ("refused" in scenario) return refuses(engine, scenario);
        const proxy = await proxies.get(scenario.setUp);
        if ("connection" in scenario) await connects(proxy, scenario);
        else await answers(proxy, scenario);
        context.task.meta.abiCalls = [...proxy.abiCalls];
      });
    }
  });
}

/** The reporter tells what was skipped, and why. */
function skipBefore({ since }: Scenario, { envoyVersion }: Engine, context: TestContext): void {
  if (since === undefined || envoyVersion === undefined || !isOlder(envoyVersion, since)) return;
  context.skip(`since Envoy ${since}`);
}

/** Of versions such as "1.36.4" and "1.37". */
function isOlder(version: string, other: string): boolean {
  const [left, right] = [version, other].map((text) => text.split(".").map(Number));
  for (const [at, part] of (right ?? []).entries()) {
    if (left?.[at] !== part) return (left?.[at] ?? 0) < part;
  }
  return false;
}

async function answers(proxy: RunningProxy, scenario: RequestScenario): Promise<void> {
  const { setUp, before = [], request, expect: expected } = scenario;
  for (const earlier of before) await proxy.send(earlier);
  const metrics = await proxy.metrics();
  const exchange = await proxy.send(request);
  const growth = growthOf(metrics, await proxy.metrics(), expected.metrics);
  checkExchange(exchange, expected);
  checkEffects(exchange, growth, expected);
  await checkLater(proxy, metrics, expected);
  checkSecrets(setUp, [proxy.startLogs, exchange.logs, exchange.headers, Buffer.from(exchange.body).toString()]);
}

async function connects(proxy: RunningProxy, scenario: ConnectionScenario): Promise<void> {
  const { setUp, connection, expect: expected } = scenario;
  const metrics = await proxy.metrics();
  const exchange = await proxy.connect(connection);
  const growth = growthOf(metrics, await proxy.metrics(), expected.metrics);
  checkConnection(exchange, expected);
  checkEffects(exchange, growth, expected);
  await checkLater(proxy, metrics, expected);
  checkSecrets(setUp, [proxy.startLogs, exchange.logs]);
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
