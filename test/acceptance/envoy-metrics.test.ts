/** attribute-gen before the stats access logger that `pwk manifest stats-logger --plain` writes: counters for Prometheus. */
import { bootstrap, EnvoyProcess, findEnvoy, listenerName, type Message } from "@proxy-wasm-kit/envoy";
import { wasmFilter } from "@proxy-wasm-kit/testing";
import { expect, test } from "vitest";
import { configuration, counted, expected, pwk, sendAll, startUpstream, tags } from "../metrics.ts";

const isRequired = (process.env.PWK_REQUIRE_ENGINES ?? "").split(",").includes("envoy");
const envoy = await findEnvoy().catch((error: Error) => {
  if (isRequired) throw error;
  return error.message;
});
const name = "attribute-gen: a counter of requests by operation and class of response";

test.skipIf(typeof envoy === "string")(typeof envoy === "string" ? `${name}: ${envoy}` : name, async () => {
  if (typeof envoy === "string") return;
  const piece = JSON.parse(await pwk("manifest", "stats-logger", "--plain", ...tags, "-o", "json"));
  const { upstream, close } = await startUpstream();
  const loopback = { host: "127.0.0.1", port: 0 };
  const model = bootstrap({
    ...{ listen: loopback, admin: loopback, upstream: { ...loopback, port: upstream.port } },
    filters: [wasmFilter({ name: "attribute-gen", wasm: "dist/attribute-gen.wasm", configuration })],
  });
  Object.assign(connectionManager(model), piece);
  const running = await EnvoyProcess.start({ binary: envoy.binary, bootstrap: model });
  try {
    await sendAll(await running.admin.port(listenerName));
    expect(await counted(running.admin)).toEqual(expected);
  } finally {
    await running.stop();
    await close();
  }
});

const connectionManager = (model: Message): Message =>
  ["static_resources", "listeners", "0", "filter_chains", "0", "filters", "0", "typed_config"].reduce(
    (part, key) => part[key] as Message,
    model,
  );
