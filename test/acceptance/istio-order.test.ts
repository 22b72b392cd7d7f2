/** Where a real istiod puts the filters of a `pwk.yaml`: in its order, before and behind filters of Istio's own. */
import { type DeliveryFile, renderEnvironment, resolveEnvironment } from "@proxy-wasm-kit/deliver";
import { expect, test } from "vitest";
import { DeliveryPod, whyNoPod } from "../istio/delivery-pod.ts";
import { modulePath } from "../istio/marking.ts";
import { workload } from "../istio/workload.ts";

const isRequired = (process.env.PWK_REQUIRE_ENGINES ?? "").split(",").includes("istio");
const why = isRequired ? undefined : await whyNoPod();

const [cors, router] = ["envoy.filters.http.cors", "envoy.filters.http.router"];
const file: DeliveryFile = {
  name: "order",
  defaults: { namespace: workload.namespace, selector: workload.labels, module: { path: modulePath } },
  filters: [
    { filter: "before-one", before: cors },
    { filter: "before-two", before: cors },
    { filter: "behind-one", after: cors },
    { filter: "behind-two", after: cors },
    { filter: "last-one" },
    { filter: "last-two" },
  ],
};

test.skipIf(why !== undefined)(why === undefined ? "the order of a pwk.yaml" : `the order (${why})`, async () => {
  const names = (file.filters ?? []).map(({ filter }) => ({ name: filter, filter }));
  const resolved = resolveEnvironment(file, null, names);
  const configuration = { attributes: [{ output_attribute: "a", default: "x" }] };
  const filters = resolved.filters.map((filter) => ({ ...filter, configuration }));
  const { resources } = renderEnvironment({ ...resolved, filters });
  // Istio, too, has only priorities to go by, when all are made in the same second.
  const pod = await DeliveryPod.start({ type: "sidecar", manifests: resources.toReversed() });
  try {
    const chain = await chainOf(pod);
    const known = [...names.map(({ name }) => name), cors, router];
    expect(chain.filter((name) => known.includes(name))).toEqual([
      ...["before-one", "before-two", cors, "behind-one", "behind-two"],
      ...["last-one", "last-two", router],
    ]);
    expect(chain[chain.indexOf(cors) + 1]).toBe("behind-one");
  } finally {
    await pod.stop();
  }
});

/** The HTTP filters of its first listener that has some of ours. */
async function chainOf(pod: DeliveryPod): Promise<readonly string[]> {
  const dump = await (await fetch(`${pod.adminUrl}/config_dump?resource=dynamic_listeners`)).text();
  const lists = [...listsIn(JSON.parse(dump))];
  const found = lists.find((names) => names.includes("last-one"));
  if (found === undefined) throw new Error(`expected a chain with last-one, found ${JSON.stringify(lists)}`);
  return found;
}

function* listsIn(value: unknown): Generator<readonly string[]> {
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    if (key === "http_filters") yield (inner as readonly { name: string }[]).map(({ name }) => name);
    yield* listsIn(inner);
  }
}
