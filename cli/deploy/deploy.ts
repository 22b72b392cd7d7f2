/** `pwk deploy`: nothing is applied before all of it has passed, and then it is told what became of each object. */

import type { Istiod } from "../cluster/istiod.ts";
import { type Kubectl, KubectlFailure } from "../cluster/kubectl.ts";
import {
  apply,
  type LiveObject,
  placed,
  readLive,
  titleOf,
  type WrittenObject,
  writtenAs,
} from "../cluster/objects.ts";
import { isSeen } from "../cluster/selection.ts";
import { type ObjectView, ProxyWatch } from "../cluster/watch.ts";
import { adding, Failure } from "../failure.ts";
import { withModules } from "./modules.ts";
import type { Progress } from "./progress.ts";
import { type ObjectReport, proxiesOf, type Report, reportOf, selectionWarnings, stateWith } from "./report.ts";

export interface DeployOptions {
  readonly kubectl: Kubectl;
  /** Null: it is not looked at the proxies. */
  readonly istiod: (() => Promise<Istiod>) | null;
  readonly rootNamespace: string;
  /** What is done then is done, and told. */
  readonly stop: AbortSignal;
  readonly isDryRun: boolean;
  readonly forceConflicts: boolean;
  /** For the proxies, in ms. */
  readonly timeoutMs: number;
  readonly progress: Progress;
}

/** Throws `Failure` when nothing is applied for a reason that is of no object. */
export async function deploy(objects: readonly WrittenObject[], options: DeployOptions): Promise<Report> {
  const { kubectl, isDryRun, progress } = options;
  progress.show("asking the API server");
  const [before, tried] = await adding("Nothing is applied", async () => [
    await readLive(kubectl, objects),
    await tryAll(objects, options),
  ]);
  if (tried.some(({ result }) => result !== "accepted"))
    return { ok: false, findings: [], objects: tried, messages: ["Nothing is applied."] };
  if (isDryRun) return { ok: true, findings: [], objects: tried, messages: ["Nothing is applied, as --dry-run says."] };
  // Before anything is changed: without it, nobody could say what came of that.
  const istiod = await adding("Nothing is applied; --no-wait applies without looking at the proxies", async () =>
    objects.some(isSeen) ? ((await options.istiod?.()) ?? null) : null,
  );
  try {
    const { reports, applied } = await applyAll(objects, before, options);
    const withWarnings = reports.map((report, i) => ({ ...report, warnings: tried[i]?.warnings ?? [] }));
    if (applied.length < objects.length)
      return { ok: false, findings: [], objects: withWarnings, messages: [goOn(applied.length)] };
    if (istiod === null) return { ok: true, findings: [], objects: withWarnings, messages: [] };
    return await seeAll(applied, withWarnings, istiod, options);
  } finally {
    istiod?.close();
  }
}

/** Istio says this of each EnvoyFilter. */
const isUsual = (warning: string) => warning.includes("exposes internal implementation details");

/** What the server would make of each. */
async function tryAll(objects: readonly WrittenObject[], options: DeployOptions): Promise<ObjectReport[]> {
  const reports: ObjectReport[] = [];
  for (const object of objects) {
    try {
      const { live, warnings } = await apply(options.kubectl, object, { dryRun: true, force: options.forceConflicts });
      const unusual = warnings.filter((warning) => !isUsual(warning));
      const result = unusual.length === 0 ? "accepted" : "would be accepted with a warning, which is too much";
      reports.push(reportOf(placed(object, live), result, { warnings: unusual }));
    } catch (error) {
      // Of what the server refuses all is told at once.
      if (!(error instanceof KubectlFailure) || error.kind !== "refused") throw error;
      reports.push(reportOf(object, "refused", { message: wordsOf(object, error) }));
    }
  }
  return reports;
}

async function applyAll(
  objects: readonly WrittenObject[],
  before: readonly (LiveObject | null)[],
  { kubectl, forceConflicts, progress }: DeployOptions,
) {
  const reports: ObjectReport[] = [];
  const applied: LiveObject[] = [];
  for (const [i, object] of objects.entries()) {
    if (applied.length < i) {
      reports.push(reportOf(object, "not applied"));
      continue;
    }
    progress.show(`applying ${titleOf(object)}`);
    try {
      const { live } = await apply(kubectl, object, { dryRun: false, force: forceConflicts });
      applied.push(live);
      reports.push(reportOf(placed(object, live), changeFrom(before[i] ?? null, live)));
    } catch (error) {
      if (!(error instanceof KubectlFailure)) throw error;
      const result = error.kind === "unanswered" ? "perhaps applied" : "not applied";
      reports.push(reportOf(object, result, { message: wordsOf(object, error) }));
    }
  }
  return { reports, applied };
}

