/** What is measured: each filter as each SDK makes it, and the bare proxy. */
import { readdirSync } from "node:fs";
import { join } from "node:path";

export interface Variant {
  /** "noop", "add-header", "hmac-auth"; "" for the bare proxy. */
  readonly filter: string;
  /** The name of the module's file: "kit", "rust", ...; "bare" for the bare proxy. */
  readonly sdk: string;
  /** Path of the module; null for the bare proxy, and for what Envoy does without one. */
  readonly module: string | null;
}

export const bare: Variant = { filter: "", sdk: "bare", module: null };

/** The configuration of "noop" and "add-header": the value of the header it adds. */
export const configuration = "world!";

/** The root ID that G-Core's and solo-io's filters are registered with; the others serve any. */
export const rootId = "bench";

/** The header that "add-header" sets on responses. */
export const addedHeader = "x-hello";

const order = ["kit", "kit-rules", "kit-cel", "rust", "rust-simd", "gcore", "solo", "floor"];

/** Every module in a folder of `bench/dist/modules` is one; what was put there by hand comes after ours and the peers'. */
export function variantsOf(modules: string, filters: readonly string[]): Variant[] {
  return filters.flatMap((filter) => {
    const found = readdirSync(join(modules, filter))
      .filter((name) => name.endsWith(".wasm"))
      .map((name) => name.slice(0, -".wasm".length));
    const sdks = [...order.filter((sdk) => found.includes(sdk)), ...found.filter((sdk) => !order.includes(sdk))];
    return sdks.map((sdk) => ({ filter, sdk, module: join(modules, filter, `${sdk}.wasm`) }));
  });
}
