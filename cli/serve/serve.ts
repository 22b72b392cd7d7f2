/** `pwk serve`: a chain that stays as it is, until it is told to stop. */
import type { Address } from "@proxy-wasm-kit/envoy";
import type { FilterSpec } from "@proxy-wasm-kit/testing";
import { Failure } from "../failure.ts";
import { chooseEngine } from "./choose-engine.ts";
import { untilStopped } from "./end.ts";
import type { ServingEngine } from "./engine.ts";
import type { Report } from "./report.ts";
import { Server } from "./server.ts";

/** What `pwk serve` and `pwk dev` both have to know. */
export interface ServingOptions {
  readonly engine?: "host" | "envoy";
  readonly listen: Address;
  readonly upstream?: Address;
  readonly clusters: ReadonlyMap<string, Address>;
  readonly report: Report;
  /** For what is no result. */
  readonly tell: (text: string) => void;
}

/** Takes the port, without filters yet. */
export async function openServer(options: ServingOptions) {
  const { engine: name, report, tell, ...rest } = options;
  const engine = await chooseEngine(name, tell);
  return { engine, server: await Server.listen({ ...rest, engine, listener: report }) };
}

/** Resolves at Ctrl-C. Throws `Failure` when the port cannot be had, the filters are refused, or the proxy ends by itself. */
export async function serve(filters: readonly FilterSpec[], options: ServingOptions): Promise<void> {
  const stopped = untilStopped();
  const { engine, server } = await openServer(options);
  try {
    const died = server.died;
    const end = await Promise.race([server.use(filters), stopped.then(() => "stopped")]);
    if (end === "stopped") return;
    tellServing(server, engine, filters, options);
    const how = await Promise.race([died, stopped]);
    if (typeof how === "string") throw new Failure(`${engine.title} ${how} while it served`);
  } finally {
    await server.close();
  }
}

/** What a person has to know, once requests can come. */
export function tellServing(
  { url }: Server,
  { title: engine }: ServingEngine,
  filters: readonly FilterSpec[],
  { report, upstream: to }: ServingOptions,
): void {
  const upstream = to === undefined ? null : `http://${to.host.includes(":") ? `[${to.host}]` : to.host}:${to.port}`;
  report.tell({ event: "serving", url, engine, filters: filters.map(({ name }) => name), upstream });
}
