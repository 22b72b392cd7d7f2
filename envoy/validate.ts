/** Whether Envoy takes a bootstrap, without starting to serve. */
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { endWithUs } from "./end-with-us.ts";
import { type LogRecord, logFormat, RecordReader } from "./log.ts";
import { refusal } from "./refusal.ts";

/**
 * `envoy --mode validate`: null when it is taken, else Envoy's words. Filters are configured, with these variables besides
 * those of this process.
 */
export async function validateBootstrap(
  binary: string,
  bootstrap: object,
  environment: Readonly<Record<string, string>> = {},
): Promise<string | null> {
  const folder = await mkdtemp(join(tmpdir(), "pwk-envoy-"));
  try {
    const config = join(folder, "bootstrap.json");
    await writeFile(config, JSON.stringify(bootstrap), { mode: 0o600 });
    const args = ["--mode", "validate", "--config-path", config, "--log-level", "warning", "--log-format", logFormat];
    const child = spawn(binary, args, {
      env: { ...process.env, ...environment },
      stdio: ["ignore", "ignore", "pipe"],
    });
    const letGo = endWithUs(child);
    const records: LogRecord[] = [];
    const reader = new RecordReader((record) => void records.push(record));
    child.stderr.on("data", (chunk: Uint8Array) => reader.push(chunk));
    const code = await new Promise<number | null>((resolve) => {
      child.on("error", () => resolve(null));
      child.on("close", resolve);
    });
    letGo();
    reader.finish();
    return code === 0 ? null : refusal(records);
  } finally {
    await rm(folder, { recursive: true });
  }
}
