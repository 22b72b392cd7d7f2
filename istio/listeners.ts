/** Waits until Envoy has got the listeners from istiod, with all filters. */
import { setTimeout as delay } from "node:timers/promises";
import type { Admin } from "@proxy-wasm-kit/envoy";
import { chainOf } from "./chains.ts";

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
    const chain = chainOf(await envoy.admin.configDump(), "", port);
    if (typeof chain?.refusal === "string") return `envoy refused the listener: ${chain.refusal}`;
    const names = (kind === "http" ? chain?.httpFilters : chain?.networkFilters) ?? [];
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
