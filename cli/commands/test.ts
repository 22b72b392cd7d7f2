/** `pwk test`: the scenarios of a project on each engine, by the project's own vitest. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { constants } from "node:os";
import { dirname, join, resolve } from "node:path";
import { findEnvoy, NoEnvoy } from "@proxy-wasm-kit/envoy";
import { Command, InvalidArgumentError } from "commander";
import { Failure, messageOf } from "../failure.ts";

type Engine = "host" | "envoy";

export const test = (): Command =>
  new Command("test")
    .description("Run the scenarios of this project with its vitest, once on each engine.")
    .argument("[args...]", "for vitest: parts of files' names; its options after --")
    .option("--engine <names>", "host, envoy or host,envoy (default: host, and envoy where it can be had)", engineNames)
    .addHelpText(
      "after",
      `
Tests find the engine's name in PWK_ENGINE, and startProxy of proxy-wasm-kit/testing goes by it. Modules are not built before.
The exit code is vitest's, that of the first engine on which something failed.

Examples:
  pwk build && pwk test
  pwk test --engine envoy filter.test -- --reporter=junit --outputFile=junit.xml`,
    )
    .action(async (args: string[], { engine }: { engine?: readonly Engine[] }) => {
      const vitest = findVitest();
      const codes: number[] = [];
      for (const name of engine ?? ["host", "envoy"]) {
        const missing = name === "envoy" ? await whyNoEnvoy() : null;
        if (missing === null) codes.push(await runOn(name, vitest, args));
        else if (engine === undefined) process.stderr.write(`pwk: without the engine envoy: ${missing}\n`);
        else throw new Failure(`--engine envoy: ${missing}`);
      }
      process.exitCode = codes.find((code) => code !== 0) ?? 0;
    });

function engineNames(text: string): readonly Engine[] {
  const names = [...new Set(text.split(","))];
  const engines = names.filter((name) => name === "host" || name === "envoy");
  if (engines.length === names.length) return engines;
  throw new InvalidArgumentError("expected host, envoy or host,envoy.");
}

/** Installs an Envoy where there is none yet: a test would have to wait for it otherwise. */
async function whyNoEnvoy(): Promise<string | null> {
  try {
    await findEnvoy();
    return null;
  } catch (error) {
    if (error instanceof NoEnvoy) return error.message;
    throw new Failure(messageOf(error));
  }
}

function findVitest(): string {
  try {
    const file = createRequire(join(resolve("."), "package.json")).resolve("vitest/package.json");
    const { bin } = JSON.parse(readFileSync(file, "utf8")) as { bin: { vitest: string } };
    return join(dirname(file), bin.vitest);
  } catch {
    throw new Failure("expected vitest among the packages of this folder, found none; npm install --save-dev vitest");
  }
}

/** The exit code; for what a signal ended, as shells have it. */
function runOn(engine: Engine, vitest: string, args: readonly string[]): Promise<number> {
  return new Promise((done, reject) => {
    const env = { ...process.env, PWK_ENGINE: engine };
    process.stdout.write(`engine ${engine}\n`);
    const child = spawn(process.execPath, [vitest, "run", ...args], { env, stdio: "inherit" });
    child.on("error", reject);
    child.on("close", (code, signal) => done(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });
}
