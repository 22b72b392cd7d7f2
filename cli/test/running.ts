/** Commands that run until they are told to stop, as a shell has them. */
import { spawn } from "node:child_process";

export type Event = { readonly event: string; readonly [key: string]: unknown };

export interface Running {
  /** The next event of `-o json` that is like this, of those that nobody has waited for yet. Throws when the command ends first. */
  next(isLike: (event: Event) => boolean): Promise<Event>;
  /** What was written to standard output and standard error so far. */
  readonly output: () => string;
  /** Sends the signal; resolves when it has ended. */
  stop(signal?: NodeJS.Signals): Promise<{ readonly code: number | null; readonly output: string }>;
  readonly pid: number;
}

/** With `-o json`. */
export function start(
  args: readonly string[],
  { cwd = ".", env = {} }: { cwd?: string; env?: Readonly<Record<string, string>> } = {},
): Running {
  const bin = new URL("../bin/pwk.mjs", import.meta.url).pathname;
  const child = spawn(process.execPath, [bin, ...args, "-o", "json"], { cwd, env: { ...process.env, ...env } });
  const events: Event[] = [];
  let output = "";
  let rest = "";
  let look: () => void = () => {};
  child.stderr.on("data", (data: Buffer) => {
    output += data;
  });
  child.stdout.on("data", (data: Buffer) => {
    output += data;
    const lines = (rest + data).split("\n");
    rest = lines.pop() ?? "";
    events.push(...lines.map((line) => JSON.parse(line) as Event));
    look();
  });
  let isOver = false;
  const ended = new Promise<number | null>((resolve) => {
    child.on("close", (code) => {
      isOver = true;
      resolve(code);
      look();
    });
  });
  return {
    pid: child.pid ?? 0,
    output: () => output,
    next: (isLike) =>
      new Promise((resolve, reject) => {
        look = () => {
          const at = events.findIndex(isLike);
          if (at >= 0) resolve(events.splice(at, 1)[0] as Event);
          else if (isOver) reject(new Error(`pwk has ended before an event that is like ${isLike}:\n${output}`));
        };
        look();
      }),
    async stop(signal = "SIGINT") {
      child.kill(signal);
      return { code: await ended, output };
    },
  };
}

/** Ids of processes that a process has started and that run. */
export async function childrenOf(pid: number): Promise<readonly number[]> {
  const { readFile } = await import("node:fs/promises");
  const list = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8").catch(() => "");
  return list.split(" ").filter(Boolean).map(Number);
}
