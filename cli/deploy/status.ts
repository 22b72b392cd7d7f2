/** `pwk status`: what the cluster has of each object, and what each proxy has of that. */
import { differences } from "../cluster/difference.ts";
import type { Istiod } from "../cluster/istiod.ts";
import type { Kubectl } from "../cluster/kubectl.ts";
import { type LiveObject, placed, readLive, type WrittenObject } from "../cluster/objects.ts";
import { isSeen } from "../cluster/selection.ts";
import { ProxyWatch } from "../cluster/watch.ts";
import { Failure } from "../failure.ts";
import { withModules } from "./modules.ts";
import type { Progress } from "./progress.ts";
import { proxiesOf, type Report, reportOf, selectionWarnings, stateWith } from "./report.ts";

export interface StatusOptions {
  readonly kubectl: Kubectl;
  readonly istiod: () => Promise<Istiod>;
  readonly rootNamespace: string;
  /** What is done then is done, and told. */
  readonly stop: AbortSignal;
  readonly progress: Progress;
}

/** Long enough to tell what stays as it is from what is on its way, in ms. */
const lookMs = 3000;

export async function status(objects: readonly WrittenObject[], options: StatusOptions): Promise<Report> {
  const { kubectl, progress } = options;
  progress.show("asking the API server");
  const live = await readLive(kubectl, objects);
  const present = live.filter((each) => each !== null);
  progress.show("asking istiod");
  const { views, unseen } = await seen(present, options);
  const reports = objects.map((object, i) => {
    const found = live[i] ?? null;
    if (found === null) return reportOf(object, "absent");
    const paths = differences(object, found);
    const view = views[present.indexOf(found)] ?? { selection: null, pods: [], others: 0 };
    return reportOf(placed(object, found), paths.length === 0 ? "present" : "differs", {
      message: paths.join(", "),
      warnings: selectionWarnings(view),
      proxies: proxiesOf(view, stateWith),
    });
  });
  progress.show("looking for modules");
  const { objects: looked, messages } = await withModules(kubectl, reports, live);
  const isRight = (state: string) => state === "has" || state === "no proxy";
  const ok = looked.every(
    ({ result, proxies }) => result === "present" && proxies.every(({ state }) => isRight(state)),
  );
  return { ok: ok && unseen.length === 0, findings: [], objects: looked, messages: [...unseen, ...messages] };
}

async function seen(present: readonly LiveObject[], options: StatusOptions) {
  if (!present.some(isSeen)) return { views: [], unseen: [] };
  let istiod: Istiod | undefined;
  try {
    istiod = await options.istiod();
    const watch = new ProxyWatch(istiod, options);
    return { views: await watch.until(present, lookMs, ({ isSettled }) => isSettled), unseen: [] };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { views: [], unseen: [`Which proxies have it is not known: ${error.message}.`] };
  } finally {
    istiod?.close();
  }
}
