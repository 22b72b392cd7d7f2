/** `pwk undeploy`: these objects and no others are gone, and the proxies no longer have them. */
import type { Istiod } from "../cluster/istiod.ts";
import { type Kubectl, KubectlFailure } from "../cluster/kubectl.ts";
import {
  isOurs,
  type LiveObject,
  placed,
  readLive,
  remove,
  titleOf,
  type WrittenObject,
  writtenAs,
} from "../cluster/objects.ts";
import { isSeen } from "../cluster/selection.ts";
import { ProxyWatch } from "../cluster/watch.ts";
import { adding, Failure } from "../failure.ts";
import type { Progress } from "./progress.ts";
import { type ObjectReport, proxiesOf, type Report, reportOf, stateWithout } from "./report.ts";

export interface UndeployOptions {
  readonly kubectl: Kubectl;
  /** Null: it is not looked at the proxies. */
  readonly istiod: (() => Promise<Istiod>) | null;
  readonly rootNamespace: string;
  /** What is done then is done, and told. */
  readonly stop: AbortSignal;
  readonly isDryRun: boolean;
  /** Also what somebody else has made. */
  readonly force: boolean;
  /** For the proxies, in ms. */
  readonly timeoutMs: number;
  readonly progress: Progress;
}

/** Throws `Failure` when nothing is deleted. */
export async function undeploy(written: readonly WrittenObject[], options: UndeployOptions): Promise<Report> {
  const { kubectl, isDryRun, force, progress } = options;
  progress.show("asking the API server");
  const live = await adding("Nothing is deleted", () => readLive(kubectl, written));
  const objects = written.map((object, i) => placed(object, live[i] ?? null));
  const foreign = force ? [] : objects.filter((_, i) => isForeign(live[i] ?? null));
  if (foreign.length > 0)
    throw new Failure(
      `${foreign.map(titleOf).join(", ")}: pwk has not made ${foreign.length === 1 ? "it" : "them"} as it is in the cluster; ` +
        "nothing is deleted. kubectl delete does it, or --force",
    );
  const reports = objects.map((object, i) => reportOf(object, live[i] ? "not deleted" : "was not there"));
  if (isDryRun)
    return { ok: true, findings: [], objects: reports, messages: ["Nothing is deleted, as --dry-run says."] };
  const istiod = await adding("Nothing is deleted; --no-wait deletes without looking at the proxies", async () =>
    live.some((each) => each !== null && isSeen(each)) ? ((await options.istiod?.()) ?? null) : null,
  );
  try {
    const isWhole = await removeAll(objects, live, reports, options);
    if (!isWhole)
      return { ok: false, findings: [], objects: reports, messages: ["The same command again deletes what is left."] };
    if (istiod === null) return { ok: true, findings: [], objects: reports, messages: [] };
    return await seeNone(live, reports, istiod, options);
  } finally {
    istiod?.close();
  }
}

const isForeign = (live: LiveObject | null) => live !== null && !isOurs(live);

/** The last goes first, as it may need those before it. Fills the reports; false when it stops. */
async function removeAll(
  objects: readonly WrittenObject[],
  live: readonly (LiveObject | null)[],
  reports: ObjectReport[],
  { kubectl, progress }: UndeployOptions,
): Promise<boolean> {
  for (const [i, object] of [...objects.entries()].reverse()) {
    if (!live[i]) continue;
    progress.show(`deleting ${titleOf(object)}`);
    try {
      await remove(kubectl, object);
      reports[i] = reportOf(object, "deleted");
    } catch (error) {
      if (!(error instanceof KubectlFailure)) throw error;
      const result = error.kind === "unanswered" ? "perhaps deleted" : "not deleted";
      reports[i] = reportOf(object, result, { message: error.message.replace(`${titleOf(object)}: `, "") });
      return false;
    }
  }
  return true;
}

async function seeNone(
  live: readonly (LiveObject | null)[],
  reports: readonly ObjectReport[],
  istiod: Istiod,
  options: UndeployOptions,
): Promise<Report> {
  const { timeoutMs, progress } = options;
  const watch = new ProxyWatch(istiod, options);
  const deleted = live.filter((each) => each !== null);
  const isGone = (state: string) => state === "gone" || state === "no proxy";
  try {
    const views = await watch.until(
      deleted,
      timeoutMs,
      (pod) => ["gone", "refused", "no proxy"].includes(stateWithout(pod)),
      (seen) => {
        const pods = seen.flatMap((view) => view.pods);
        const gone = pods.filter((pod) => isGone(stateWithout(pod))).length;
        progress.show(`${gone} of ${pods.length} proxies no longer have it`);
        return true;
      },
    );
    const objects = reports.map((report, i) => {
      const view = views[deleted.indexOf(live[i] as LiveObject)];
      return view === undefined ? report : { ...report, proxies: proxiesOf(view, stateWithout) };
    });
    const again = (await readLive(options.kubectl, deleted.map(writtenAs))).filter((each) => each !== null);
    const made = again.map((each) => `${titleOf(writtenAs(each))}: somebody else has made it again meanwhile.`);
    const left = objects.some(({ proxies }) => proxies.some(({ state }) => !isGone(state)));
    const late =
      left && made.length === 0 ? ["Everything is deleted, but not every proxy is known to be rid of it."] : [];
    return { ok: !left && made.length === 0, findings: [], objects, messages: [...made, ...late] };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const message = `Everything is deleted; whether proxies still have it is not known: ${error.message}.`;
    return { ok: false, findings: [], objects: reports, messages: [message] };
  }
}
