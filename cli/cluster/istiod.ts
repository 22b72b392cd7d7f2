/**
 * What istiod knows of the proxies: who is connected, what it sends them, what they have acknowledged. Each proxy is at
 * one istiod only, so all of them are asked, as `istioctl proxy-status` does.
 */
import { withoutConfiguration } from "@proxy-wasm-kit/envoy";
import { Failure, messageOf } from "../failure.ts";
import type { Kubectl } from "./kubectl.ts";
import { forwardTo, type PortForward } from "./port-forward.ts";

/** Of one type of resource, such as listeners. */
export interface Exchange {
  /** Nonces: those of istiod are its version and a UUID. */
  readonly sent: string;
  readonly acked: string;
  /** Why the proxy has refused the last one; empty when it has not. */
  readonly lastError: string;
}

export interface ConnectedProxy {
  readonly pod: string;
  readonly namespace: string;
  /** "sidecar", "router", "waypoint". */
  readonly type: string;
  /** By the type's short name, such as "Listener". */
  readonly exchanges: Readonly<Record<string, Exchange>>;
  /** All that istiod sends it, in the form of Envoy's /config_dump. Null: it has left meanwhile. */
  readonly sent: () => Promise<SentConfig | null>;
}

export interface SentConfig {
  readonly version: string;
  readonly configs: readonly Readonly<Record<string, unknown>>[];
}

export interface Istiod {
  readonly proxies: () => Promise<readonly ConnectedProxy[]>;
  /** Ends what was started to reach it. */
  readonly close: () => void;
}

export interface IstiodOptions {
  /** Of its http server, where a port cannot be forwarded. */
  readonly url?: string;
  readonly namespace: string;
  readonly limitMs: number;
  /** Ends what is asked. */
  readonly stop?: AbortSignal;
}

/** The port of its metrics, on which it answers istioctl too. */
const monitoringPort = 15014;

/** Throws `Failure` when there is none, or the way to it is closed. */
export async function reachIstiod(kubectl: Kubectl, options: IstiodOptions): Promise<Istiod> {
  const { url, namespace, limitMs } = options;
  if (url !== undefined)
    return answering(istiodAt([{ title: `istiod at ${url}`, url: url.replace(/\/$/, "") }], options, () => {}));
  const forwards: PortForward[] = [];
  const close = () => {
    for (const forward of forwards) forward.close();
  };
  try {
    for (const pod of await istiodPods(kubectl, namespace))
      forwards.push(await forwardTo(kubectl, { namespace, pod, port: monitoringPort, limitMs }));
  } catch (error) {
    close();
    throw error;
  }
  return answering(istiodAt(forwards, options, close));
}

async function answering(istiod: Istiod): Promise<Istiod> {
  try {
    await istiod.proxies();
    return istiod;
  } catch (error) {
    istiod.close();
    throw error;
  }
}

async function istiodPods(kubectl: Kubectl, namespace: string): Promise<readonly string[]> {
  const { stdout } = await kubectl.run("looking for istiod", [
    ...["get", "pods", "--namespace", namespace, "--selector", "app=istiod"],
    ...["--field-selector", "status.phase=Running", "--output", "jsonpath={.items[*].metadata.name}"],
  ]);
  const names = stdout.split(/\s+/).filter(Boolean);
  if (names.length > 0) return names;
  throw new Failure(
    `istiod: no pod with app=istiod runs in ${namespace}; give its namespace with --istio-namespace, or its address with --istiod`,
  );
}

interface Address {
  readonly title: string;
  readonly url: string;
}

function istiodAt(addresses: readonly Address[], options: IstiodOptions, close: () => void): Istiod {
  const proxies = async () => {
    const all = await Promise.all(addresses.map((address) => proxiesAt(address, options)));
    return all.flat();
  };
  return { proxies, close };
}

async function proxiesAt(address: Address, options: IstiodOptions): Promise<ConnectedProxy[]> {
  const answer = await ask(address, "/debug/syncz", options);
  if (!Array.isArray(answer)) throw unexpected(address, "/debug/syncz");
  return (answer as SyncStatus[]).map((status) => {
    const { proxy, proxy_type: type = "sidecar" } = status;
    // Names of namespaces have no dots, those of pods may.
    const dot = proxy.lastIndexOf(".");
    const sent = async () => {
      const dump = await ask(address, `/debug/config_dump?proxyID=${encodeURIComponent(proxy)}`, options);
      if (dump === null) return null;
      const { configs = [] } = dump as { configs?: SentConfig["configs"] };
      const versions = configs.map(({ versionInfo }) => versionInfo).filter((each) => typeof each === "string");
      return { version: versions[0] ?? "", configs };
    };
    return { pod: proxy.slice(0, dot), namespace: proxy.slice(dot + 1), type, exchanges: exchangesOf(status), sent };
  });
}

/** Source: istio pilot/pkg/xds/debug.go, `SyncStatus`. */
interface SyncStatus {
  readonly proxy: string;
  readonly proxy_type?: string;
  readonly resources?: Readonly<Record<string, { sent?: string; acked?: string; lastError?: string }>>;
  readonly listener_sent?: string;
  readonly listener_acked?: string;
  readonly extensionconfig_sent?: string;
  readonly extensionconfig_acked?: string;
  readonly route_sent?: string;
  readonly route_acked?: string;
  readonly cluster_sent?: string;
  readonly cluster_acked?: string;
}

/** Before `resources` there were fields for some types, and no errors. */
function exchangesOf(status: SyncStatus): Readonly<Record<string, Exchange>> {
  const resources = status.resources ?? {
    Listener: { sent: status.listener_sent, acked: status.listener_acked },
    TypedExtensionConfig: { sent: status.extensionconfig_sent, acked: status.extensionconfig_acked },
    RouteConfiguration: { sent: status.route_sent, acked: status.route_acked },
    Cluster: { sent: status.cluster_sent, acked: status.cluster_acked },
  };
  return Object.fromEntries(
    Object.entries(resources).map(([type, { sent = "", acked = "", lastError = "" }]) => [
      type.slice(type.lastIndexOf(".") + 1),
      { sent, acked, lastError: withoutConfiguration(lastError.trim()) },
    ]),
  );
}

/** JSON; null for 404. */
async function ask(address: Address, path: string, { limitMs, stop }: IstiodOptions): Promise<unknown> {
  let response: Response;
  let text: string;
  try {
    const limit = AbortSignal.timeout(limitMs);
    const signal = stop === undefined ? limit : AbortSignal.any([limit, stop]);
    response = await fetch(`${address.url}${path}`, { signal });
    text = await response.text();
  } catch (error) {
    const cause = (error as Error).cause;
    throw new Failure(`${address.title} does not answer: ${messageOf(cause ?? error)}`);
  }
  if (response.status === 404 && !path.endsWith("syncz")) return null;
  if (!response.ok) throw new Failure(`${address.title}: expected 200 for ${path}, found ${response.status}`);
  try {
    return JSON.parse(text);
  } catch {
    throw unexpected(address, path);
  }
}

const unexpected = ({ title }: Address, path: string) =>
  new Failure(`${title}: expected what istiod answers to ${path}, found something else`);
