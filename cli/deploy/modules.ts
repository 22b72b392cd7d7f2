/** Looks into the proxies that have an object whether its modules could be fetched, which istiod does not know. */
import { fetchedNames, unfetchedIn } from "../cluster/fetched.ts";
import type { Kubectl } from "../cluster/kubectl.ts";
import type { LiveObject } from "../cluster/objects.ts";
import { Failure } from "../failure.ts";
import type { ObjectReport } from "./report.ts";

export interface WithModules {
  readonly objects: readonly ObjectReport[];
  /** Why it is not known; empty when it is. */
  readonly messages: readonly string[];
}

/** `live`: of each report, null where there is none. */
export async function withModules(
  kubectl: Kubectl,
  reports: readonly ObjectReport[],
  live: readonly (LiveObject | null)[],
): Promise<WithModules> {
  const objects: ObjectReport[] = [];
  for (const [i, report] of reports.entries()) {
    const found = live[i] ?? null;
    const names = found === null ? [] : fetchedNames(found);
    try {
      objects.push(names.length === 0 ? report : await looked(kubectl, report, names));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      // Where one may not be asked, none may.
      const message = `Whether modules could be fetched is not known: ${error.message}.`;
      return { objects: [...objects, ...reports.slice(i)], messages: [message] };
    }
  }
  return { objects, messages: [] };
}

async function looked(kubectl: Kubectl, report: ObjectReport, names: readonly string[]): Promise<ObjectReport> {
  const proxies = [];
  for (const proxy of report.proxies) {
    const isUnfetched = proxy.state === "has" && (await unfetchedIn(kubectl, proxy, names)).length > 0;
    proxies.push(isUnfetched ? { ...proxy, state: "unfetched" as const } : proxy);
  }
  return { ...report, proxies };
}
