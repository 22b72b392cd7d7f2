/** `pwk build` as a process of its own: asc would keep this one from serving for seconds. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { Failure, messageOf } from "../failure.ts";

/** Debug modules by their filter's folder, in a folder of their own. Throws `Failure` with asc's errors. */
export async function buildFilters(
  folders: readonly string[],
  outDir: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const args = ["build", "--target", "debug", "--out-dir", outDir, "-o", "json", ...folders];
  const { code, stdout, stderr } = await runPwk(args, signal);
  if (code !== 0) throw new Failure(withPlaces(stderr.trim().replace(/^pwk: /, "")));
  const built = JSON.parse(stdout) as readonly { readonly filter: string; readonly module: string }[];
  return new Map(built.map(({ filter, module }) => [filter, join(module)]));
}

function runPwk(args: readonly string[], signal: AbortSignal) {
  return new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve, reject) => {
    const [, program = ""] = process.argv;
    const child = spawn(process.execPath, [program, ...args], { signal, stdio: ["ignore", "pipe", "pipe"] });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on("data", (data: Buffer) => out.push(data));
    child.stderr.on("data", (data: Buffer) => err.push(data));
    child.on("error", (error) => reject(new Failure(`pwk build: ${messageOf(error)}`)));
    child.on("close", (code) =>
      resolve({ code, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() }),
    );
  });
}

/** Places as terminals and editors open them: "assembly/index.ts:12:5" for asc's "in assembly/index.ts(12,5)". */
const withPlaces = (messages: string): string =>
  messages.replace(/\bin (\S+)\((\d+),(\d+)\)/g, "$1:$2:$3").replace(/\s+FAILURE \d+ compile error\(s\)$/, "");
