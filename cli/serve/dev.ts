/** `pwk dev`: a chain that is built and served anew whenever something of it changes. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative, sep } from "node:path";
import { Failure, messageOf } from "../failure.ts";
import { buildFilters } from "./build.ts";
import { type DevArguments, type DevPlan, readPlan } from "./dev-plan.ts";
import { untilStopped } from "./end.ts";
import { openServer, type ServingOptions, tellServing } from "./serve.ts";
import { Changes } from "./watch.ts";

/** Resolves at Ctrl-C. Throws `Failure` when there is no filter here, or the port cannot be had. */
export async function dev(given: DevArguments, options: ServingOptions): Promise<void> {
  const stopped = untilStopped().then((): null => null);
  const giveUp = new AbortController();
  let plan = await readPlan(given);
  const folder = await mkdtemp(join(tmpdir(), "pwk-dev-")).catch((error: unknown) => {
    throw new Failure(`no folder for what is built: ${messageOf(error)}`);
  });
  const changes = await Changes.of(watched(plan));
  const { engine, server } = await openServer(options).catch(async (error: unknown) => {
    await changes.close();
    await rm(folder, { recursive: true, force: true });
    throw error;
  });
  let modules: ReadonlyMap<string, string> | null = null;
  let count = 0;
  let isServing = false;

  /** What has failed is built again with the next change, whatever that is. */
  async function reload(changed: readonly string[]): Promise<void> {
    const begun = performance.now();
    let buildMs = 0;
    plan = await readPlan(given);
    changes.add(watched(plan));
    if (plan.builds.some((each) => !modules?.has(each)) || changed.some((path) => isSource(path, plan))) {
      modules = null;
      const from = performance.now();
      modules = await buildFilters(plan.builds, join(folder, String(count++)), giveUp.signal);
      buildMs = Math.round(performance.now() - from);
    }
    const filters = plan.filters(modules ?? new Map());
    await server.use(filters);
    const ms = Math.round(performance.now() - begun);
    if (isServing) options.report.tell({ event: "reloaded", changed, buildMs, ms });
    else tellServing(server, engine, filters, options);
    isServing = true;
  }

  /** What goes wrong is told, and waits for the next change. */
  async function follow(): Promise<void> {
    for (let changed: readonly string[] = []; !giveUp.signal.aborted; changed = await changes.next()) {
      await reload(changed).catch((error: unknown) => {
        if (!(error instanceof Failure)) throw error;
        const then = isServing ? "what was there before goes on" : "requests wait for the first that works";
        if (!giveUp.signal.aborted) options.report.tell({ event: "failed", message: `${error.message}\n${then}` });
      });
    }
  }

  async function mourn(): Promise<void> {
    for (let how = await server.died; !giveUp.signal.aborted; how = await server.died) {
      const message = `${engine.title} ${how} while it served; it starts again with the next change`;
      options.report.tell({ event: "failed", message });
    }
  }

  try {
    await Promise.race([stopped, follow(), mourn()]);
  } finally {
    giveUp.abort();
    await changes.close();
    await server.close();
    await rm(folder, { recursive: true, force: true });
  }
}

const watched = ({ sources, others }: DevPlan): readonly string[] => [...sources, ...others];

const isSource = (path: string, { sources }: DevPlan): boolean =>
  sources.some((source) => {
    const below = relative(source, path);
    return below === "" || (below !== ".." && !below.startsWith(`..${sep}`));
  });
