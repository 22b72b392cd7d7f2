#!/usr/bin/env node
/** Builds what test/kube needs: from cold in about 5 minutes, and not at all when it is built already. */
import { buildOnce, go } from "@proxy-wasm-kit/istio/go-build";
import { buildFolder, helm, isBuilt, kubernetesVersion, packages, sourceFolder } from "./location.mjs";

/** Without it the API server calls itself v0.0.0, and kubectl warns of every request. */
function versionFlags() {
  const version = kubernetesVersion();
  const [major, minor] = version.split(".");
  const variables = { gitVersion: `v${version}`, gitMajor: major, gitMinor: minor };
  return Object.entries(variables)
    .map(([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`)
    .join(" ");
}

const addFiles = (draft) => go(sourceFolder, ["install", "-ldflags=-s -w", helm], { environment: { GOBIN: draft } });

await buildOnce({
  script: "kube:build",
  what: "Kubernetes' test programs",
  duration: "about 5 minutes",
  ldflags: versionFlags(),
  ...{ sourceFolder, buildFolder, isBuilt, packages, addFiles },
});
