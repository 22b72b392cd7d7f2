/** Runs Go on a module, and tells apart what it says. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** What the person who runs this can solve. */
export class BuildFailure extends Error {}

/** Resolves with its output. `onLine` is given each line of its standard error, Go these variables besides its own. */
export function go(sourceFolder, args, { onLine = () => {}, environment = {} } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn("go", args, {
      cwd: sourceFolder,
      env: { ...process.env, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const end = () => child.kill();
    process.once("exit", end);
    let output = "";
    const last = [];
    child.stdout.on("data", (chunk) => {
      output += chunk;
    });
    createInterface({ input: child.stderr }).on("line", (line) => {
      onLine(line);
      if (last.push(line) > 30) last.shift();
    });
    child.on("error", (error) => {
      const isMissing = error.code === "ENOENT";
      reject(isMissing ? new BuildFailure("Go is missing: install it from https://go.dev/dl") : error);
    });
    child.on("close", (code) => {
      process.off("exit", end);
      if (code === 0) resolve(output);
      else reject(new BuildFailure(`go ${args[0]} failed:\n${explanation(last)}`));
    });
  });
}

/** `go build -v` says the path of each package it compiles, and `go: downloading ...`; all else explains a failure. */
export const isPackage = (line) => /^[^\s:#]+$/.test(line);
export const isDownload = (line) => line.startsWith("go: downloading ");

const explanation = (lines) => {
  const words = lines.filter((line) => !isPackage(line) && !isDownload(line));
  return (words.length > 0 ? words : lines).join("\n");
};
