/** Looks at the proxies of objects again and again, until they are as they should be. */
import { setTimeout as delay } from "node:timers/promises";
import { Failure } from "../failure.ts";
import type { ConnectedProxy, Istiod } from "./istiod.ts";
import type { Kubectl } from "./kubectl.ts";
import type { LiveObject } from "./objects.ts";
import { type Seen, seenIn } from "./proxy-state.ts";
import { type Pod, podsOf, type Selection, selectionOf } from "./selection.ts";
import { piecesOf } from "./sent.ts";

/** What a pod has of an object. "disconnected": it has a proxy that istiod does not know. */
export interface PodView {
  readonly pod: string;
  readonly namespace: string;
  readonly seen: Seen | "no proxy" | "disconnected";
  /** Whether that will not change by itself. */
  readonly isSettled: boolean;
}

export interface ObjectView {
  /** Null: what the object does cannot be seen in proxies, or not which it is for. */
  readonly selection: Selection | null;
  readonly pods: readonly PodView[];
  /** Pods whose proxies it is for by its selector, but not by its contexts. */
  readonly others: number;
}

/** How long a proxy must stay as it is where its answer may be to what was sent before, in ms. */
const settlingMs = 1000;
/** Pods come and go. */
const podsAgeMs = 3000;
const [firstPauseMs, longestPauseMs] = [100, 1000];

export interface WatchOptions {
  readonly kubectl: Kubectl;
  /** What lies there is for every namespace. */
  readonly rootNamespace: string;
  /** What was seen last is then enough. */
  readonly stop: AbortSignal;
}

interface Settling {
  readonly key: string;
  readonly since: number;
}

export class ProxyWatch {
  readonly #kubectl: Kubectl;
  readonly #istiod: Istiod;
  readonly #rootNamespace: string;
  readonly #stop: AbortSignal;
  readonly #pods = new Map<string, { readonly pods: readonly Pod[]; readonly at: number }>();
  readonly #settling = new Map<string, Settling>();

  constructor(istiod: Istiod, { kubectl, rootNamespace, stop }: WatchOptions) {
    this.#istiod = istiod;
    this.#kubectl = kubectl;
    this.#rootNamespace = rootNamespace;
    this.#stop = stop;
  }

  /**
   * The last look: `isDone` holds for each pod and nothing is on its way, or `onLook` says that it is enough, or the time is
   * up, or it is told to stop. Throws `Failure` when nothing could be seen in the end.
   */
  async until(
    objects: readonly LiveObject[],
    limitMs: number,
    isDone: (view: PodView) => boolean,
    onLook: (views: readonly ObjectView[]) => Promise<boolean> | boolean = () => true,
  ): Promise<readonly ObjectView[]> {
    const giveUpAt = Date.now() + limitMs;
    let last: readonly ObjectView[] | undefined;
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(longestPauseMs, pauseMs * 1.5)) {
      try {
        const views = await this.look(objects);
        last = views;
        const goesOn = await onLook(views);
        const isOver = views.every(({ pods }) => pods.every((view) => view.isSettled && isDone(view)));
        if (isOver || !goesOn || Date.now() >= giveUpAt) return views;
      } catch (error) {
        // The API server or istiod may come back.
        if (!(error instanceof Failure) || Date.now() >= giveUpAt) throw error;
        if (this.#stop.aborted && last === undefined) throw error;
      }
      const untilNext = Math.min(pauseMs, Math.max(0, giveUpAt - Date.now()));
      await delay(untilNext, undefined, { signal: this.#stop }).catch(() => {});
      if (this.#stop.aborted && last !== undefined) return last;
    }
  }

  /** Each object's view now. */
  async look(objects: readonly LiveObject[]): Promise<readonly ObjectView[]> {
    const before = await this.#istiod.proxies();
    const targets = [];
    for (const live of objects) targets.push(await this.#targetOf(live, before));
    const needed = new Set(targets.flatMap(({ proxies }) => proxies));
    const sent = new Map<string, Awaited<ReturnType<ConnectedProxy["sent"]>>>();
    for (const proxy of needed) sent.set(idOf(proxy), await proxy.sent());
    // After what is sent: an answer is then never older than it.
    const after = new Map((await this.#istiod.proxies()).map((proxy) => [idOf(proxy), proxy]));
    return targets.map(({ live, selection, pods }) => {
      const views = pods.flatMap((pod) => {
        const [proxy, config] = [after.get(idOf(pod)), sent.get(idOf(pod))];
        if (proxy === undefined || config === undefined || config === null) return unconnected(pod);
        const seen = seenIn(live, proxy.type, config, proxy.exchanges);
        if (seen === null) return [];
        const isSettled = this.#isSettled(`${live.kind} ${idOf(pod)} ${live.metadata.name}`, seen);
        return [{ pod: pod.name, namespace: pod.namespace, seen, isSettled }];
      });
      return { selection, pods: views, others: pods.length - views.length };
    });
  }

  async #targetOf(live: LiveObject, connected: readonly ConnectedProxy[]) {
    const isSeen = ["sidecar", "router", "waypoint"].some((type) => piecesOf(live, type) !== null);
    const selection = isSeen ? selectionOf(live, this.#rootNamespace) : null;
    if (selection === null) return { live, selection, pods: [], proxies: [] };
    // Of a whole namespace only what has a proxy can be meant.
    const connectedIds = new Set(connected.map(idOf));
    const isMeant = (pod: Pod) => selection.labels !== "" || pod.hasProxy || connectedIds.has(idOf(pod));
    const pods = (await this.#podsOf(selection)).filter(isMeant);
    const ids = new Set(pods.map(idOf));
    const proxies = connected.filter((proxy) => ids.has(idOf(proxy)));
    return { live, selection, pods, proxies };
  }

  async #podsOf(selection: Selection): Promise<readonly Pod[]> {
    const known = this.#pods.get(selection.title);
    if (known !== undefined && Date.now() - known.at < podsAgeMs) return known.pods;
    const pods = await podsOf(this.#kubectl, selection);
    this.#pods.set(selection.title, { pods, at: Date.now() });
    return pods;
  }

  #isSettled(id: string, seen: Seen): boolean {
    if (seen.answer === "acked" && seen.isCertain) return true;
    const before = this.#settling.get(id);
    if (before?.key === seen.key) return seen.answer !== "pending" && Date.now() - before.since >= settlingMs;
    this.#settling.set(id, { key: seen.key, since: Date.now() });
    return false;
  }
}

const idOf = (of: Pod | ConnectedProxy) => ("pod" in of ? `${of.pod}.${of.namespace}` : `${of.name}.${of.namespace}`);

const unconnected = ({ name, namespace, hasProxy }: Pod): PodView[] => [
  { pod: name, namespace, seen: hasProxy ? "disconnected" : "no proxy", isSettled: !hasProxy },
];
