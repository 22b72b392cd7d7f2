/** The ways of delivering, listed once: the command line takes its choices from here. */
import type { DeliveryPlan } from "../plan.ts";
import type { Resource } from "../resources/metadata.ts";
import { envoyFilter } from "./envoy-filter.ts";

export interface DeliveryMode {
  /** As `pwk manifest <name>`. */
  readonly name: string;
  /** One line for help and documentation. */
  readonly description: string;
  resources(plan: DeliveryPlan): readonly Resource[];
}

export const deliveryModes: readonly DeliveryMode[] = [
  {
    name: "envoyfilter",
    description: "EnvoyFilter that loads the module from a file in the proxy's container",
    resources: (plan) => [envoyFilter(plan)],
  },
];
