import { describe, expect, test } from "vitest";
import { decode, encode } from "./byte-string.ts";
import { HeaderMap, ManualClock, requestHeaders } from "./index.ts";
import { head, stage } from "./test/puppet.ts";

/** Sends a body in pieces, ended as HTTP/1 ends it, and resolves to the result and what was heard. */
async function post(script: Parameters<typeof stage>[0], pieces: string[], options: Parameters<typeof stage>[1] = {}) {
  const { host, logs, callbacks } = await stage(script, options);
  const stream = await host.openStream("http1");
  stream.requestHeaders(requestHeaders(head("POST")), false);
  for (const piece of pieces) {
    await Promise.resolve();
    stream.requestData(encode(piece), false);
  }
  stream.requestData(new Uint8Array(), true);
  return { ...(await stream.finished), logs: logs(), callbacks: callbacks() };
}

describe("a stream nobody touches", () => {
  test("calls back in the order of Envoy, from context_create to delete", async () => {
    const { callbacks } = await post("", ["hello"]);
    expect(callbacks).toEqual([
      "context_create(2,1)",
      "request_headers(2,5,0)=0",
      "request_body(2,5,0)=0",
      "request_body(2,0,1)=0",
      "response_headers(2,1,0)=0",
      "response_body(2,3,0)=0",
      "response_body(2,0,1)=0",
      "log(2)",
      "done(2)=1",
      "delete(2)",
    ]);
  });

  test("a request without body ends with its headers", async () => {
    const { host, callbacks } = await stage("");
    const result = await host.send(head());
    expect(callbacks()).toContain("request_headers(2,5,1)=0");
    expect(result).toMatchObject({ outcome: "forwarded", details: "via_upstream", status: 200 });
  });

  test("requests pass filters in order, responses in reverse, and all log before any is done", async () => {
    const say = ["request_headers", "response_headers", "log", "done", "delete"];
    const script = (name: string) => ({ script: say.map((callback) => `${callback} say ${name}`).join("\n") });
    const { host, logs } = await stage([script("one"), script("two")]);
    await host.send(head());
    expect(logs()).toEqual([
      "request_headers say one",
      "request_headers say two",
      "response_headers say two",
      "response_headers say one",
      "log say one",
      "log say two",
      "done say one",
      "delete say one",
      "done say two",
      "delete say two",
    ]);
  });
});

describe("bodies", () => {
  test("a held body grows from callback to callback and goes on as one", async () => {
    const { logs, upstream } = await post("request_body return 1\nrequest_body body 0\nrequest_body$ return 0", [
      "he",
      "llo",
    ]);
    expect(logs).toEqual(["request_body body 0 he", "request_body body 0 hello", "request_body body 0 hello"]);
    expect(decode(upstream?.body ?? new Uint8Array())).toBe("hello");
  });

  test("a body held with back-pressure is seen piece by piece and nothing of it is lost", async () => {
    const { logs, upstream } = await post("request_body return 2\nrequest_body body 0\nrequest_body$ return 0", [
      "he",
      "llo",
    ]);
    expect(logs).toEqual(["request_body body 0 he", "request_body body 0 llo", "request_body body 0 "]);
    expect(decode(upstream?.body ?? new Uint8Array())).toBe("hello");
  });

  test("a piece that is neither held nor passed is gone", async () => {
    const { upstream } = await post("request_body return 3\nrequest_body$ return 0", ["he", "llo"]);
    expect(upstream).toMatchObject({ body: new Uint8Array(), complete: true });
  });

  test("headers held with StopIteration can still be changed in the last body callback", async () => {
    const script =
      "request_headers return 1\nrequest_body return 1\nrequest_body$ add 0 x-seen all\nrequest_body$ return 0";
    const { upstream } = await post(script, ["he", "llo"]);
    expect(upstream?.headers).toContainEqual(["x-seen", "all"]);
  });

  test("without allow_on_headers_stop_iteration a request stopped in its headers gets no body callback", async () => {
    const { host, callbacks } = await stage([
      { script: "request_headers return 1", allowOnHeadersStopIteration: false },
    ]);
    const stream = await host.openStream("http1");
    stream.requestHeaders(requestHeaders(head("POST")), false);
    stream.requestData(encode("hello"), true);
    expect(callbacks()).toEqual(["context_create(2,1)", "request_headers(2,5,0)=1"]);
    stream.reset();
    expect((await stream.finished).outcome).toBe("reset");
  });

  test("a request body over the limit is answered 413 through the filter that held it", async () => {
    const result = await post(
      "request_headers return 1\nrequest_body return 1\nresponse_headers headers 2",
      ["hello"],
      {
        bufferLimitBytes: 4,
      },
    );
    expect(result).toMatchObject({
      outcome: "local",
      status: 413,
      details: "request_payload_too_large",
      upstream: null,
    });
    expect(result.logs).toEqual(["response_headers headers :status=413 content-length=17 content-type=text/plain"]);
  });

  test("a response body can be replaced whole", async () => {
    const script =
      "response_headers return 1\nresponse_body return 1\nresponse_body$ replace-body 1 changed\nresponse_body$ return 0";
    expect(decode((await post(script, [])).body)).toBe("changed");
  });
});