function changeFrom(before: LiveObject | null, { metadata: { uid, resourceVersion } }: LiveObject) {
  if (before === null || before.metadata.uid !== uid) return "created";
  return before.metadata.resourceVersion === resourceVersion ? "unchanged" : "changed";
}

const goOn = (applied: number) =>
  `${applied === 0 ? "None is known to be applied" : "Applying stopped in the middle, and what is applied stays"}. ` +
  "The same command again goes on: what is there already it leaves as it is.";

/** Without the title, which stands before. */
const wordsOf = (object: WrittenObject, { message }: Error) => message.replace(`${titleOf(object)}: `, "");

async function seeAll(
  applied: readonly LiveObject[],
  reports: readonly ObjectReport[],
  istiod: Istiod,
  options: DeployOptions,
): Promise<Report> {
  const { kubectl, timeoutMs, progress } = options;
  const watch = new ProxyWatch(istiod, options);
  const others = new OtherHands(kubectl, applied);
  const isDone = (pod: ObjectView["pods"][number]) => ["has", "refused", "no proxy"].includes(stateWith(pod));
  try {
    const views = await watch.until(applied, timeoutMs, isDone, async (seen) => {
      progress.show(progressLine(seen));
      return !(await others.haveChanged());
    });
    const looked = reports.map((report, i) => {
      const view = views[i] ?? { selection: null, pods: [], others: 0 };
      const warnings = [...report.warnings, ...selectionWarnings(view)];
      return { ...report, warnings, proxies: proxiesOf(view, stateWith) };
    });
    progress.show("looking for modules");
    const { objects, messages: unknown } = await withModules(kubectl, looked, applied);
    const changed = others.changed.map((title) => `${title}: somebody else has changed it meanwhile.`);
    const missing = objects.some(({ proxies }) => proxies.some(({ state }) => state !== "has" && state !== "no proxy"));
    const late = missing && changed.length === 0 ? ["Everything is applied, but not every proxy has it."] : [];
    const messages = [...unknown, ...changed, ...late];
    return { ok: !missing && changed.length === 0, findings: [], objects, messages };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const message = `Everything is applied; which proxies have it is not known: ${error.message}. pwk status tells.`;
    return { ok: false, findings: [], objects: reports, messages: [message] };
  }
}

function progressLine(views: readonly ObjectView[]): string {
  const pods = views.flatMap((view) => view.pods);
  const having = pods.filter((pod) => stateWith(pod) === "has").length;
  const next = pods.find((pod) => stateWith(pod) !== "has");
  return `${having} of ${pods.length} proxies have it${next === undefined ? "" : `; waiting for ${next.namespace}/${next.pod}`}`;
}

const lookAgainMs = 2000;

/** ConfigMaps and Secrets count no generations. */
const versionOf = (live: LiveObject | null | undefined) => live?.metadata.generation ?? live?.metadata.resourceVersion;

/** Whether what was applied is still there: else it would be waited for in vain. */
class OtherHands {
  changed: readonly string[] = [];
  readonly #kubectl: Kubectl;
  readonly #applied: readonly LiveObject[];
  #lookedAt = Date.now();

  constructor(kubectl: Kubectl, applied: readonly LiveObject[]) {
    this.#kubectl = kubectl;
    this.#applied = applied;
  }

  async haveChanged(): Promise<boolean> {
    if (Date.now() - this.#lookedAt < lookAgainMs) return false;
    const written = this.#applied.map((live) => ({ ...writtenAs(live), live }));
    const now = await readLive(this.#kubectl, written);
    const isOther = ({ live }: { live: LiveObject }, i: number) =>
      now[i]?.metadata.uid !== live.metadata.uid || versionOf(now[i]) !== versionOf(live);
    this.changed = written.filter(isOther).map(titleOf);
    this.#lookedAt = Date.now();
    return this.changed.length > 0;
  }
}
