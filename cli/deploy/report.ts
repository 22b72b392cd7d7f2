/** What became of each object, and of each proxy that it is for; the same for all three commands. */
import type { Finding } from "@proxy-wasm-kit/check";
import { titleOf, type WrittenObject } from "../cluster/objects.ts";
import type { ObjectView, PodView } from "../cluster/watch.ts";

export interface Report {
  /** Whether everything is as it should be. */
  readonly ok: boolean;
  /** What came before kubectl was asked. */
  readonly findings: readonly Finding[];
  readonly objects: readonly ObjectReport[];
  /** What else there is to say, and what to do. */
  readonly messages: readonly string[];
}

export interface ObjectReport {
  readonly kind: string;
  /** Empty: it has none, or that of kubectl's context. */
  readonly namespace: string;
  readonly name: string;
  /** In the words of the command: "created", "not applied", "differs", "deleted", ... */
  readonly result: string;
  /** Why; empty when there is nothing to say. */
  readonly message: string;
  readonly warnings: readonly string[];
  readonly proxies: readonly ProxyReport[];
}

export interface ProxyReport {
  readonly pod: string;
  readonly namespace: string;
  /** See `proxyStates`. */
  readonly state: ProxyState;
  /** Of the proxy, when it refuses. */
  readonly message: string;
}

/** What a proxy has of an object, and how that is told. */
export const proxyStates = {
  has: "has it",
  refused: "refuses its new configuration, and keeps what it had",
  unfetched: "has it without its module, which could not be fetched; the log of istio-proxy says why",
  pending: "has been sent it, and has not answered",
  outdated: "istiod sends it another version",
  absent: "istiod sends it nothing of this",
  sent: "istiod still sends it this",
  gone: "no longer has it",
  disconnected: "is not connected to istiod",
  "no proxy": "has no proxy of Istio",
} as const;
export type ProxyState = keyof typeof proxyStates;

export const reportOf = (
  object: WrittenObject,
  result: string,
  more: Partial<Pick<ObjectReport, "message" | "warnings" | "proxies">> = {},
): ObjectReport => ({
  ...{ kind: object.kind, namespace: object.namespace, name: object.name, result },
  ...{ message: "", warnings: [], proxies: [], ...more },
});

/** Where the object should be. */
export function stateWith({ seen, isSettled }: PodView): ProxyState {
  if (typeof seen === "string") return seen;
  if (seen.found !== "same") return seen.found === "none" ? "absent" : "outdated";
  return seen.answer === "refused" ? "refused" : seen.answer === "acked" && isSettled ? "has" : "pending";
}

/** Where it should no longer be. */
export function stateWithout({ seen, isSettled }: PodView): ProxyState {
  if (typeof seen === "string") return seen;
  if (seen.found === "same") return "sent";
  return seen.answer === "refused" ? "refused" : seen.answer === "acked" && isSettled ? "gone" : "pending";
}

export const proxiesOf = (view: ObjectView, stateOf: (view: PodView) => ProxyState): readonly ProxyReport[] =>
  view.pods.map((pod) => {
    const state = stateOf(pod);
    const message = state === "refused" && typeof pod.seen !== "string" ? pod.seen.words : "";
    return { pod: pod.pod, namespace: pod.namespace, state, message };
  });

/** The mistake that nobody else finds. */
export function selectionWarnings({ selection, pods, others }: ObjectView): readonly string[] {
  if (selection === null) return [];
  if (pods.length === 0 && others > 0)
    return [`none of its patches has a context of the proxies there: ${selection.title}; it does nothing`];
  if (pods.length === 0) return [`is for no proxy that is there: ${selection.title}; it does nothing`];
  if (pods.every(({ seen }) => seen === "no proxy"))
    return [`no pod that it is for has a proxy of Istio: ${selection.title}; it does nothing`];
  return [];
}

export function reportText(
  { findings, objects, messages }: Report,
  findingLines: (findings: readonly Finding[]) => string,
) {
  return [
    ...(findings.length === 0 ? [] : [findingLines(findings)]),
    ...objects.flatMap(objectLines),
    ...messages,
  ].join("\n");
}

function objectLines(object: ObjectReport): string[] {
  const { result, message, warnings, proxies } = object;
  return [
    `${titleOf(object)}: ${result}${message === "" ? "" : `: ${message}`}`,
    ...warnings.map((warning) => `  warning: ${warning}`),
    ...proxies.map((proxy) => {
      const words = proxy.message === "" ? "" : `: ${proxy.message.replaceAll("\n", " ")}`;
      return `  ${proxy.namespace}/${proxy.pod} ${proxyStates[proxy.state]}${words}`;
    }),
  ];
}
