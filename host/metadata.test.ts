/** HTTP/2 METADATA through the filters, as on Envoy 1.39.3. */
import { expect, test } from "vitest";
import { encode } from "./byte-string.ts";
import { ManualClock, requestHeaders } from "./index.ts";
import { head, stage } from "./test/puppet.ts";

const upstream = async () => ({ status: 200, body: "ok", metadata: { "x-r": "1" } });

/** Sends `x-a` and `x-b` behind the headers of a request whose body is one piece. */
async function postWithMetadata(script: Parameters<typeof stage>[0], options: Parameters<typeof stage>[1] = {}) {
  const { host, logs, callbacks } = await stage(script, { upstream, ...options });
  const stream = await host.openStream("http2");
  stream.requestHeaders(requestHeaders(head("POST")), false);
  stream.requestMetadata({ "x-a": "1", "x-b": "2" });
  stream.requestData(encode("hello"), true);
  return { stream, logs, callbacks };
}

const ofDirection = (direction: string, callbacks: readonly string[]) =>
  callbacks.filter((call) => call.startsWith(direction));

test("comes behind the headers, with the count of its names", async () => {
  const { stream, callbacks } = await postWithMetadata("");
  await stream.finished;
  expect(callbacks().slice(1, 7)).toEqual([
    "request_headers(2,5,0)=0",
    "request_metadata(2,2)=0",
    "request_body(2,5,1)=0",
    "response_headers(2,1,0)=0",
    "response_metadata(2,1)=0",
    "response_body(2,2,0)=0",
  ]);
});

test("passes filters in order, that of responses in reverse, and holds nobody whatever is returned", async () => {
  const say = "request_metadata return 1\nresponse_metadata return 1";
  const script = (name: string) => ({
    script: `${say}\nrequest_metadata say ${name}\nresponse_metadata say ${name}`,
  });
  const { stream, logs } = await postWithMetadata([script("one"), script("two")]);
  expect((await stream.finished).outcome).toBe("forwarded");
  expect(logs()).toEqual([
    "request_metadata say one",
    "request_metadata say two",
    "response_metadata say two",
    "response_metadata say one",
  ]);
});

test("goes past a filter that holds the headers, and waits before the next until that has them", async () => {
  const { stream, callbacks } = await postWithMetadata([{ script: "request_headers return 1" }, { script: "" }]);
  await stream.finished;
  expect(ofDirection("request", callbacks())).toEqual([
    "request_headers(2,5,0)=1",
    "request_metadata(2,2)=0",
    "request_body(2,5,1)=0",
    "request_headers(2,5,0)=0",
    "request_metadata(2,2)=0",
    "request_body(2,5,1)=0",
  ]);
});

test.each(["request", "response"])("waits before a filter that holds everything of the %s", async (direction) => {
  const clock = new ManualClock();
  const type = direction === "request" ? 0 : 1;
  const script = `configure tick 50\n${direction}_headers return 3\ntick effective\ntick continue ${type}`;
  const { stream, callbacks } = await postWithMetadata(script, { clock });
  await new Promise((resolve) => setTimeout(resolve));
  expect(ofDirection(direction, callbacks())).toHaveLength(1);
  clock.advance(50);
  await stream.finished;
  expect(ofDirection(`${direction}_metadata`, callbacks())).toHaveLength(1);
});

test("may be answered on the way up", async () => {
  const { stream } = await postWithMetadata("request_metadata respond 401 no");
  expect(await stream.finished).toMatchObject({ outcome: "local", status: 401, upstream: null });
});

test.each(["respond 500 late", "close 1", "trap"])(
  "on the way down ends the test on %s, as Envoy ends",
  async (act) => {
    const { stream } = await postWithMetadata(`response_metadata ${act}`);
    await expect(stream.finished).rejects.toThrow("ends the Envoy process");
  },
);
