/** What a filter reaches beyond its own stream, on the embedded host: callouts, shared data, queues, metrics. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type CalloutReply,
  type CalloutRequest,
  type Cluster,
  Host,
  loadModule,
  requestHeaders,
} from "@proxy-wasm-kit/host";
import { hostEngine, type RunningProxy } from "@proxy-wasm-kit/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compileBytes } from "./compile.ts";

let folder: string;
let bytes: Uint8Array<ArrayBuffer>;
let proxy: RunningProxy;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sdk-"));
  const wasm = join(folder, "services.wasm");
  bytes = await compileBytes("sdk/test/assembly/services.ts");
  await writeFile(wasm, bytes);
  proxy = await hostEngine.start({ filters: [{ name: "services", wasm }] });
});

afterAll(async () => {
  await proxy.close();
  await rm(folder, { recursive: true });
});

const messages = (logs: readonly { message: string }[]) => logs.map(({ message }) => message);
const logged = async (path: string) => messages((await proxy.send({ path })).logs);

test("shared data is read, written, and not overwritten when somebody else was faster", async () => {
  expect(await logged("/shared")).toEqual(["0 1 8 true"]);
  expect(await logged("/shared")).toEqual(["0 11 8 true"]);
});

test("an update of a key that nobody has set loses to whoever sets it meanwhile, and is made again", async () => {
  expect(await logged("/race")).toEqual(["0 first second"]);
});

test("gauges and histograms count", async () => {
  expect(await logged("/metrics")).toEqual(["4"]);
  expect(await proxy.metrics()).toMatchObject({ probe_gauge: 4 });
});

test("labels are part of a metric's name, and a family keeps to its limit", async () => {
  await logged("/metrics");
  const metrics = await proxy.metrics();
  expect(Object.keys(metrics).filter((name) => name.endsWith("probe_family"))).toEqual([
    "method=.=GET;.;code=.=200;.;probe_family",
    "method=.=a_._b=.=c;.;code=.=200;.;probe_family",
    "method=.=other;.;code=.=other;.;probe_family",
  ]);
});

test("a header map is replaced whole, unless the host would clear it", async () => {
  const { upstream, logs } = await proxy.send({ path: "/replace", headers: [["x-b", "2"]] });
  expect(upstream).toMatchObject({ method: "PUT", path: "/new", authority: "new" });
  expect(upstream?.headers.filter(([name]) => /^x-[ab]$/.test(name))).toEqual([["x-a", "1"]]);
  expect(messages(logs)).toEqual(["2 0", "68 0"]);
});

test("properties have their types, and another width is absence", async () => {
  const [first, second] = await logged("/types");
  expect(first).toMatch(/^\d+ -1$/);
  expect(second).toBe("false true");
});

test("random bytes fill buffers of any size", async () => {
  expect(await logged("/random")).toEqual(["true true"]);
});

test("a stream is closed without an answer", async () => {
  expect(await proxy.send({ path: "/close" })).toMatchObject({ outcome: "reset", upstream: null });
});

/** A host whose filter may call the cluster "auth". */
async function startHost(reply: Cluster) {
  const logs: string[] = [];
  const host = await Host.start({
    plugins: [{ name: "services", module: await loadModule(bytes) }],
    clusters: { auth: reply },
    upstream: async () => ({ status: 200 }),
    onLog: ({ message }) => logs.push(message),
  });
  const get = (path: string) => host.send({ method: "GET", path, authority: "a", headers: [] });
  return { host, get, logs };
}

test("a queue's item reaches the root context that registered it, and then the queue is empty", async () => {
  const { host, get, logs } = await startHost(async () => ({ status: 200 }));
  await get("/queue");
  // Items are delivered when the callback that put them there has returned.
  await expect.poll(() => logs).toEqual(["ready true é true"]);
  host.close();
});

describe("a callout", () => {
  test("to a cluster that is not there is not sent", async () => {
    expect(await logged("/call-nobody")).toEqual(["not sent: 2"]);
  });

  test("lets the stream go on with what was answered", async () => {
    const calls: CalloutRequest[] = [];
    const { host, get, logs } = await startHost(async (request) => {
      calls.push(request);
      return { status: 200, body: "ann" };
    });
    const { status, upstream } = await get("/call");
    expect([status, logs]).toEqual([200, ["answer false 200 ann"]]);
    expect(upstream?.headers).toContainEqual(["x-user", "ann"]);
    expect(calls).toHaveLength(1);
    host.close();
  });

  test("answers the stream in place of upstream", async () => {
    const { host, get, logs } = await startHost(async () => ({ status: 401, body: "no" }));
    expect(await get("/call")).toMatchObject({ status: 403, details: "services:refused", upstream: null });
    expect(logs).toEqual(["answer false 401 no"]);
    host.close();
  });

  test("that cannot connect is answered with 503", async () => {
    const { host, get, logs } = await startHost(() => Promise.reject(new Error("refused")));
    expect(await get("/call")).toMatchObject({ status: 403 });
    expect(logs).toEqual([expect.stringMatching(/^answer false 503/)]);
    host.close();
  });

  test("whose stream is gone calls nothing", async () => {
    let answer = (_reply: CalloutReply) => {};
    const { host, logs } = await startHost(() => new Promise((resolve) => (answer = resolve)));
    const stream = await host.openStream("http1");
    stream.requestHeaders(requestHeaders({ method: "GET", path: "/call", authority: "a", headers: [] }), true);
    stream.reset();
    await stream.finished;
    answer({ status: 200 });
    await expect
      .poll(async () => (await host.send({ method: "GET", path: "/", authority: "a", headers: [] })).status)
      .toBe(200);
    expect(logs).toEqual([]);
    host.close();
  });
});
