/** What is told when `pwk deploy` is told to stop, before a kubectl that waits. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { childrenOf } from "../test/running.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "pwk-interrupted-"));
});
afterEach(() => rm(folder, { recursive: true }));

const live = JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", resourceVersion: "1" } });
const manifest = ["a", "b", "c"]
  .map((name) => `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n`)
  .join("---\n");

/** `held`: what a call's arguments and input have that gets no answer. */
async function deploy(held: string) {
  const script = `#!/bin/sh
input=$(cat)
case "$* $input" in ${held}) touch ${folder}/held; exec sleep 60;; esac
case "$*" in *" get "*|"get "*) ;; *) echo '${live}';; esac
`;
  await writeFile(join(folder, "kubectl"), script, { mode: 0o755 });
  const env = { ...process.env, PATH: [folder, process.env.PATH].join(delimiter) };
  const args = ["cli/bin/pwk.mjs", "deploy", "-", "--no-check", "--no-wait"];
  const child = spawn(process.execPath, args, { env, stdio: "pipe" });
  child.stdin.end(manifest);
  const ended = once(child, "close");
  const output = Promise.all([text(child.stdout), text(child.stderr)]);
  while (!existsSync(join(folder, "held"))) await delay(20);
  const children = await childrenOf(child.pid ?? 0);
  return { child, children, ended, output };
}

const isAlive = (pid: number) => existsSync(`/proc/${pid}`);

test.each(["SIGINT", "SIGTERM"] as const)(
  "%s in the middle: what is applied is told, and nothing runs on",
  async (signal) => {
    const { child, children, ended, output } = await deploy(`*dry-run*) ;; *apply*'"b"'*`);
    child.kill(signal);
    expect((await ended)[0]).toBe(1);
    expect(await output).toEqual([
      "ConfigMap a: created\n" +
        "ConfigMap b: perhaps applied: stopped before there was an answer\n" +
        "ConfigMap c: not applied\n" +
        "Applying stopped in the middle, and what is applied stays. " +
        "The same command again goes on: what is there already it leaves as it is.\n",
      "",
    ]);
    expect(children.length).toBe(1);
    expect(children.filter(isAlive)).toEqual([]);
  },
);

test("Ctrl-C before anything is applied says so", async () => {
  const { child, ended, output } = await deploy("*dry-run*");
  child.kill("SIGINT");
  expect((await ended)[0]).toBe(1);
  expect(await output).toEqual(["", "pwk: ConfigMap a: stopped before there was an answer. Nothing is applied\n"]);
});
