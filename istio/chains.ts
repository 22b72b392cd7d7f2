/** Envoy's listeners that have come from a control plane, out of its `ConfigDump`. */

import { withoutConfiguration } from "@proxy-wasm-kit/envoy";

/** The HTTP and network filters of a listener. */
export interface Chain {
  readonly httpFilters: readonly string[];
  readonly networkFilters: readonly string[];
  /** Why Envoy has refused the newest of it; null when it has not. */
  readonly refusal: string | null;
}

/** Of the listener on this port; null when there is none yet. An address of "" is any. */
export function chainOf(configDump: unknown, address: string, port: number): Chain | null {
  const { configs } = configDump as ConfigDump;
  const dump = configs.find((config) => config["@type"].endsWith(".ListenersConfigDump"));
  const listener = dump?.dynamic_listeners?.find((each) => nameOf(each).endsWith(`${address}_${port}`));
  const details = listener?.error_state?.details;
  const refusal = details === undefined ? null : withoutConfiguration(details);
  const active = listener?.active_state?.listener;
  if (listener === undefined || (refusal === null && active === undefined)) return null;
  return { httpFilters: namesIn(active, "http"), networkFilters: namesIn(active, "tcp"), refusal };
}

/** One that was refused when it first came has no name of its own. */
const nameOf = ({ name, error_state }: DynamicListener): string =>
  name ?? error_state?.failed_configuration?.name ?? "";

/** Every filter chain has the same ones; of HTTP there are none when no chain speaks it. */
function namesIn({ filter_chains = [], default_filter_chain }: ListenerMessage = {}, kind: "http" | "tcp"): string[] {
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
