/** The example queue-worker: requests leave lines behind, and a singleton service sends them on. */
import type { Scenario, SetUp } from "../scenario.ts";

const wasm = "dist/examples/queue-worker.wasm";
const filter = { name: "queue-filter", wasm, vmId: "queue" };
const service = { name: "queue-service", wasm, vmId: "queue", configuration: "collector" };
const setUp: SetUp = {
  filters: [filter],
  services: [service],
  clusters: { collector: { http: { status: 200 } } },
};

export const queueWorker: readonly Scenario[] = [
  {
    name: "queue-worker: a request's line reaches the collector, after the request",
    setUp,
    request: { method: "PUT", path: "/books/7", body: "x" },
    expect: {
      outcome: "forwarded",
      status: 200,
      metrics: { queue_worker_lost: 0 },
      eventually: { metrics: { queue_worker_delivered: 1 } },
    },
  },
  {
    name: "queue-worker: a collector that is down costs no request",
    setUp: { ...setUp, clusters: { collector: { http: "unreachable" } } },
    request: { path: "/" },
    expect: {
      outcome: "forwarded",
      status: 200,
      eventually: { metrics: { queue_worker_failed: 1 }, log: /a batch was not taken: HTTP status 503/ },
    },
  },
  {
    name: "queue-worker: without the service lines are lost, and counted",
    setUp: { filters: [{ ...filter, vmId: "alone" }] },
    request: { path: "/" },
    expect: { outcome: "forwarded", status: 200, metrics: { queue_worker_lost: 1 }, log: /there is no queue/ },
  },
];
