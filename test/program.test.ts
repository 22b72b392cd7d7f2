import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Program } from "./program.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pwk-program-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** Systems bury the dead that nobody waits for; some take seconds. */
const patience = { timeout: 20_000 };
const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** Says its own number and that of a program that it has started. */
const family = ["-c", 'sleep 600 & echo "$$ $!"; wait'];

test("a program ends with what it has started when its starter is killed", async () => {
  const script = `
    import { Program } from ${JSON.stringify(resolve("test/program.ts"))};
    new Program("family", { binary: "sh", args: ${JSON.stringify(family)}, onLine: (line) => console.log(line) });`;
  const outfile = join(folder, "starter.mjs");
  const stdin = { contents: script, resolveDir: folder, loader: "ts" } as const;
  await build({ stdin, bundle: true, platform: "node", format: "esm", outfile, logLevel: "error" });
  const starter: ChildProcess = spawn(process.execPath, [outfile], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await once(createInterface({ input: starter.stdout as NodeJS.ReadableStream }), "line");
  const pids = String(line).split(" ").map(Number);
  expect(pids.map(isAlive)).toEqual([true, true]);
  starter.kill("SIGKILL");
  await expect.poll(() => pids.map(isAlive), patience).toEqual([false, false]);
});

test("a program that ends too early is told with its last words", async () => {
  const program = new Program("loser", { binary: "sh", args: ["-c", "echo no luck >&2; exit 3"] });
  const waiting = program.until("to win", async () => false);
  await expect(waiting).rejects.toThrow("loser ended with code 3; expected: to win\nno luck");
});

test("a stopped program is gone with what it has started", async () => {
  const pids: number[] = [];
  const onLine = (line: string) => pids.push(...line.split(" ").map(Number));
  const program = new Program("family", { binary: "sh", args: family, onLine });
  await program.until("its numbers", async () => pids.length === 2);
  await program.stop();
  await expect.poll(() => pids.map(isAlive), patience).toEqual([false, false]);
});
