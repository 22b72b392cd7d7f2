/** `pwk dev`: what is changed is served, what does not work is told, and nothing in flight is lost. */
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { isMissing } from "../../envoy/test/real-envoy.ts";
import { run } from "../test/pwk.ts";
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
  return command;
}

async function serving(command: Running) {
  const url = String((await command.next(is("serving"))).url);
  const greeting = async () => (await fetch(url)).headers.get("x-probe");
  return { url, greeting };
}

test("sources are built and served anew; what does not compile is told, and leaves what was there", async () => {
  await write("assembly/index.ts", "nonsense");
  const command = await dev("host", "--config", "config.txt");
  expect((await command.next(is("failed"))).message).toContain("assembly/index.ts:1:1");

  await write("assembly/index.ts", probe("first"));
  const { greeting } = await serving(command);
  expect(await greeting()).toBe("first hello");

  await write("assembly/index.ts", `${probe("wrong")}\nconst wrong: i32 = "text";\n`);
  const line = probe("wrong").split("\n").length + 1;
  const { message } = await command.next(is("failed"));
  expect(message).toMatch(/Type '.*String' is not assignable to type 'i32'/);
  expect(message).toContain(`assembly/index.ts:${line}:20`);
  expect(await greeting()).toBe("first hello");

  await write("assembly/index.ts", probe("second"));
  const built = await command.next(is("reloaded"));
  expect(built).toMatchObject({ changed: [join("assembly", "index.ts")], ms: expect.any(Number) });
  expect(built.buildMs).toBeGreaterThan(0);
  expect(await greeting()).toBe("second hello");
});

describe.each(["host", "envoy"])("on %s", (engine) => {
  const upstream = createServer();
  afterEach(() => upstream.close());

  const title =
    "a configuration is served without a build, a bad one leaves what was there, and nothing in flight is lost";
  test.skipIf(engine === "envoy" && isMissing)(title, async () => {
    let answer: () => void = () => {};
    const arrived = new Promise<void>((arrive) => {
      upstream.on("request", (request, response) => {
        if (request.url !== "/slow") return response.end();
        answer = () => response.end("done");
        return arrive();
      });
    });
    await new Promise<void>((done) => upstream.listen(0, "127.0.0.1", done));
    const to = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
    const command = await dev(engine, "--config", "config.txt", "--upstream", to);
    const { url, greeting } = await serving(command);
    const slow = fetch(`${url}/slow`);
    await arrived;

    await write("config.txt", "--- other");
    expect(await command.next(is("reloaded"))).toMatchObject({ changed: ["config.txt"], buildMs: 0 });
    expect(await greeting()).toBe("first other");

    await write("config.txt", "--- bad");
    expect((await command.next(is("failed"))).message).toContain("probe: this configuration is bad");
    expect(await greeting()).toBe("first other");

    answer();
    const response = await slow;
    expect([await response.text(), response.headers.get("x-probe")]).toEqual(["done", "first hello"]);
    expect(await command.next(isRequest("/slow"))).toMatchObject({ status: 200, details: "via_upstream" });
    const children = await childrenOf(command.pid);
    expect((await command.stop()).code).toBe(0);
    for (const child of children) expect(() => process.kill(child, 0)).toThrow("ESRCH");
  });
});

test("the filters of a pwk.yaml are served with their configurations, however often these change", async () => {
  await write("filter.yaml", "name: probe\n");
  const file = (word: string) =>
    `name: shop\nfilters:\n- filter: .\n  configuration: ${word}\nenvironments:\n  prod: {}\n`;
  await write("pwk.yaml", file("shared"));
  const command = await dev("host");
  const { url, greeting } = await serving(command);
  expect(await greeting()).toBe("first shared");
  await write("pwk.yaml", file("[]]"));
  expect((await command.next(is("failed"))).message).toContain("pwk.yaml, line 4");

  // Each has a connection that keeps its filters from being closed.
  const open = [];
  for (let i = 0; i < 12; i++) {
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    await once(socket, "connect");
    open.push(socket);
    await write("pwk.yaml", file(`changed-${i}`));
    await command.next(is("reloaded"));
  }
  expect(await greeting()).toBe("first changed-11");
  for (const socket of open) socket.destroy();
  expect((await command.stop()).output).not.toContain("Warning");
});

test("where there is no filter, it says so", async () => {
  await rm(join(project, "assembly"), { recursive: true });
  const command = start(["dev", "--port", "0"], { cwd: project });
  await expect(command.next(() => false)).rejects.toThrow("found no assembly/index.ts");
  expect((await command.stop()).code).toBe(1);
});

test("what fails before anything is served ends it", async () => {
  const nowhere = await run(["dev", project, "--engine", "host", "--port", "0"], {
    env: { TMPDIR: "/no/such/folder" },
  });
  expect([nowhere.code, nowhere.stderr]).toEqual([1, expect.stringContaining("no folder for what is built")]);
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const { port } = other.address() as AddressInfo;
  const taken = await run(["dev", project, "--engine", "host", "--port", String(port)]);
  expect([taken.code, taken.stderr]).toEqual([1, expect.stringContaining("is in use")]);
  other.close();
});
