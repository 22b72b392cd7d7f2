/** Where the binaries of this folder are built to; shared by build.mjs and the engine that runs them. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheFolder } from "./go-build/cache.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));

/** The Go module; in a bundle it is a folder beside. */
export const sourceFolder = existsSync(join(here, "go.mod")) ? here : join(here, "istio");

/** One Go package for each binary, by the binary's name. */
export const packages = {
  "istio-harness": ".",
  strictcheck: "./strictcheck",
  imagefetch: "./imagefetch",
  inject: "./inject",
  istioctl: "istio.io/istio/istioctl/cmd/istioctl",
  "pilot-agent": "istio.io/istio/pilot/cmd/pilot-agent",
  "pilot-discovery": "istio.io/istio/pilot/cmd/pilot-discovery",
};

/** Whose CRD is taken besides Istio's: a module, its version, and the checksum that go.sum would have. */
export const envoyGateway = {
  module: "github.com/envoyproxy/gateway@v1.9.1",
  sum: "h1:vAVp6/AlBXJ1aOhp1mxL7fNEzVEfjADUguUhm2wzxQY=",
};

/**
 * A change of the sources changes the folder, so what is in it fits them.
 * @param {NodeJS.ProcessEnv} [environment]
 * @returns {string}
 */
export const buildFolder = (environment) =>
  cacheFolder({ name: "istio", sourceFolder, besides: [envoyGateway.module] }, environment);

/**
 * Paths of the binaries, of Istio's CRDs and that of Envoy Gateway, and of the template of the agent's bootstrap; they
 * appear all at once.
 * @param {string} [folder]
 */
export function filesIn(folder = buildFolder()) {
  return {
    harness: join(folder, "istio-harness"),
    strictcheck: join(folder, "strictcheck"),
    imagefetch: join(folder, "imagefetch"),
    inject: join(folder, "inject"),
    istioctl: join(folder, "istioctl"),
    agent: join(folder, "pilot-agent"),
    discovery: join(folder, "pilot-discovery"),
    crds: join(folder, "crds.yaml"),
    extensionPolicyCrd: join(folder, "extensionpolicy-crd.yaml"),
    agentBootstrap: join(folder, "envoy_bootstrap.json"),
  };
}

/** @param {string} [folder] */
export const isBuilt = (folder = buildFolder()) => Object.values(filesIn(folder)).every((file) => existsSync(file));

/** Such as "1.31", of the Istio that go.mod pins. */
export function istioVersion() {
  const text = readFileSync(join(sourceFolder, "go.mod"), "utf8");
  return /^\s*istio\.io\/api => istio\.io\/api v(\d+\.\d+)/m.exec(text)?.[1] ?? "(of go.mod)";
}
