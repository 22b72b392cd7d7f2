/** Where the binaries of this folder are built to; shared by build.mjs and the bench that runs them. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheFolder } from "@proxy-wasm-kit/istio/go-build";

/** The Go module. */
export const sourceFolder = fileURLToPath(new URL(".", import.meta.url));

/** One Go package for each binary, by the binary's name. */
export const packages = {
  etcd: "go.etcd.io/etcd/server/v3",
  "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
  kubectl: "k8s.io/kubernetes/cmd/kubectl",
};

/** Of a Go module of its own: its Kubernetes is another one. */
export const helm = "helm.sh/helm/v3/cmd/helm@v3.22.0";

/**
 * @param {NodeJS.ProcessEnv} [environment]
 * @returns {string}
 */
export const buildFolder = (environment) => cacheFolder({ name: "kube", sourceFolder, besides: [helm] }, environment);

/**
 * Paths of the binaries; they appear all at once.
 * @param {string} [folder]
 */
export function filesIn(folder = buildFolder()) {
  return {
    etcd: join(folder, "etcd"),
    apiServer: join(folder, "kube-apiserver"),
    kubectl: join(folder, "kubectl"),
    helm: join(folder, "helm"),
  };
}

/** @param {string} [folder] */
export const isBuilt = (folder = buildFolder()) => Object.values(filesIn(folder)).every((file) => existsSync(file));

/** Such as "1.36.3", of the Kubernetes that go.mod pins. */
export function kubernetesVersion() {
  const text = readFileSync(join(sourceFolder, "go.mod"), "utf8");
  return /^\s*k8s\.io\/kubernetes v(\S+)/m.exec(text)?.[1] ?? "(of go.mod)";
}
