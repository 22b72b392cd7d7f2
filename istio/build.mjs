#!/usr/bin/env node
/** Builds Istio's programs: from cold in about 6 minutes, and not at all when it is built already. */
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { buildOnce } from "./go-build/build.mjs";
import { BuildFailure, go } from "./go-build/go.mjs";
import { buildFolder, envoyGateway, filesIn, isBuilt, packages, sourceFolder } from "./location.mjs";

/** Files of Istio's module that are taken as they are. */
const taken = {
  crds: "manifests/charts/base/files/crd-all.gen.yaml",
  agentBootstrap: "tools/packaging/common/envoy_bootstrap.json",
};
/** And of Envoy Gateway's. */
const takenOfGateway = {
  extensionPolicyCrd:
    "charts/gateway-helm/charts/crds/crds/generated/gateway.envoyproxy.io_envoyextensionpolicies.yaml",
};

async function addFiles(draft) {
  const istio = await go(sourceFolder, ["list", "-m", "-f", "{{.Dir}}", "istio.io/istio"]);
  const places = [
    [istio.trim(), taken],
    [await gatewayFolder(), takenOfGateway],
  ];
  for (const [folder, files] of places) {
    for (const [name, path] of Object.entries(files)) await copyFile(join(folder, path), filesIn(draft)[name]);
  }
}

/** Not in go.mod: all that it requires would come with it, for one file. */
async function gatewayFolder() {
  const answer = await go(sourceFolder, ["mod", "download", "-json", envoyGateway.module]);
  const { Dir: folder, Sum: sum } = JSON.parse(answer);
  if (sum === envoyGateway.sum) return folder;
  throw new BuildFailure(`${envoyGateway.module}: expected the checksum ${envoyGateway.sum}, found ${sum}`);
}

await buildOnce({
  script: "istio:build",
  what: "Istio's test programs",
  duration: "about 6 minutes",
  ...{ sourceFolder, buildFolder, isBuilt, packages, addFiles },
});
