/** `pwk serve`, on both engines, as its users see it. */
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { isMissing } from "../../envoy/test/real-envoy.ts";
import { compile } from "../../test/compile.ts";
import { pwk } from "../test/pwk.ts";
import { childrenOf, type Event, type Running, start } from "../test/running.ts";
import { probe } from "../test/serve-probe.ts";

let folder: string;
let wasm: string;
let upstream: Server;
let to: string;
beforeAll(async () => {
  folder = await mkdtemp(join("dist", "pwk-serve-"));
  wasm = join(folder, "dist", "probe.wasm");
  await writeFile(join(folder, "index.ts"), probe("first"));
  await compile(join(folder, "index.ts"), wasm);
  upstream = createServer((request, response) => {
    response.setHeader("x-upstream", "yes");
    if (request.url === "/piped") request.pipe(response);
    else if (request.url === "/events") {
      // Never ends by itself.
      response.write("one\n");
      request.on("close", () => response.end());
    } else request.on("data", () => {}).on("end", () => response.end(`${request.method} ${request.url}`));
  });
  await new Promise<void>((resolve) => upstream.listen(0, "localhost", resolve));
  to = `http://localhost:${(upstream.address() as AddressInfo).port}`;
});
afterAll(async () => {
  upstream.close();
  upstream.closeAllConnections();
  await rm(folder, { recursive: true });
});

const isRequest = (path: string) => (event: Event) => event.event === "request" && event.path === path;
const isServing = ({ event }: Event) => event === "serving";

describe.each(["host", "envoy"])("on %s", (engine) => {
  const running: Running[] = [];
  afterEach(async () => {
    for (const each of running.splice(0)) await each.stop();
  });

  async function serve(...args: string[]) {
    const command = start(["serve", "--engine", engine, "--port", "0", ...args]);
    running.push(command);
    const { url, ...serving } = await command.next(isServing);
    return { command, serving, url: String(url) };
  }
  const runs = test.skipIf(engine === "envoy" && isMissing);

  runs("requests go through the filter to upstream, and are told", async () => {
    const { command, url, serving } = await serve(wasm, "--config", '{"a": 1}', "--upstream", to);
    expect(serving).toEqual({
      event: "serving",
      engine: expect.stringContaining(engine),
      filters: ["probe"],
      upstream: to,
    });
    const response = await fetch(`${url}/a?b=1`, { method: "POST", body: "hello" });
    expect([response.status, await response.text()]).toEqual([200, "POST /a?b=1"]);
    expect([response.headers.get("x-probe"), response.headers.get("x-upstream")]).toEqual(['first {"a": 1}', "yes"]);
    expect(await command.next(isRequest("/a?b=1"))).toEqual({
      ...{ event: "request", method: "POST", path: "/a?b=1", authority: new URL(url).host },
      ...{ status: 200, outcome: "forwarded", details: "via_upstream", ms: expect.any(Number) },
      logs: [
        { level: "info", message: "probe: /a?b=1" },
        { level: "info", message: "probe: the body is there" },
      ],
      failures: [],
    });
  });

  runs("a local response has the filter's details, a trap its words", async () => {
    const { command, url } = await serve(wasm, "--upstream", to);
    const denied = await fetch(`${url}/deny`);
    expect([denied.status, await denied.text()]).toEqual([403, "no\n"]);
    expect(await command.next(isRequest("/deny"))).toMatchObject({
      ...{ status: 403, outcome: "local", details: "probe:denied" },
      logs: [{ message: "probe: /deny" }, { level: "warn", message: "probe: denied" }],
    });
    expect((await fetch(`${url}/trap`)).status).toBe(503);
    const { failures } = await command.next(isRequest("/trap"));
    expect(failures).toEqual([expect.stringContaining("proxy_on_request_headers failed")]);
  });

  runs("lines of requests that run at the same time stand with their own", async () => {
    const { command, url } = await serve(wasm, "--upstream", to);
    const paths = Array.from({ length: 20 }, (_, i) => `/${i}`);
    await Promise.all(paths.map(async (path) => (await fetch(url + path)).text()));
    for (const path of paths)
      expect((await command.next(isRequest(path))).logs).toEqual([{ level: "info", message: `probe: ${path}` }]);
  });

  runs("bodies come back as they were", async () => {
    const { url } = await serve(wasm, "--upstream", to);
    const body = Buffer.alloc(3_000_000, "0123456789");
    const response = await fetch(`${url}/piped`, { method: "POST", body });
    expect(Buffer.from(await response.arrayBuffer()).equals(body)).toBe(true);
  });

  runs("a body of any size comes through Envoy, and of at most 16 MiB through the host", async () => {
    const { command, url } = await serve(wasm, "--upstream", to);
    const response = await fetch(`${url}/large`, { method: "POST", body: Buffer.alloc(17 * 1024 * 1024) });
    expect([response.status, await response.text()]).toEqual(
      engine === "envoy" ? [200, "POST /large"] : [413, expect.stringContaining("at most 16777216 bytes")],
    );
    expect(await command.next(isRequest("/large"))).toMatchObject({ status: response.status });
  });

  runs("without an upstream it answers with what it receives; several filters go one after the other", async () => {
    const { url, serving } = await serve("--filter", `module=${wasm}`, "--filter", `module=${wasm},env=A=1`);
    expect(serving.filters).toEqual(["probe", "probe-2"]);
    const response = await fetch(`${url}/a`, { method: "PUT", body: "hello" });
    expect(await response.json()).toMatchObject({ method: "PUT", path: "/a", bodyBytes: 5 });
  });

  runs("an upstream that is not there is a 503", async () => {
    const gone = createServer();
    await new Promise<void>((resolve) => gone.listen(0, "127.0.0.1", resolve));
    const { port } = gone.address() as AddressInfo;
    await new Promise((resolve) => gone.close(resolve));
    const { command, url } = await serve(wasm, "--upstream", `http://localhost:${port}`);
    expect((await fetch(url)).status).toBe(503);
    expect(await command.next(isRequest("/"))).toMatchObject({ status: 503, outcome: "local" });
  });

  runs("Ctrl-C ends everything, with a request in flight, too", async () => {
    const { command, url } = await serve(wasm, "--upstream", to);
    const arrived = new Promise((resolve) => upstream.once("request", resolve));
    const inFlight = fetch(`${url}/events`).then(
      (response) => response.text(),
      (error: unknown) => error,
    );
    await arrived;
    const children = await childrenOf(command.pid);
    expect(children).toHaveLength(engine === "envoy" ? 1 : 0);
    expect((await command.stop("SIGINT")).code).toBe(0);
    for (const child of children) expect(() => process.kill(child, 0)).toThrow("ESRCH");
    await inFlight;
    await expect(fetch(url)).rejects.toThrow();
  });

  runs("what is refused is told, with exit code 1", async () => {
    const refused = await pwk("serve", wasm, "--engine", engine, "--port", "0", "--config", "--- bad");
    expect([refused.code, refused.stdout]).toEqual([1, ""]);
    expect(refused.stderr).toMatch(/^pwk: .* does not take the filters:\n {2}probe: this configuration is bad\n$/);
    const { url } = await serve(wasm);
    const taken = await pwk("serve", wasm, "--engine", engine, "--port", new URL(url).port);
    expect([taken.code, taken.stderr]).toEqual([
      1,
      expect.stringContaining(`${new URL(url).port} of 127.0.0.1 is in use`),
    ]);
  });
});

