/** Deliveries of a filter that marks the requests it sees with a header. */
import { resolve } from "node:path";
import { type DeliveryPlan, deliveryModes } from "@proxy-wasm-kit/deliver";
import { workload } from "./workload.ts";

/** Of that filter. */
export const modulePath = resolve("dist/attribute-gen.wasm");

/** What the mode makes of it: `header` comes with "filtered". The plan is for the workload, with the file at `modulePath`. */
export function marking(
  mode: string,
  header: string,
  plan: Partial<DeliveryPlan> & Pick<DeliveryPlan, "context">,
): readonly object[] {
  const found = deliveryModes.find(({ name }) => name === mode);
  if (found === undefined) throw new Error(`deliver has no mode ${mode}`);
  const attribute = { output_attribute: "a", phase: "ON_REQUEST", default: "filtered", request_header: header };
  return found.resources({
    ...{ name: header, namespace: workload.namespace, selector: workload.labels },
    ...(plan.source === undefined && { modulePath }),
    configuration: { attributes: [attribute] },
    ...plan,
  });
}
