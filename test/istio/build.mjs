#!/usr/bin/env node
/** Builds what test/istio needs: from cold in about 6 minutes, and not at all when it is built already. */
import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
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
/** Between two lines of progress when they are not rewritten. */
const quietMs = 30_000;

/** What the person who runs this can solve. */
class BuildFailure extends Error {}

async function main() {
  const folder = buildFolder();
  if (isBuilt(folder)) return say(`Istio's test programs are built already: ${folder}`);
  await checkGo();
  await mkdir(dirname(folder), { recursive: true });
  // Beside its final place, so that the rename is one step: no other process sees half a build.
  const draft = await mkdtemp(`${folder}.`);
  process.once("exit", () => rmSync(draft, { recursive: true, force: true }));
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => process.exit(1));
  say(`building Istio's test programs into ${folder} (about 6 minutes on two cores, once)`);
  await buildInto(draft);
  if (buildFolder() !== folder) throw new BuildFailure("the sources have changed meanwhile: run it again");
  await rename(draft, folder).catch(async (error) => {
    // Another process was faster, and what it has built is the same; or someone has removed a part.
    if (isBuilt(folder)) return;
    if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
    await rm(folder, { recursive: true, force: true });
    await rename(draft, folder);
  });
  say(`built ${folder}`);
}

async function buildInto(draft) {
  const progress = new Progress();
  try {
    for (const [name, path] of Object.entries(packages)) {
      progress.begin(name);
      await go(["build", "-v", "-ldflags=-s -w", "-o", join(draft, name), path], (line) => progress.line(line));
    }
  } finally {
    progress.end();
  }
  const istio = await go(["list", "-m", "-f", "{{.Dir}}", "istio.io/istio"]);
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
  const { Dir: folder, Sum: sum } = JSON.parse(await go(["mod", "download", "-json", envoyGateway.module]));
  if (sum === envoyGateway.sum) return folder;
  throw new BuildFailure(`${envoyGateway.module}: expected the checksum ${envoyGateway.sum}, found ${sum}`);
}

/** `go build -v` says the path of each package it compiles, and `go: downloading ...`; all else explains a failure. */
class Progress {
  #startedAt = Date.now();
  #shownAt = 0;
  #downloaded = 0;
  #compiled = 0;
  #name = "";
  #isOnTerminal = process.stderr.isTTY === true;
  #timer = setInterval(() => this.#show(), 1000);

  begin(name) {
    this.#name = name;
    this.#show();
  }

  line(line) {
    if (isPackage(line)) this.#compiled++;
    else if (isDownload(line)) this.#downloaded++;
  }

  end() {
    clearInterval(this.#timer);
    if (this.#isOnTerminal) process.stderr.write("\r\x1b[K");
  }

  #show() {
    const now = Date.now();
    if (!this.#isOnTerminal && now - this.#shownAt < quietMs) return;
    this.#shownAt = now;
    const seconds = Math.round((now - this.#startedAt) / 1000);
    const time = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    const downloaded = this.#downloaded > 0 ? `${this.#downloaded} modules downloaded, ` : "";
    const text = `${time}  ${this.#name}: ${downloaded}${this.#compiled} packages compiled`;
    process.stderr.write(this.#isOnTerminal ? `\r\x1b[K${text}` : `${text}\n`);
  }
}

/** Throws when there is no Go, or one that go.mod takes for too old. */
async function checkGo() {
  const required = /^go (\S+)/m.exec(await readFile(join(sourceFolder, "go.mod"), "utf8"))?.[1] ?? "0";
  const found = /^go(\d[\d.]*)/.exec(await go(["env", "GOVERSION"]))?.[1];
  // Unless GOTOOLCHAIN forbids it, an older Go has fetched the one that go.mod asks for, and that has answered.
  if (found !== undefined && compareVersions(found, required) < 0) {
    throw new BuildFailure(`Go ${required} or later is needed, and this is Go ${found}: see https://go.dev/dl`);
  }
}

function compareVersions(a, b) {
  const [left, right] = [a, b].map((version) => version.split(".").map(Number));
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Runs Go on the module here; resolves with its output. `onLine` is given each line of its standard error. */
function go(args, onLine = () => {}) {
  return new Promise((resolve, reject) => {
    const child = spawn("go", args, { cwd: sourceFolder, stdio: ["ignore", "pipe", "pipe"] });
    const end = () => child.kill();
    process.once("exit", end);
    let output = "";
    const last = [];
    child.stdout.on("data", (chunk) => {
      output += chunk;
    });
    createInterface({ input: child.stderr }).on("line", (line) => {
      onLine(line);
      if (last.push(line) > 30) last.shift();
    });
    child.on("error", (error) => {
      const isMissing = error.code === "ENOENT";
      reject(isMissing ? new BuildFailure("Go is missing: install it from https://go.dev/dl") : error);
    });
    child.on("close", (code) => {
      process.off("exit", end);
      if (code === 0) resolve(output);
      else reject(new BuildFailure(`go ${args[0]} failed:\n${explanation(last)}`));
    });
  });
}

const isPackage = (line) => /^[^\s:#]+$/.test(line);
const isDownload = (line) => line.startsWith("go: downloading ");

const explanation = (lines) => {
  const words = lines.filter((line) => !isPackage(line) && !isDownload(line));
  return (words.length > 0 ? words : lines).join("\n");
};

const say = (line) => process.stderr.write(`${line}\n`);

try {
  await main();
} catch (error) {
  if (!(error instanceof BuildFailure)) throw error;
  say(`istio:build: ${error.message}`);
  process.exitCode = 1;
}