describe("trailers", () => {
  test("take the place of end of stream in the body", async () => {
    const { host, callbacks } = await stage("");
    const stream = await host.openStream("http1");
    stream.requestHeaders(requestHeaders(head("POST")), false);
    stream.requestData(encode("hi"), false);
    stream.requestTrailers(new HeaderMap("trailers", [["x-t", "1"]]));
    const { upstream } = await stream.finished;
    expect(callbacks()).toEqual(expect.arrayContaining(["request_body(2,2,0)=0", "request_trailers(2,1)=0"]));
    expect(upstream).toMatchObject({ trailers: [["x-t", "1"]], complete: true });
  });

  test("are made by adding to them in the last body callback, and the next filter gets them", async () => {
    const { upstream, callbacks } = await post([{ script: "request_body$ add 1 x-made 1" }, { script: "" }], ["hi"]);
    expect(upstream?.trailers).toEqual([["x-made", "1"]]);
    expect(callbacks.filter((call) => call.startsWith("request_trailers"))).toEqual(["request_trailers(2,1)=0"]);
  });
});

describe("local responses", () => {
  test("from the headers pass the sender's response callbacks and never reach upstream", async () => {
    const { host, callbacks } = await stage("request_headers respond 401 no");
    const result = await host.send(head());
    expect(result).toMatchObject({ outcome: "local", status: 401, details: "puppet_said_no", upstream: null });
    expect(callbacks()).toEqual([
      "context_create(2,1)",
      "request_headers(2,5,1)=0",
      "response_headers(2,3,0)=0",
      "response_body(2,2,1)=0",
      "log(2)",
      "done(2)=1",
      "delete(2)",
    ]);
  });

  test("leave filters behind the sender with log, done and delete alone", async () => {
    const { host, callbacks } = await stage([{ script: "request_headers respond 401" }, { script: "" }]);
    await host.send(head());
    expect(callbacks().slice(-6)).toEqual([
      "context_create(2,1)",
      "log(2)",
      "done(2)=1",
      "delete(2)",
      "done(2)=1",
      "delete(2)",
    ]);
  });

  test("from the response headers replace the response without another callback", async () => {
    const { host, callbacks } = await stage("response_headers respond 500 broken");
    expect(await host.send(head())).toMatchObject({ outcome: "local", status: 500, details: "puppet_said_no" });
    expect(callbacks().filter((call) => call.startsWith("response"))).toEqual(["response_headers(2,1,0)=0"]);
  });

  test("from the response body, with headers out, reset the stream", async () => {
    const { host } = await stage("response_body respond 500 broken");
    expect(await host.send(head())).toMatchObject({ outcome: "reset", status: 200, body: new Uint8Array() });
  });

  test("the first of two in one callback wins", async () => {
    const { host } = await stage("request_headers respond 401 a\nrequest_headers respond 402 b");
    expect((await host.send(head())).status).toBe(401);
  });

  test("from proxy_on_log end the test, as they end Envoy", async () => {
    const { host } = await stage("log respond 500 late");
    await expect(host.send(head())).rejects.toThrow("ends the Envoy process");
  });
});

describe("paused streams", () => {
  test("resume from a tick through the effective context", async () => {
    const clock = new ManualClock();
    const script = "configure tick 50\nrequest_headers return 1\ntick effective\ntick continue 0\ntick tick 0";
    const { host } = await stage(script, { clock });
    const answer = host.send(head());
    await new Promise((resolve) => setTimeout(resolve));
    clock.advance(50);
    expect((await answer).outcome).toBe("forwarded");
  });

  test("are answered from a tick through the effective context", async () => {
    const clock = new ManualClock();
    const { host } = await stage("configure tick 50\nrequest_headers return 1\ntick effective\ntick respond 418 tea", {
      clock,
    });
    const answer = host.send(head());
    await new Promise((resolve) => setTimeout(resolve));
    clock.advance(50);
    expect(await answer).toMatchObject({ outcome: "local", status: 418 });
  });

  test("end without a response when closed", async () => {
    const { host } = await stage("request_headers close 0\nrequest_headers return 1");
    expect(await host.send(head())).toMatchObject({ outcome: "reset", status: 0, details: "wasm_close_stream" });
  });
});

describe("properties", () => {
  test("of the headers are gone when the headers are", async () => {
    const { logs } = await post("request_headers get request.path\nrequest_body$ get request.path", []);
    expect(logs).toEqual(["request_headers get request.path 0 /", "request_body get request.path 1"]);
  });

  test("that were set are read back by the same name, and built-in ones win", async () => {
    const { host, logs } = await stage(
      "request_headers set mine some value\nrequest_headers get mine\nrequest_headers set plugin_name x\nrequest_headers get plugin_name",
    );
    await host.send(head());
    expect(logs()).toContain("request_headers get mine 0 some value");
    expect(logs()).not.toContain("request_headers get plugin_name 0 x");
  });
});
