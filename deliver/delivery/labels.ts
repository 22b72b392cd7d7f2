/** By which the objects of one delivery are found in a cluster. */
import type { Resource } from "../resources/metadata.ts";

export const deliveryLabel = "proxy-wasm-kit.dev/delivery";
export const environmentLabel = "proxy-wasm-kit.dev/environment";

export const labelsOf = (name: string, environment: string | null): Readonly<Record<string, string>> => ({
  "app.kubernetes.io/managed-by": "pwk",
  [deliveryLabel]: name,
  ...(environment !== null && { [environmentLabel]: environment }),
});

export const labelled = <R extends Resource>(resource: R, labels: Readonly<Record<string, string>>): R => ({
  ...resource,
  metadata: { ...resource.metadata, labels },
});
