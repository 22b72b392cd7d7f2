/** Builds the programs of a Go module into the cache: once, with progress, and never half. */
import { rmSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { BuildFailure, go } from "./go.mjs";
import { Progress } from "./progress.mjs";

/**
 * @typedef {object} Programs
 * @property {string} script The npm script, for messages.
 * @property {string} what They are, and how long they take: for messages.
 * @property {string} duration
 * @property {string} sourceFolder With go.mod.
 * @property {() => string} buildFolder Where they belong, as the sources are now.
 * @property {(folder: string) => boolean} isBuilt
 * @property {Readonly<Record<string, string>>} packages One Go package for each binary, by the binary's name.
 * @property {string} [ldflags] Besides those that leave out what only debuggers read.
 * @property {(draft: string) => Promise<void>} [addFiles] Puts what is not compiled beside the binaries.
 */

/** Sets the exit code when it fails. @param {Programs} programs */
export async function buildOnce(programs) {
  try {
    await build(programs);
  } catch (error) {
    if (!(error instanceof BuildFailure)) throw error;
    say(`${programs.script}: ${error.message}`);
    process.exitCode = 1;
  }
}

/** @param {Programs} programs */
async function build({ addFiles = async () => {}, ...programs }) {
  const { what, duration, sourceFolder, buildFolder, isBuilt } = programs;
  const folder = buildFolder();
  if (isBuilt(folder)) return say(`${what} are built already: ${folder}`);
  await checkGo(sourceFolder);
  await mkdir(dirname(folder), { recursive: true });
  // Beside its final place, so that the rename is one step: no other process sees half a build.
  const draft = await mkdtemp(`${folder}.`);
  process.once("exit", () => rmSync(draft, { recursive: true, force: true }));
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => process.exit(1));
  say(`building ${what} into ${folder} (${duration} on two cores, once)`);
  await compile(programs, draft);
  await addFiles(draft);
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

async function compile({ sourceFolder, packages, ldflags = "" }, draft) {
  const progress = new Progress();
  const flags = `-ldflags=-s -w ${ldflags}`.trim();
  try {
    for (const [name, path] of Object.entries(packages)) {
      progress.begin(name);
      await go(sourceFolder, ["build", "-v", flags, "-o", join(draft, name), path], {
        onLine: (line) => progress.line(line),
      });
    }
  } finally {
    progress.end();
  }
}

/** Throws when there is no Go, or one that go.mod takes for too old. */
async function checkGo(sourceFolder) {
  const required = /^go (\S+)/m.exec(await readFile(join(sourceFolder, "go.mod"), "utf8"))?.[1] ?? "0";
  const found = /^go(\d[\d.]*)/.exec(await go(sourceFolder, ["env", "GOVERSION"]))?.[1];
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

const say = (line) => process.stderr.write(`${line}\n`);
