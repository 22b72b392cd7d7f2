/** What a check of this machine finds. */
import { spawn } from "node:child_process";
import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";

/** "optional": it is not here, and only what it is for does without. */
export type Status = "ok" | "optional" | "missing";

export interface Finding {
  readonly name: string;
  readonly status: Status;
  /** What is here, or why it is of no use. */
  readonly found: string;
  /** Which commands need it. */
  readonly purpose: string;
  /** What to do; null when nothing is to be done. */
  readonly remedy: string | null;
}

export type Check = (environment: NodeJS.ProcessEnv) => Promise<Finding>;

/** A program that hangs tells nothing. */
const timeoutMs = 10_000;

/** The first line that a program prints; null when it is not there or fails. */
export function firstLine(
  [program, ...args]: readonly [string, ...string[]],
  environment: NodeJS.ProcessEnv,
): Promise<string | null> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      env: environment,
      stdio: ["ignore", "pipe", "ignore"],
      // Not `timeout`, whose timer goes on when the program is not there.
      signal: AbortSignal.timeout(timeoutMs),
    });
    let output = "";
    child.stdout.on("data", (data: Buffer) => {
      output += data;
    });
    child.on("error", () => resolve(null));
    child.on("close", (code) => resolve(code === 0 ? (output.trim().split("\n")[0] ?? "") : null));
  });
}

/** For programs that are not to be started. */
export async function isOnPath(program: string, { PATH = "" }: NodeJS.ProcessEnv): Promise<boolean> {
  const folders = PATH.split(delimiter).filter((folder) => folder !== "");
  const found = folders.map((folder) =>
    access(join(folder, program), constants.X_OK).then(
      () => true,
      () => false,
    ),
  );
  return (await Promise.all(found)).includes(true);
}
