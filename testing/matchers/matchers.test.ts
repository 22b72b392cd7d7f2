/** The matchers through vitest, through the npm package `expect` (which is Jest's), and as functions. */
import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { ManualClock } from "@proxy-wasm-kit/host";
import { expect as jestExpect } from "expect";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { puppetBytes } from "../../host/test/puppet.ts";
import { type StartOptions, startProxy } from "../index.ts";
import { assertions, type FilterMatchers } from "./index.ts";
import "./vitest.ts";

declare module "expect" {
  interface Matchers<R, T> extends FilterMatchers<R, T> {}
}

beforeAll(async () => {
  vi.stubGlobal("expect", jestExpect); // as Jest does
  await import("./jest.ts");
  vi.unstubAllGlobals();
});

async function start(script: string, options: Omit<StartOptions, "filters"> = {}) {
  return startProxy({ filters: { name: "puppet", wasm: await puppetBytes(), configuration: script }, ...options });
}
const post = { method: "POST", body: "hello" } as const;

describe("a request that goes on", () => {
  test("has reached upstream as the filter left it", async () => {
    const proxy = await start("request_headers add 0 x-user alice\nrequest_body replace-body 0 HELLO");
    const response = await proxy.fetch("/", { method: "POST", body: new Blob(["hello"]).stream() });
    for (const subject of [response, proxy.lastExchange, proxy]) {
      expect(subject).toHaveContinued();
      expect(subject).toHaveForwardedHeader("X-User");
      expect(subject).toHaveForwardedHeader("x-user", "alice");
      expect(subject).toHaveForwardedHeader("x-user", /^al/);
      expect(subject).not.toHaveForwardedHeader("x-user", "al");
      expect(subject).toHaveUpstreamBody(/^HELLO/);
      expect(subject).not.toHaveUpstreamBody(new Uint8Array());
      expect(subject).not.toHaveLocalResponse();
      expect(subject).not.toHavePaused();
      expect(subject).not.toHaveTrapped();
    }
  });

  test("may have been held before", async () => {
    const proxy = await start("request_headers return 1");
    const response = await proxy.fetch("/", post);
    expect(response).toHavePaused();
    expect(response).toHavePaused("request");
    expect(response).not.toHavePaused("response");
    expect(response).toHaveContinued();
  });

  test("has not as long as a filter holds it", async () => {
    const stream = await (await start("request_headers return 1")).open();
    await stream.headers([[":method", "POST"]]);
    expect(stream).toHavePaused("request");
    expect(stream).not.toHaveContinued();
    await stream.data("x", true);
    expect(stream).toHaveContinued();
  });
});

test("a local response is known by status and details", async () => {
  const response = await (await start("request_headers respond 403 no")).fetch("/");
  expect(response).toHaveLocalResponse();
  expect(response).toHaveLocalResponse(403, "puppet_said_no");
  expect(response).toHaveLocalResponse(403, /said/);
  expect(response).not.toHaveLocalResponse(401);
  expect(response).not.toHaveLocalResponse(403, "no");
});

test("logs are those of the exchange, or all of the proxy's", async () => {
  const proxy = await start("configure say hi\nrequest_headers say one", { clock: new ManualClock() });
  const response = await proxy.fetch("/");
  expect(response).toHaveLogged("say one", "info");
  expect(response).toHaveLogged(/one$/);
  expect(response).not.toHaveLogged("say one", "error");
  expect(response).not.toHaveLogged("say hi");
  expect(proxy).toHaveLogged("say hi");
});

test("a trap is known by what the proxy says of it", async () => {
  const response = await (await start("request_headers trap")).fetch("/");
  expect(response).toHaveTrapped();
  expect(response).toHaveTrapped(/proxy_on_request_headers.*unreachable/);
  expect(response).not.toHaveTrapped("proxy_on_log");
});

test("metrics are those after the exchange, or the proxy's now", async () => {
  const proxy = await startProxy({
    filters: { wasm: "dist/hmac-auth.wasm", configuration: { signing_key: "k", signature_header: "x-s" } },
  });
  const response = await proxy.fetch("/", post);
  const [name = ""] = Object.keys(await proxy.metrics()).filter((metric) => metric.includes("missing"));
  expect(response).toHaveMetric(name, 1);
  expect(response).not.toHaveMetric("none");
  await proxy.fetch("/", post);
  expect(response).toHaveMetric(name, 1);
  await expect(proxy).toHaveMetric(name, 2);
  await jestExpect(proxy).toHaveMetric(name, 2);
  await assertions.toHaveMetric(proxy, name, 2);
});

describe("what fails", () => {
  const message = [
    "expected a local response 401",
    "found a local response 403 (puppet_said_no)",
    "",
    "a local response 403 (puppet_said_no)",
    "puppet#2 proxy_on_context_create(parent: 1)",
    "puppet#2 proxy_on_request_headers(headers: 5, end: true) → Continue",
    '├─ proxy_send_local_response(status: 403, details: "puppet said no", body: no, headers: {}, grpcStatus: 4294967295) → Ok',
    '└─ proxy_log(level: Info, message: "request_headers respond 0") → Ok',
  ].join("\n");
  const withoutTimes = (act: () => void): string => {
    try {
      act();
    } catch (error) {
      return String(error).replaceAll(/ {2}[\d.]+ µs/g, "");
    }
    return "nothing was thrown";
  };

  test("is told with every call, by vitest, by Jest and by functions", async () => {
    const response = await (await start("request_headers respond 403 no")).fetch("/");
    expect(withoutTimes(() => expect(response).toHaveLocalResponse(401))).toContain(message);
    expect(withoutTimes(() => jestExpect(response).toHaveLocalResponse(401))).toContain(message);
    expect(withoutTimes(() => assertions.toHaveLocalResponse(response, 401))).toContain(message);
  });

  test("is told when it was denied", async () => {
    const response = await (await start("request_headers respond 403 no")).fetch("/");
    expect(() => expect(response).not.toHaveLocalResponse(403)).toThrow("expected not a local response 403\n");
    expect(() => jestExpect(response).not.toHaveLocalResponse()).toThrow("expected not a local response\n");
    expect(() => assertions.not.toHaveLocalResponse(response)).toThrow("expected not a local response\n");
    expect(() => assertions.toHaveContinued(response)).toThrow("expected the request to have gone on to upstream\n");
  });

  test("is told of what is no exchange", () => {
    expect(() => assertions.toHaveContinued(new Response())).toThrow("expected a response of `proxy.fetch`");
    expect(() => expect(1).toHaveContinued()).toThrow(TypeError);
  });
});

test("tests of node:test run with the package as it is published", async () => {
  const child = spawn(process.execPath, ["--test", "testing/test/plain.test.mjs"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const output = await text(child.stdout);
  expect(output).toContain("# pass 2");
  expect(output).toContain("# fail 0");
});
