/** Counting what a filter runs: right, and without changing it. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Host, loadModule } from "@proxy-wasm-kit/host";
import { afterAll, beforeAll, expect, test } from "vitest";

const run = promisify(execFile);
const source = "test/filter-coverage/assembly/index.ts";
let folder: string;

const build = (name: string, ...options: string[]) =>
  run(process.execPath, [
    "cli/bin/pwk.mjs",
    "build",
    "--out-dir",
    join(folder, name),
    ...options,
    "test/filter-coverage",
  ]);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "coverage-"));
  await build("plain");
  await build("release", "--coverage");
  await build("debug", "--coverage", "--target", "debug");
});
afterAll(() => rm(folder, { recursive: true }));

/** Two requests, the second after a reset: callbacks with their results, responses, and the module. */
async function twoRequests(name: string) {
  const module = await loadModule(await readFile(join(folder, name, "filter-coverage.wasm")));
  const seen: unknown[] = [];
  const host = await Host.start({
    plugins: [{ name: "shapes", module }],
    upstream: async () => ({ status: 200 }),
    onCallback: ({ name: callback, arguments: values, result }) => seen.push([callback, values, result]),
  });
  const head = { method: "GET", path: "/", authority: "example.com", headers: [] };
  seen.push((await host.send(head)).headers.filter(([header]) => header !== "date"));
  await host.reset();
  seen.push((await host.send(head)).headers.filter(([header]) => header !== "date"));
  host.close();
  return { seen, coverage: module.instances.coverage() };
}

test.each(["release", "debug"])("statements have run as often as they say, in a %s build", async (target) => {
  const { coverage } = await twoRequests(target);
  const file = coverage?.[source];
  const lines = (await readFile(source, "utf8")).split("\n");
  const expected = lines.flatMap((text, at) => {
    const [, count] = /\/\/ (\d+)$/.exec(text) ?? [];
    return count === undefined ? [] : [[at + 1, Number(count)]];
  });
  // Where one statement holds another on its line, as in `for (...) statement`, the number is that of the inner one.
  const statements = Object.entries(file?.statementMap ?? {}).sort(([, a], [, b]) => a.start.column - b.start.column);
  const counts = new Map(statements.map(([key, { start }]) => [start.line, file?.s[key]]));
  expect(expected.map(([line = 0]) => [line, counts.get(line)])).toEqual(expected);
});

test("functions have run as often as they say", async () => {
  const { coverage } = await twoRequests("release");
  const { fnMap = {}, f = {} } = coverage?.[source] ?? {};
  const counts = Object.entries(fnMap).map(([key, { name }]) => [name, f[key]]);
  expect(counts).toEqual(
    expect.arrayContaining([
      ["onRequestHeaders", 2],
      ["twice", 2],
      ["(anonymous)", 4], // `value * 2`
      ["createHttpContext", 2],
      ["(anonymous)", 6], // a root context in each of the canary, the main thread and the worker, twice
    ]),
  );
});

test("a filter that counts does what it did, and one that was built without does not count", async () => {
  const plain = await twoRequests("plain");
  expect(plain.coverage).toBeNull();
  expect((await twoRequests("release")).seen).toEqual(plain.seen);
  expect((await twoRequests("debug")).seen).toEqual(plain.seen);
});
