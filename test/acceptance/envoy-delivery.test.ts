/** What `pwk manifest envoy` prints, in front of the router of a real Envoy: the module as a file, and in the configuration. */
import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { bootstrap, EnvoyProcess, findEnvoy, listenerName, type Message } from "@proxy-wasm-kit/envoy";
import { expect, test } from "vitest";
import { Application, send } from "../mirror/application.ts";

const run = promisify(execFile);
const isRequired = (process.env.PWK_REQUIRE_ENGINES ?? "").split(",").includes("envoy");
const envoy = await findEnvoy().catch((error: Error) => {
  if (isRequired) throw error;
  return error.message;
});
const module = resolve("dist/shadow-host.wasm");

test.skipIf(typeof envoy === "string").each([
  ["--module-path", module],
  ["--inline", module],
])("pwk manifest envoy %s", async (...source) => {
  if (typeof envoy === "string") return;
  const args = ["cli/bin/pwk.mjs", "manifest", "envoy", "filters/shadow-host", ...source, "-o", "json"];
  const { http_filters } = JSON.parse((await run(process.execPath, args)).stdout);
  const application = await Application.start();
  const loopback = { host: "127.0.0.1", port: 0 };
  const model = bootstrap({
    ...{ listen: loopback, admin: loopback, upstream: { ...loopback, port: application.port } },
    filters: [],
  });
  const manager = connectionManager(model);
  Object.assign(manager, { http_filters: [...http_filters, ...(manager.http_filters as unknown as Message[])] });
  const running = await EnvoyProcess.start({ binary: envoy.binary, bootstrap: model });
  try {
    expect(await send(await running.admin.port(listenerName), { host: "shop.example-shadow" })).toBe(200);
    expect(application.take().map(({ host }) => host)).toEqual(["shop.example"]);
  } finally {
    await running.stop();
    await application.close();
  }
});

const connectionManager = (model: Message): Message =>
  ["static_resources", "listeners", "0", "filter_chains", "0", "filters", "0", "typed_config"].reduce(
    (part, key) => part[key] as Message,
    model,
  );
