/** `pwk dev`: what is changed is served, what does not work is told, and nothing in flight is lost. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { isMissing } from "../../envoy/test/real-envoy.ts";
import { childrenOf, type Event, type Running, start } from "../test/running.ts";
import { probe } from "../test/serve-probe.ts";

let project: string;
const running: Running[] = [];
beforeEach(async () => {
  // Inside of the workspace, where the SDK is found.
  await mkdir("dist", { recursive: true });
  project = resolve(await mkdtemp(join("dist", "pwk-dev-")));
  await mkdir(join(project, "assembly"));
  await writeFile(join(project, "asconfig.json"), await readFile("asconfig.json"));
  await writeFile(join(project, "package.json"), '{"name": "probe"}');
  await write("assembly/index.ts", probe("first"));
  await write("config.txt", "--- hello");
});
afterEach(async () => {
  for (const each of running.splice(0)) await each.stop();
  await rm(project, { recursive: true });
});

const write = (path: string, text: string) => writeFile(join(project, path), text);
const is = (kind: string) => (event: Event) => event.event === kind;
const isRequest = (path: string) => (event: Event) => event.event === "request" && event.path === path;

async function dev(engine: string, ...args: string[]) {
  const command = start(["dev", "--engine", engine, "--port", "0", ...args], { cwd: project });
  running.push(command);
  const { url } = await command.next(is("serving"));
  const greeting = async () => (await fetch(String(url))).headers.get("x-probe");
  return { command, url: String(url), greeting };
}

describe.each(["host", "envoy"])("on %s", (engine) => {
  const runs = test.skipIf(engine === "envoy" && isMissing);

  runs("a change of the source or of the configuration is served; mistakes leave what was there", async () => {
    const { command, greeting } = await dev(engine, "--config", "config.txt");
    expect(await greeting()).toBe("first hello");

    await write("assembly/index.ts", probe("second"));
    const built = await command.next(is("reloaded"));
    expect(built).toMatchObject({ changed: [join("assembly", "index.ts")], ms: expect.any(Number) });
    expect(built.buildMs).toBeGreaterThan(0);
    expect(await greeting()).toBe("second hello");

    await write("config.txt", "--- bye");
    expect(await command.next(is("reloaded"))).toMatchObject({ changed: ["config.txt"] });
    expect(await greeting()).toBe("second bye");

    await write("assembly/index.ts", `${probe("third")}\nconst wrong: i32 = "text";\n`);
    const line = probe("third").split("\n").length + 1;
    const { message } = await command.next(is("failed"));
    expect(message).toMatch(/Type '.*String' is not assignable to type 'i32'/);
    expect(message).toContain(`assembly/index.ts:${line}:20`);
    expect(await greeting()).toBe("second bye");

    await write("assembly/index.ts", probe("third"));
    await command.next(is("reloaded"));
    expect(await greeting()).toBe("third bye");

    await write("config.txt", "--- bad");
    expect((await command.next(is("failed"))).message).toContain("probe: this configuration is bad");
    expect(await greeting()).toBe("third bye");
  });

  runs("a request that is in flight is finished by the filter it began with", async () => {
    let answer: () => void = () => {};
    const arrived = new Promise<void>((arrive) => {
      upstream.on("request", (request, response) => {
        if (request.url !== "/slow") return response.end();
        answer = () => response.end("done");
        return arrive();
      });
    });
    const { command, url, greeting } = await dev(engine, "--config", "config.txt", "--upstream", await listen());
    const slow = fetch(`${url}/slow`);
    await arrived;
    await write("config.txt", "--- other");
    await command.next(is("reloaded"));
    expect(await greeting()).toBe("first other");
    answer();
    const response = await slow;
    expect([await response.text(), response.headers.get("x-probe")]).toEqual(["done", "first hello"]);
    expect(await command.next(isRequest("/slow"))).toMatchObject({ status: 200, details: "via_upstream" });
    const children = await childrenOf(command.pid);
    expect((await command.stop()).code).toBe(0);
    for (const child of children) expect(() => process.kill(child, 0)).toThrow("ESRCH");
  });
  const upstream = createServer();
  afterEach(() => {
    upstream.close();
    upstream.removeAllListeners("request");
  });
  const listen = async () => {
    await new Promise<void>((done) => upstream.listen(0, "127.0.0.1", done));
    return `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
  };
});

test("a first build that fails is told, and requests wait for one that works", async () => {
  await write("assembly/index.ts", "nonsense");
  const command = start(["dev", "--engine", "host", "--port", "0"], { cwd: project });
  running.push(command);
  expect((await command.next(is("failed"))).message).toContain("assembly/index.ts:1:1");
  await write("assembly/index.ts", probe("first"));
  const { url } = await command.next(is("serving"));
  expect((await fetch(String(url))).headers.get("x-probe")).toBe("first ");
});

test("the filters of a pwk.yaml are served with their configurations and those of an environment", async () => {
  await write("filter.yaml", "name: probe\n");
  const file = (word: string) =>
    `name: shop\nfilters:\n- filter: .\n  configuration: ${word}\nenvironments:\n  prod: {}\n`;
  await write("pwk.yaml", file("shared"));
  const { command, greeting } = await dev("host");
  expect(await greeting()).toBe("first shared");
  await write("pwk.yaml", file("[]]"));
  expect((await command.next(is("failed"))).message).toContain("pwk.yaml, line 4");
  await write("pwk.yaml", file("changed"));
  await command.next(is("reloaded"));
  expect(await greeting()).toBe("first changed");
  await command.stop();

  const serve = ["serve", "--engine", "host", "--port", "0"];
  const early = start(serve, { cwd: project });
  await expect(early.next(is("serving"))).rejects.toThrow("probe.wasm cannot be read");
  await promisify(execFile)(process.execPath, [resolve("cli/bin/pwk.mjs"), "build"], { cwd: project });
  const served = start(serve, { cwd: project });
  running.push(served);
  const { url } = await served.next(is("serving"));
  expect((await fetch(String(url))).headers.get("x-probe")).toBe("first changed");
});

test("where there is no filter, it says so", async () => {
  await rm(join(project, "assembly"), { recursive: true });
  const command = start(["dev", "--port", "0"], { cwd: project });
  await expect(command.next(() => false)).rejects.toThrow("found no assembly/index.ts");
  expect((await command.stop()).code).toBe(1);
});
