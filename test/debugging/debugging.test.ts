/** What a debug build lets a host and a debugger know. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { type Debugger, Session } from "node:inspector";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { generatedPositionFor, TraceMap } from "@jridgewell/trace-mapping";
import { loadModule, sourceMapUrl } from "@proxy-wasm-kit/host";
import { hostEngine } from "@proxy-wasm-kit/testing";
import { afterAll, beforeAll, expect, test } from "vitest";

const run = promisify(execFile);
const source = "test/debugging/assembly/index.ts";
let folder: string;
let wasm: string;
let line: number;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "debugging-"));
  wasm = join(folder, "debugging.wasm");
  const lines = (await readFile(source, "utf8")).split("\n");
  line = lines.findIndex((text) => text.includes("text!.length")) + 1;
  const args = ["cli/bin/pwk.mjs", "build", "--target", "debug", "--out-dir", folder, "test/debugging"];
  await run(process.execPath, args);
});
afterAll(() => rm(folder, { recursive: true }));

test("a trap tells file, line, column and function of every frame", async () => {
  const proxy = await hostEngine.start({ filters: [{ name: "debugging", wasm }] });
  const { status, failures } = await proxy.send({});
  await proxy.close();
  expect(status).toBe(503);
  const [failure = ""] = failures;
  const [message, heading, ...frames] = failure.split("\n");
  expect(message).toBe("Function: proxy_on_request_headers failed: Uncaught RuntimeError: unreachable");
  expect(heading).toBe("Proxy-Wasm plugin in-VM backtrace:");
  expect(frames[0]).toMatch(/^ {2}0: {2}0x[0-9a-f]+ - .*abort \(.*sdk\/assembly\/abort\.ts:\d+:\d+\)$/);
  expect(frames[1]).toMatch(
    new RegExp(`^ {2}1:  0x[0-9a-f]+ - ${source.slice(0, -3)}/lengthOf \\(${source}:${line}:10\\)$`),
  );
  expect(frames[2]).toMatch(/Trapping#onRequestHeaders \(test\/debugging\/assembly\/index\.ts:\d+:\d+\)$/);
});

test("pwk request shows it", async () => {
  const { stdout } = await run(process.execPath, ["cli/bin/pwk.mjs", "request", wasm]);
  expect(stdout).toContain(`lengthOf (${source}:${line}:10)`);
});

test("a breakpoint set in a source file is hit", async () => {
  const bytes = await readFile(wasm);
  const map = new TraceMap(Buffer.from((sourceMapUrl(bytes) ?? "").split(",")[1] ?? "", "base64").toString());
  const file = pathToFileURL(source).href;
  expect(map.resolvedSources).toContain(file);
  expect(map.sourcesContent?.[map.resolvedSources.indexOf(file)]).toBe(await readFile(source, "utf8"));

  const session = new Session();
  session.connect();
  try {
    const scripts: Debugger.ScriptParsedEventDataType[] = [];
    session.on("Debugger.scriptParsed", ({ params }) => scripts.push(params));
    session.post("Debugger.enable");
    const proxy = await hostEngine.start({ filters: [{ name: "debugging", wasm }] });
    const script = scripts.find(({ sourceMapURL }) => sourceMapURL === sourceMapUrl(bytes));
    const { line: lineNumber, column } = generatedPositionFor(map, { source: file, line, column: 9 });
    expect(lineNumber).toBe(1);
    const location = { scriptId: script?.scriptId ?? "", lineNumber: 0, columnNumber: column ?? 0 };
    session.post("Debugger.setBreakpoint", { location });
    const stopped: (string | undefined)[] = [];
    session.on("Debugger.paused", ({ params }) => {
      stopped.push(params.callFrames[0]?.functionName);
      session.post("Debugger.resume");
    });
    await proxy.send({ headers: [["x-number", "1"]] });
    await proxy.close();
    expect(stopped).toEqual([expect.stringMatching(/lengthOf$/)]);
  } finally {
    session.disconnect();
  }
});

test("the module runs as it was compiled: its source map counts its bytes", async () => {
  const bytes = await readFile(wasm);
  const { module } = await loadModule(bytes);
  expect(WebAssembly.Module.exports(module).map(({ name }) => name)).not.toContainEqual(
    expect.stringMatching(/global/),
  );
});
