import { describe, expect, test } from "vitest";
import { ManualClock } from "./clock.ts";
import { head, stage } from "./test/puppet.ts";
import { PluginRefused } from "./thread.ts";

const turn = () => new Promise((resolve) => setTimeout(resolve));

describe("starting", () => {
  test("configures in a canary, on the main thread and on the worker", async () => {
    const { logs } = await stage("configure say hello");
    expect(logs()).toEqual(Array(3).fill("configure say hello"));
  });

  test("a plugin that refuses its configuration, or traps in it, is refused whatever the failure policy", async () => {
    await expect(stage("configure return 1")).rejects.toThrow(PluginRefused);
    await expect(stage([{ script: "configure trap", failurePolicy: "FAIL_OPEN" }])).rejects.toThrow(
      "Function: proxy_on_configure failed: Uncaught RuntimeError: unreachable",
    );
  });

  test("plugins of one VM id share a VM: the second root context gets the next id", async () => {
    const { host, callbacks } = await stage([
      { script: "", vmId: "one" },
      { script: "", vmId: "one" },
    ]);
    await host.send(head());
    expect(callbacks().filter((call) => call.startsWith("context_create"))).toEqual([
      "context_create(3,1)",
      "context_create(4,2)",
    ]);
  });
});

describe("a trap", () => {
  test.each(["request_headers", "request_body", "response_headers"])("in %s answers 503", async (callback) => {
    const { host, hostLogs, callbacks } = await stage(`${callback} trap`);
    const result = await host.send(head("POST"), "hello");
    expect(result).toMatchObject({
      outcome: "local",
      status: 503,
      details: "wasm_fail_stream",
      body: new Uint8Array(),
    });
    expect(hostLogs).toEqual([`Function: proxy_on_${callback} failed: Uncaught RuntimeError: unreachable`]);
    expect(callbacks().at(-1)).toMatch(callback);
  });

  test("in response_body, with headers out, resets the stream", async () => {
    const { host } = await stage("response_body trap");
    expect(await host.send(head())).toMatchObject({ outcome: "reset", details: "wasm_fail_stream" });
  });

  test("in log leaves the response alone", async () => {
    const { host } = await stage("log trap");
    expect(await host.send(head())).toMatchObject({ outcome: "forwarded", status: 200 });
  });

  test("lets later requests fail, pass, or have a new VM, as the failure policy says", async () => {
    const later = async (failurePolicy: "FAIL_CLOSED" | "FAIL_OPEN" | "FAIL_RELOAD", waitMs: number) => {
      const clock = new ManualClock();
      const { host } = await stage([{ script: "request_headers trap", failurePolicy }], { clock });
      await host.send(head());
      clock.advance(waitMs);
      const { outcome, details } = await host.send(head());
      return [outcome, details];
    };
    expect(await later("FAIL_CLOSED", 5000)).toEqual(["local", "wasm_fail_stream"]);
    expect(await later("FAIL_OPEN", 0)).toEqual(["forwarded", "via_upstream"]);
    expect(await later("FAIL_RELOAD", 0)).toEqual(["local", "wasm_fail_stream"]);
  });
});

describe("ticks", () => {
  test("come one period after another until the period is 0", async () => {
    const clock = new ManualClock();
    const { logs } = await stage("configure tick 100\ntick say now", { clock });
    logs();
    clock.advance(99);
    expect(logs()).toEqual([]);
    clock.advance(101);
    expect(logs()).toEqual(Array(4).fill("tick say now")); // twice, on the main thread and on the worker
  });
});

test("a singleton service runs once, on the main thread, until the host is closed", async () => {
  const clock = new ManualClock();
  const { host, logs } = await stage("configure tick 100\ntick say now\ndone say done", { clock }, "services");
  expect(logs()).toEqual(Array(2).fill("configure tick 0")); // in the canary too
  clock.advance(250);
  host.close();
  expect(logs()).toEqual(["tick say now", "tick say now", "done say done"]);
});

describe("HTTP callouts", () => {
  const script =
    "request_headers call auth 100\nrequest_headers return 1\nhttp_call_response headers 6\n" +
    "http_call_response body 4\nhttp_call_response effective\nhttp_call_response continue 0";

  test("bring the cluster's response to the root context", async () => {
    const { host, logs } = await stage(script, {
      clock: new ManualClock(),
      clusters: { auth: async ({ authority }) => ({ status: 200, body: `hello ${authority}` }) },
    });
    expect((await host.send(head())).outcome).toBe("forwarded");
    expect(logs()).toEqual([
      "request_headers call 0 4",
      "call 4 ended: 2 headers, 10 bytes",
      "http_call_response headers :status=200 x-envoy-upstream-service-time=0",
      "http_call_response body 0 hello auth",
      "http_call_response effective 0",
      "http_call_response continue 0",
    ]);
  });

  test("replace the time another Envoy has measured, in its place", async () => {
    const headers = [
      ["x-envoy-upstream-service-time", "7"],
      ["x-behind", "1"],
    ] as const;
    const { host, logs } = await stage(script, {
      clock: new ManualClock(),
      clusters: { auth: async () => ({ status: 200, headers }) },
    });
    await host.send(head());
    expect(logs()).toContain("http_call_response headers :status=200 x-envoy-upstream-service-time=0 x-behind=1");
  });

  test.each(["HEAD", "GET"])("bring no body where HTTP/1 has none: %s", async (method) => {
    const { host, logs } = await stage(script.replace("100", `100 ${method}`), {
      clusters: { auth: async () => ({ status: method === "HEAD" ? 200 : 304, body: "unread" }) },
    });
    await host.send(head());
    expect(logs()).toContain("call 4 ended: 2 headers, 0 bytes");
  });

  test("tell the cluster when the body that was announced never comes", async () => {
    const seen: boolean[] = [];
    const call = (words: string) => `request_headers call auth 0 POST ${words}`;
    const { host } = await stage([call("- content-length=5"), call("hello content-length=9"), call("-")].join("\n"), {
      clusters: { auth: async ({ complete }) => ({ status: seen.push(complete) }) },
    });
    await host.send(head());
    expect(seen).toEqual([false, true, true]);
  });

  test("that take too long end with 504", async () => {
    const clock = new ManualClock();
    const { host, logs } = await stage(script, { clock, clusters: { auth: () => new Promise(() => {}) } });
    const answer = host.send(head());
    await turn();
    clock.advance(100);
    await answer;
    expect(logs()).toContain("http_call_response body 0 upstream request timeout");
  });

  test("to an unknown cluster are refused", async () => {
    const { host, logs } = await stage("request_headers call nobody");
    await host.send(head());
    expect(logs()).toEqual(["request_headers call 2 0"]);
  });
});
