/** A page in a headless Chromium, which Debian's package `chromium` installs. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

const names = ["chromium", "chromium-browser", "google-chrome"];

/** `CHROMIUM`, or what is on the path; undefined when there is none. */
export function findChromium(): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const candidates = folders.flatMap((folder) => names.map((name) => join(folder, name)));
  return process.env.CHROMIUM ?? candidates.find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Keeps a page open while `run` does, whose result it returns. Throws what Chromium said when it ends before. */
export async function withPage<T>(chromium: string, url: string, run: () => Promise<T>): Promise<T> {
  const profile = await mkdtemp(join(tmpdir(), "chromium-"));
  const quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"];
  // Its sandbox does not run as root, which is who tests run as in containers.
  const options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", ...quiet];
  const child = spawn(chromium, [...options, `--user-data-dir=${profile}`, url], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (data: Buffer) => {
    said += data;
  });
  const closed = once(child, "close");
  try {
    const ended = closed.then(() => Promise.reject(new Error(`Chromium has ended:\n${said}`)));
    return await Promise.race([run(), ended]);
  } finally {
    child.kill();
    await closed.catch(() => {});
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}
