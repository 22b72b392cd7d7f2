/** Starts filters for a test, on the host or on a real Envoy. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Clock, ManualClock } from "@proxy-wasm-kit/host";
import { envoyEngine } from "./envoy-engine.ts";
import { upstreamRequest, upstreamResponse } from "./fetch.ts";
import { hostEngine } from "./host-engine.ts";
import { TestProxy } from "./test-proxy.ts";
import type { Engine, FilterSpec, ProxyOptions, UpstreamResponse } from "./types.ts";

/** A module: where it lies, or its bytes. What is the same is compiled once. */
export type ModuleSource = string | URL | Uint8Array;

/** A filter, as in `FilterSpec`. */
export interface TestFilter extends Omit<FilterSpec, "name" | "wasm"> {
  readonly wasm: ModuleSource;
  /** Default: the file's name without ".wasm", or "filter". */
  readonly name?: string;
}

type Filters = ModuleSource | TestFilter | readonly (ModuleSource | TestFilter)[];

export interface StartOptions
  extends Omit<ProxyOptions, "filters" | "networkFilters" | "services" | "upstream" | "clock" | "now" | "trace"> {
  /** In the order requests pass them. Default: none. */
  readonly filters?: Filters;
  /** TCP filters, in the order connections pass them. */
  readonly networkFilters?: Filters;
  /** Singleton services. */
  readonly services?: Filters;
  /** What answers behind the filters. Default: 200 with the text "ok\n". */
  readonly upstream?: UpstreamResponse | ((request: Request) => Response | Promise<Response>);
  /** "envoy" finds, or installs, a real one. Default: what `PWK_ENGINE` in the environment names, or "host". */
  readonly engine?: "host" | "envoy" | Engine;
  /** On the host: what the filters read and wait on. A `Date` is when it starts. Default: the real time. */
  readonly clock?: Clock | Date;
  /** Environment of every filter; a filter's own `environment` comes first. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Throws `ConfigurationRefused` when the proxy does not take the filters, `NoEnvoy` when there is no Envoy to be had. */
export async function startProxy(options: StartOptions): Promise<TestProxy> {
  const {
    filters = [],
    networkFilters,
    services,
    upstream,
    engine = engineOfEnvironment(),
    clock,
    env = {},
    ...rest
  } = options;
  const files = new ModuleFiles();
  const specs = (sources: Filters) =>
    Promise.all(listOf(sources).map((source) => specOf(source, env, (bytes) => files.add(bytes))));
  const answer = handlerOf(upstream);
  try {
    const chosen = engine === "host" ? hostEngine : engine === "envoy" ? await envoyEngine() : engine;
    const proxy = await chosen.start({
      ...rest,
      filters: await specs(filters),
      ...(networkFilters !== undefined && { networkFilters: await specs(networkFilters) }),
      ...(services !== undefined && { services: await specs(services) }),
      ...(answer.upstream !== undefined && { upstream: answer.upstream }),
      ...(clock !== undefined && (clock instanceof Date ? { now: clock } : { clock })),
      trace: true,
    });
    return new TestProxy(proxy, {
      clock: clock instanceof ManualClock ? clock : null,
      takeFailure: answer.takeFailure,
      async close(): Promise<void> {
        await proxy.close();
        await files.remove();
      },
    });
  } catch (error) {
    await files.remove();
    throw error;
  }
}

/** So `pwk test` runs the same tests on each engine. */
function engineOfEnvironment(): "host" | "envoy" {
  const name = process.env.PWK_ENGINE || "host";
  if (name === "host" || name === "envoy") return name;
  throw new Error(`PWK_ENGINE: expected host or envoy, found ${name}`);
}

const listOf = (filters: Filters): readonly (ModuleSource | TestFilter)[] =>
  Array.isArray(filters) ? filters : [filters as ModuleSource | TestFilter];

async function specOf(
  source: ModuleSource | TestFilter,
  env: Readonly<Record<string, string>>,
  fileOf: (bytes: Uint8Array) => Promise<string>,
): Promise<FilterSpec> {
  const isModule = typeof source === "string" || source instanceof URL || source instanceof Uint8Array;
  const { wasm, name, environment, ...rest }: TestFilter = isModule ? { wasm: source } : source;
  const path = wasm instanceof URL ? fileURLToPath(wasm) : wasm;
  return {
    ...rest,
    name: name ?? (typeof path === "string" ? basename(path, ".wasm") : "filter"),
    wasm: typeof path === "string" ? path : await fileOf(path),
    environment: { ...env, ...environment },
  };
}

/** A function's failures are kept for the test: to the filters they are a connection that was lost. */
function handlerOf(upstream: StartOptions["upstream"]) {
  let failure: unknown = null;
  const takeFailure = () => {
    const taken = failure;
    failure = null;
    return taken;
  };
  if (typeof upstream !== "function") return { upstream, takeFailure };
  const respond = async (request: Parameters<typeof upstreamRequest>[0]) => {
    try {
      return await upstreamResponse(await upstream(upstreamRequest(request)));
    } catch (error) {
      failure = error;
      throw error;
    }
  };
  return { upstream: { respond }, takeFailure };
}

/** Files for modules that are given as bytes: engines read files. */
class ModuleFiles {
  #folder: Promise<string> | null = null;
  #count = 0;

  async add(bytes: Uint8Array): Promise<string> {
    this.#folder ??= mkdtemp(join(tmpdir(), "proxy-wasm-kit-"));
    const path = join(await this.#folder, `${this.#count++}.wasm`);
    await writeFile(path, bytes);
    return path;
  }

  async remove(): Promise<void> {
    if (this.#folder !== null) await rm(await this.#folder, { recursive: true, force: true });
  }
}
