/** What a transfer does, on standard error: a line that is rewritten on a terminal, else a line for each part. */
import type { Progress } from "@proxy-wasm-kit/registry";
import { bytes } from "./print.ts";

/** Takes what a transfer tells; `done` is what has happened to a part in the end. */
export function showProgress(done: "pushed" | "pulled", stream: NodeJS.WriteStream = process.stderr) {
  const clear = stream.isTTY ? "\r\x1b[K" : "";
  return (progress: Progress): void => {
    const line = lineOf(progress, done);
    if (progress.kind !== "blob") stream.write(`${clear}${line}\n`);
    else if (stream.isTTY) stream.write(`${clear}${line}`);
  };
}

function lineOf(progress: Progress, done: string): string {
  if (progress.kind === "retry") return `${progress.why}; trying again`;
  const part = `${progress.digest.slice(0, 19)}  ${bytes(progress.size).padStart(12)}`;
  if (progress.kind === "there") return `${part}  there already`;
  if (progress.kind === "done") return `${part}  ${done}`;
  // How much of an upload has left is not known.
  if (progress.bytes === 0) return `${part}  …`;
  return `${part}  ${Math.floor((100 * progress.bytes) / Math.max(1, progress.size))}%`;
}
