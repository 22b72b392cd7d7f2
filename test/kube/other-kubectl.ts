/** A `kubectl` before the real one on PATH: for what the bench has no kubelet for, and for stopping between two calls. */
import { existsSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Kubectl } from "./kubectl.ts";

const pollMs = 20;

export interface OtherKubectl {
  /** For programs that are to take it for the real one. */
  readonly environment: Readonly<Record<string, string>>;
}

/** `port-forward` leads to this address, whatever the pod; all else is the real one's. */
export async function forwardingKubectl(real: Kubectl, folder: string, url: string): Promise<OtherKubectl> {
  const { hostname, port } = new URL(url);
  return otherKubectl(
    real,
    folder,
    `if (args.includes("port-forward")) {
  const { connect, createServer } = await import("node:net");
  const server = createServer((socket) => {
    const up = connect(${port}, ${JSON.stringify(hostname)});
    for (const each of [socket, up]) each.on("error", () => {});
    socket.pipe(up).pipe(socket);
  });
  server.listen(0, "127.0.0.1", () => console.log("Forwarding from 127.0.0.1:" + server.address().port + " -> 15014"));
} else real();`,
  );
}

export interface Gate extends OtherKubectl {
  /** Resolves when an object is about to be applied, one after the first; it waits for `open`. */
  readonly reached: () => Promise<void>;
  readonly open: () => Promise<void>;
}

/** Nothing but the first object is applied before the gate is opened. */
export async function gatedKubectl(real: Kubectl, folder: string): Promise<Gate> {
  const [passed, reached, open] = ["passed", "reached", "open"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const { environment } = await otherKubectl(
    real,
    folder,
    `const { existsSync, writeFileSync } = await import("node:fs");
const isApplying = args.includes("apply") && !args.includes("--dry-run=server");
if (isApplying && existsSync(${JSON.stringify(passed)})) {
  writeFileSync(${JSON.stringify(reached)}, "");
  while (!existsSync(${JSON.stringify(open)})) await new Promise((resolve) => setTimeout(resolve, ${pollMs}));
}
if (isApplying) writeFileSync(${JSON.stringify(passed)}, "");
real();`,
  );
  return {
    environment,
    reached: async () => {
      while (!existsSync(reached)) await delay(pollMs);
    },
    open: () => writeFile(open, ""),
  };
}

async function otherKubectl(real: Kubectl, folder: string, script: string): Promise<OtherKubectl> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const text = `#!${process.execPath}
import { spawnSync } from "node:child_process";
const args = process.argv.slice(2);
const real = () => {
  process.exitCode = spawnSync(${JSON.stringify(real.binary)}, args, { stdio: "inherit" }).status ?? 1;
};
${script}
`;
  await writeFile(join(folder, "package.json"), '{ "type": "module" }');
  await writeFile(join(folder, "kubectl"), text, { mode: 0o755 });
  return { environment: { ...real.environment, PATH: [folder, real.environment.PATH].join(delimiter) } };
}
