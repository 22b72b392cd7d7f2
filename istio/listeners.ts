/** Waits until Envoy has got the listeners from istiod, with all filters. */
import { setTimeout as delay } from "node:timers/promises";
import type { Admin } from "@proxy-wasm-kit/envoy";

/** Envoy has its listeners within a fraction of a second. */
const patienceMs = 20_000;
const pollMs = 10;

/** An Envoy that this process or Istio's agent has started. */
interface Proxy {
  readonly admin: Admin;
}

export interface WantedListener {
  readonly port: number;
  /** "http": filters of HTTP streams; "tcp": filters of connections. */
  readonly kind: "http" | "tcp";
  /** In their order. */
  readonly filters: readonly { readonly name: string }[];
}

/** Resolves with null, or with why Envoy has refused the listener. Throws when none comes, or another than wanted. */
export async function listenerRefusal(envoy: Proxy, { port, kind, filters }: WantedListener): Promise<string | null> {
  const giveUpAt = Date.now() + patienceMs;
  for (;;) {
    const listener = await dynamicListener(envoy, port);
    const refusal = listener?.error_state?.details;
    if (refusal !== undefined) return `envoy refused the listener: ${refusal}`;
    const names = listener?.active_state === undefined ? [] : filterNames(listener.active_state.listener, kind);
    if (names.length > 0) {
      const wanted = filters.map(({ name }) => name);
      const found = names.filter((name) => wanted.includes(name));
      if (found.join() === wanted.join()) return null;
      throw new Error(`istiod has made another chain of the manifests than ${wanted}: ${names}`);
    }
    if (Date.now() > giveUpAt) throw new Error(`envoy has got no listener on port ${port} from istiod`);
    await delay(pollMs);
  }
}

async function dynamicListener(envoy: Proxy, port: number): Promise<DynamicListener | undefined> {
  const { configs } = (await envoy.admin.configDump()) as ConfigDump;
  const dump = configs.find((config) => config["@type"].endsWith(".ListenersConfigDump"));
  return dump?.dynamic_listeners?.find((listener) => nameOf(listener).endsWith(`_${port}`));
}

/** One that was refused when it first came has no name of its own. */
const nameOf = ({ name, error_state }: DynamicListener): string =>
  name ?? error_state?.failed_configuration?.name ?? "";

/** Every filter chain has the same ones; of HTTP there are none when no chain speaks it. */
function filterNames({ filter_chains = [], default_filter_chain }: ListenerMessage, kind: "http" | "tcp"): string[] {
  for (const { filters = [] } of [...filter_chains, ...(default_filter_chain ? [default_filter_chain] : [])]) {
    const inner = filters.flatMap(({ typed_config }) => typed_config?.http_filters ?? []);
    const found = kind === "tcp" ? filters : inner;
    if (found.length > 0) return found.map(({ name }) => name);
  }
  return [];
}

/** `envoy.admin.v3.ConfigDump`, as far as it is read here. */
interface ConfigDump {
  readonly configs: readonly { readonly "@type": string; readonly dynamic_listeners?: readonly DynamicListener[] }[];
}

interface DynamicListener {
  readonly name?: string;
  readonly active_state?: { readonly listener: ListenerMessage };
  readonly error_state?: { readonly details?: string; readonly failed_configuration?: { readonly name?: string } };
}

interface ListenerMessage {
  readonly filter_chains?: readonly FilterChain[];
  readonly default_filter_chain?: FilterChain;
}

interface FilterChain {
  readonly filters?: readonly {
    readonly name: string;
    readonly typed_config?: { readonly http_filters?: readonly { readonly name: string }[] };
  }[];
}