test("without modules the filters of a pwk.yaml are served, as they were built", async () => {
  const file = join(folder, "pwk.yaml");
  await writeFile(join(folder, "filter.yaml"), "name: probe\n");
  await writeFile(file, "name: shop\nfilters: [{ filter: ., configuration: shared }]\nenvironments: { prod: {} }\n");
  const args = ["serve", "--engine", "host", "--port", "0", "--file", file, "--environment", "prod"];
  const command = start(args);
  const { url } = await command.next(isServing);
  expect((await fetch(String(url))).headers.get("x-probe")).toBe("first shared");
  await command.stop();

  await rename(wasm, `${wasm}.away`);
  const early = await pwk(...args);
  await rename(`${wasm}.away`, wasm);
  expect([early.code, early.stderr]).toEqual([1, expect.stringContaining("probe.wasm cannot be read")]);
});

test.skipIf(isMissing)("an Envoy that ends by itself is an error", async () => {
  const command = start(["serve", wasm, "--engine", "envoy", "--port", "0"]);
  await command.next(isServing);
  for (const child of await childrenOf(command.pid)) process.kill(child, "SIGKILL");
  await expect(command.next(() => false)).rejects.toThrow("was ended by SIGKILL while it served");
  expect((await command.stop()).code).toBe(1);
});

test("a person reads a line for each request, and of the filters what matters", async () => {
  const { Report } = await import("./report.ts");
  const request = {
    ...{
      method: "GET",
      path: "/a",
      authority: "a",
      status: 401,
      outcome: "local" as const,
      details: "key",
      ms: 3,
      failures: [],
    },
    logs: [
      { level: "debug", message: "looked" },
      { level: "warn", message: "no key" },
    ],
  } as const;
  const seen = (verbose: boolean) => {
    let text = "";
    new Report({ output: "text", verbose }, (line) => {
      text += line;
    }).request(request);
    return text;
  };
  expect(seen(false)).toBe("GET /a 401 local (key) 3 ms\n  warn no key\n");
  expect(seen(true)).toBe("GET /a 401 local (key) 3 ms\n  debug looked\n  warn no key\n");
});

test.each([
  [["serve", "--file", "none.yaml"], 1, "none.yaml cannot be read"],
  [["serve", "a.wasm", "b.wasm", "--config", "{}"], 2, "are for one module"],
  [["serve", "--filter", "config=a"], 2, 'expected "module=<file.wasm>"'],
  [["serve", "--filter", "module=a,colour=red"], 2, "found colour"],
  [["serve", "a.wasm", "--upstream", "https://a"], 2, "without TLS"],
  [["serve", "a.wasm", "--port", "70000"], 2, "from 0 to 65535"],
  [["serve", "none.wasm"], 1, "none.wasm cannot be read"],
  [["serve", "package.json"], 1, "expected a WebAssembly module"],
])("pwk %j is refused", async (args, code, words) => {
  expect(await pwk(...args)).toEqual({ code, stdout: "", stderr: expect.stringContaining(words) });
});
