/** Finds a real Envoy: `$ENVOY_BIN`, `envoy` on the PATH, or the pinned version, installed when first needed. */
import { delimiter, join } from "node:path";
import { type InstallOptions, installEnvoy, installedEnvoy, isExecutable, NoEnvoy, reasonOf, run } from "./install.ts";

export interface FoundEnvoy {
  /** Path of the executable. */
  readonly binary: string;
  /** As it says itself, such as "1.39.3". */
  readonly version: string;
  readonly source: "ENVOY_BIN" | "PATH" | "installed";
}

/** Throws `NoEnvoy` when there is none to be had, and an error when `ENVOY_BIN` is set to something else. */
export async function findEnvoy(options: InstallOptions = {}): Promise<FoundEnvoy> {
  return (await lookForEnvoy(options)) ?? installed(await installEnvoy(options));
}

/** As `findEnvoy`, but installs nothing: null when there is none yet. */
export async function lookForEnvoy(options: InstallOptions = {}): Promise<FoundEnvoy | null> {
  const { ENVOY_BIN, PATH = "" } = options.environment ?? process.env;
  if (ENVOY_BIN) {
    const version = await versionOf(ENVOY_BIN).catch((error: unknown) => {
      throw new Error(`ENVOY_BIN is ${ENVOY_BIN}, and ${reasonOf(error)}; set it to an Envoy, or unset it`);
    });
    return { binary: ENVOY_BIN, version, source: "ENVOY_BIN" };
  }
  for (const folder of PATH.split(delimiter).filter((folder) => folder !== "")) {
    const binary = join(folder, "envoy");
    if (!(await isExecutable(binary))) continue;
    // Other programs are called "envoy" too.
    const version = await versionOf(binary).catch(() => null);
    if (version !== null) return { binary, version, source: "PATH" };
  }
  const binary = await installedEnvoy(options);
  return binary === null ? null : installed(binary);
}

async function installed(binary: string): Promise<FoundEnvoy> {
  const version = await versionOf(binary).catch((error: unknown) => {
    throw new NoEnvoy(
      `the installed one does not run here: ${reasonOf(error)}`,
      `Remove ${binary} to install it again`,
    );
  });
  return { binary, version, source: "installed" };
}

async function versionOf(binary: string): Promise<string> {
  const { output } = await run(binary, ["--version"], { stdio: ["ignore", "pipe", "ignore"] }).catch(
    (error: unknown) => {
      throw new Error(`it cannot be run (${reasonOf(error)})`);
    },
  );
  const version = /^.*\bversion: [0-9a-f]+\/([^/\s]+)\//m.exec(output)?.[1];
  if (version === undefined) throw new Error("that is not an Envoy: it does not answer --version as Envoy does");
  return version;
}
