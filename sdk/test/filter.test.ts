/** What a filter sees through the SDK, on the embedded host. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigurationRefused, hostEngine, type ProxyOptions, type RunningProxy } from "@proxy-wasm-kit/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compileBytes } from "./compile.ts";

let folder: string;
let wasm: string;
let proxy: RunningProxy;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sdk-"));
  wasm = join(folder, "probe.wasm");
  await writeFile(wasm, await compileBytes("sdk/test/assembly/probe.ts"));
  proxy = await start({ now: new Date("2026-01-02T03:04:05Z") });
});

afterAll(async () => {
  await proxy.close();
  await rm(folder, { recursive: true });
});

const start = (options: Partial<ProxyOptions> = {}, rootId = "probe", configuration: unknown = "settings") =>
  hostEngine.start({
    filters: [{ name: "probe", wasm, rootId, configuration, environment: { PROBE: "p", OTHER: "" } }],
    ...options,
  });

const messages = (logs: readonly { message: string }[]) => logs.map(({ message }) => message);

describe("headers", () => {
  test("are read: the first value, every line, absence apart from emptiness", async () => {
    const { logs } = await proxy.send({
      path: "/get",
      headers: [
        ["x-a", "1"],
        ["x-b", ""],
        ["x-a", "2"],
      ],
    });
    expect(messages(logs)).toEqual([
      '"1" "" null',
      "1|2",
      ":authority=example.com;:path=/get;:method=GET;:scheme=http;x-a=1;x-b=;x-a=2;x-forwarded-proto=http;",
    ]);
  });

  test("longer than the room kept for them are read whole", async () => {
    const long = "v".repeat(5000);
    const { logs } = await proxy.send({ path: "/get", headers: [["x-a", long]] });
    expect(messages(logs)[1]).toBe(long);
    expect(messages((await proxy.send({ path: "/get", headers: [["x-a", "1"]] })).logs)[1]).toBe("1");
  });

  test("are set, added and removed", async () => {
    const { upstream, logs } = await proxy.send({
      path: "/set",
      headers: [
        ["x-a", "0"],
        ["x-b", "1"],
        ["x-c", "2"],
      ],
    });
    expect(messages(logs)).toEqual(["0 0 0 0"]);
    expect(upstream?.headers.filter(([name]) => /^x-[abc]/.test(name))).toEqual([
      ["x-b", "1"],
      ["x-a", "1"],
      ["x-b", Buffer.from("é").toString("latin1")],
    ]);
  });

  test("that would forge another line are refused, and so are maps that are not there", async () => {
    const { upstream, logs } = await proxy.send({ path: "/forge" });
    expect(messages(logs)).toEqual(["2 2 2"]);
    expect(upstream?.headers.map(([name]) => name)).toEqual(["x-forwarded-proto"]);
  });
});

describe("bodies and trailers", () => {
  test("are read in pieces of the room lent for them", async () => {
    const { logs, upstream } = await proxy.send({ method: "POST", path: "/read", body: "x".repeat(40_000) });
    expect(messages(logs)).toEqual(["40000 16384,16384,7232, 3 0"]);
    expect(upstream?.body.length).toBe(40_000);
  });

  test("are replaced, prepended and appended to", async () => {
    const { upstream } = await proxy.send({ method: "POST", path: "/edit", body: ["old", "er"] });
    expect(Buffer.from(upstream?.body ?? []).toString()).toBe("abé");
  });

  test("trailers are read", async () => {
    const { logs } = await proxy.send({ method: "POST", path: "/", body: ["x"], trailers: [["x-t", "1"]] });
    expect(messages(logs)).toEqual(['trailers 1 "1"']);
  });
});

test("a local response has its status, lines, body and details, and no forged line", async () => {
  const exchange = await proxy.send({ path: "/local" });
  expect(exchange).toMatchObject({ outcome: "local", status: 418, details: "probe:no_way", upstream: null });
  expect(exchange.headers).toEqual([
    ["x-a", "1"],
    ["x-a", "2"],
    ["content-length", "2"],
    ["content-type", "text/plain"],
  ]);
  expect(Buffer.from(exchange.body).toString()).toBe("é");
});

test("a local response is refused where it would crash Envoy", async () => {
  const { status, logs } = await proxy.send({ path: "/late" });
  expect(status).toBe(200);
  expect(logs).toEqual([
    {
      level: "critical",
      message: "a local response is refused: it is over or ending, and Envoy would crash",
    },
  ]);
});

test("properties are read and set; absence is null", async () => {
  expect(messages((await proxy.send({ path: "/property" })).logs)).toEqual(['"/property" null', '0 "é" true']);
});

test("configuration, environment and clock are read", async () => {
  const [line = ""] = messages((await proxy.send({ path: "/settings" })).logs);
  expect(line).toMatch(/^settings "p" null \d+$/);
  expect(Number(line.split(" ").at(-1)) - Date.UTC(2026, 0, 2, 3, 4, 5) / 1000).toBeLessThan(60);
});

test("a log line's text is not built when its level is off", async () => {
  const quiet = await start({ logLevel: "info" });
  expect(messages((await quiet.send({ path: "/levels" })).logs)).toEqual(["0", "error"]);
  await quiet.close();
  const verbose = await start({ logLevel: "debug" });
  expect(messages((await verbose.send({ path: "/levels" })).logs)).toEqual(["costly", "1", "1", "error"]);
  await verbose.close();
});

test("a failed assertion says what and where before it traps", async () => {
  const doomed = await start();
  const { logs } = await doomed.send({ path: "/abort" });
  expect(logs).toContainEqual({
    level: "critical",
    message: expect.stringMatching(/^Index out of range at .*\.ts:\d+$/),
  });
  await doomed.close();
});

describe("root contexts", () => {
  test("are chosen by root ID", async () => {
    const other = await start({}, "other");
    await other.close();
  });

  test("with a root ID that nothing serves are refused, naming those that there are", async () => {
    const error: unknown = await start({}, "nobody").catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ConfigurationRefused);
    expect(messages((error as ConfigurationRefused).logs)).toContain(
      'unknown root ID "nobody"; this module has "other" "probe"',
    );
  });

  test("that refuse their configuration are refused", async () => {
    await expect(start({}, "probe", "refuse")).rejects.toBeInstanceOf(ConfigurationRefused);
  });

  test("of one VM keep their own configuration", async () => {
    const both = await hostEngine.start({
      filters: [
        { name: "one", wasm, rootId: "probe", configuration: "first" },
        { name: "two", wasm, rootId: "other", configuration: "second" },
      ],
    });
    for (let i = 0; i < 3; ++i) {
      const lines = messages((await both.send({ path: "/settings" })).logs).map((line) => line.split(" ")[0]);
      expect(lines).toEqual(["first", "second"]);
    }
    await both.close();
  });
});
