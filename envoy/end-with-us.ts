/** Child processes that must not outlive this process, however it ends (short of SIGKILL). */
import type { ChildProcess } from "node:child_process";

const children = new Set<ChildProcess>();
const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Ties a child to this process. Returns what unties it. */
export function endWithUs(child: ChildProcess): () => void {
  if (children.size === 0) listen();
  children.add(child);
  return () => {
    children.delete(child);
    if (children.size === 0) unlisten();
  };
}

function listen(): void {
  process.on("exit", endAll);
  for (const signal of signals) process.on(signal, onSignal);
}

function unlisten(): void {
  process.off("exit", endAll);
  for (const signal of signals) process.off(signal, onSignal);
}

function endAll(): void {
  for (const child of children) child.kill("SIGKILL");
}

/** Whoever else listens decides what the signal means; alone, it means what it means without a listener. */
function onSignal(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) return;
  endAll();
  unlisten();
  process.kill(process.pid, signal);
}
