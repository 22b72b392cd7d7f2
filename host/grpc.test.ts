import { describe, expect, test } from "vitest";
import { ManualClock } from "./clock.ts";
import { EnvoyCrash, type GrpcCluster, type GrpcReply, type GrpcRequest } from "./index.ts";
import { head, stage } from "./test/puppet.ts";

const turn = () => new Promise((resolve) => setTimeout(resolve));
const decoder = new TextDecoder();

/** What the puppet logs from its request on, with "grpc" being a service. */
async function run(script: string, grpc: GrpcCluster, clock = new ManualClock()) {
  const { host, logs } = await stage(script, { clock, grpcClusters: { grpc } });
  await host.send(head());
  for (let i = 0; i < 5; i++) await turn();
  return { host, logs };
}

describe("a gRPC call", () => {
  const call = "request_headers grpc-call grpc 300 ask\ngrpc_receive body 5\ngrpc_receive status\ngrpc_close status";

  test("gives the service its message and the filter the reply, nothing else", async () => {
    const requests: GrpcRequest[] = [];
    const asked: string[] = [];
    const { logs } = await run(call, async (request) => {
      requests.push(request);
      for await (const message of request.messages) asked.push(decoder.decode(message));
      return { metadata: [["x-init", "i"]], messages: ["hello", "again"], trailers: [["x-trail", "t"]] };
    });
    expect(requests).toMatchObject([{ service: "puppet.Service", method: "Method", metadata: [["x-meta", "data"]] }]);
    expect(asked).toEqual(["ask"]);
    expect(logs()).toEqual([
      "request_headers grpc-call 0 5",
      "grpc 5 received: 5 bytes",
      "grpc_receive body 0 again",
      "grpc_receive status 0 0 ",
    ]);
  });

  test.each<[string, GrpcReply, string]>([
    ["an error", { status: 5, message: "not föund 100%" }, "5 not f%C3%B6und 100%25{via_upstream}"],
    ["an error behind a message", { messages: ["x"], status: 7 }, "7 via_upstream"],
    ["no message", { messages: [] }, "13 "],
  ])("that ends with %s is closed", async (_name, reply, status) => {
    const { logs } = await run(call, () => reply);
    expect(logs().slice(1)).toEqual([`grpc 5 closed: ${parseInt(status, 10)}`, `grpc_close status 0 ${status}`]);
  });

  test("that takes too long is closed with UNAVAILABLE", async () => {
    const clock = new ManualClock();
    const { logs } = await run(call, () => new Promise(() => {}), clock);
    clock.advance(300);
    expect(logs().slice(1)).toEqual([
      "grpc 5 closed: 14",
      "grpc_close status 0 14 upstream request timeout{response_timeout}",
    ]);
  });

  test("that takes too long after its first message is closed with INTERNAL", async () => {
    const clock = new ManualClock();
    const endless = async function* () {
      yield "one";
      await new Promise(() => {});
    };
    const { logs } = await run(call, () => ({ messages: endless() }), clock);
    clock.advance(300);
    expect(logs().slice(1)).toEqual(["grpc 5 closed: 13", "grpc_close status 0 13 response_timeout"]);
  });

  test("that cannot connect is closed with UNAVAILABLE", async () => {
    const { logs } = await run(call, () => Promise.reject(new Error("refused")));
    expect(logs()[2]).toMatch(/^grpc_close status 0 14 upstream connect error .*\{upstream_reset_before_response_/);
  });

  test("to an unknown cluster is refused, and closed nevertheless", async () => {
    const { logs } = await run(
      "request_headers grpc-call nobody 0 ask\nrequest_headers grpc-call =nobody 0 ask\n" +
        "request_headers grpc-call =grpc 0 ask\ngrpc_close status",
      () => ({ messages: ["hello"] }),
    );
    expect(logs()).toEqual([
      "request_headers grpc-call 10 0",
      "request_headers grpc-call 4 0",
      "request_headers grpc-call 0 9",
      "grpc 5 closed: 14",
      "grpc_close status 0 14 Cluster not available",
      "grpc 9 received: 5 bytes",
    ]);
  });

  test("whose service is bytes of another message ends Envoy", async () => {
    const { host } = await stage("request_headers grpc-call =empty 0 ask");
    await expect(host.send(head())).rejects.toThrow(EnvoyCrash);
  });

  test("can be cancelled once, also in its own callback", async () => {
    const cancelled = await run("request_headers grpc-call grpc 0 ask\nlog grpc-cancel 5\nlog grpc-cancel 5", () => ({
      messages: ["hello"],
    }));
    expect(cancelled.logs()).toEqual(["request_headers grpc-call 0 5", "log grpc-cancel 0", "log grpc-cancel 1"]);
    const ended = await run(
      "request_headers grpc-call grpc 0 ask\ngrpc_receive grpc-close 5\ngrpc_receive grpc-close 5",
      () => ({ messages: ["hello"] }),
    );
    expect(ended.logs().slice(2)).toEqual(["grpc_receive grpc-close 0", "grpc_receive grpc-close 1"]);
  });
});

describe("a gRPC stream", () => {
  const open = "request_headers grpc-stream grpc\nrequest_headers grpc-send 6 0 start\n";
  const echo: GrpcCluster = ({ messages }) => ({ metadata: [["x-init", "i"]], messages });

  test("shows metadata, messages, trailing metadata and the end, each map in its own callback", async () => {
    const { logs } = await run(
      `${open}grpc_begin headers 4\ngrpc_begin headers 5\ngrpc_receive body 5\ngrpc_receive grpc-send 6 1 finish\n` +
        "grpc_end headers 4\ngrpc_end headers 5\ngrpc_close status\ngrpc_close grpc-send 6 0 late\n" +
        "grpc_close grpc-close 6\ngrpc_close grpc-send 6 0 later",
      ({ messages }) => ({ metadata: [["x-init", "i"]], messages, trailers: [["x-trail", "t"]] }),
    );
    expect(logs()).toEqual([
      "request_headers grpc-stream 0 6",
      "request_headers grpc-send 0",
      "grpc 6 begins: 3 headers",
      "grpc_begin headers :status=200 content-type=application/grpc x-init=i",
      "grpc_begin headers none",
      "grpc 6 received: 5 bytes",
      "grpc_receive body 0 start",
      "grpc_receive grpc-send 0",
      "grpc 6 received: 6 bytes",
      "grpc_receive body 0 finish",
      "grpc_receive grpc-send 0",
      "grpc 6 ends: 2 trailers",
      "grpc_end headers none",
      "grpc_end headers grpc-status=0 x-trail=t",
      "grpc 6 closed: 0",
      "grpc_close status 0 0 via_upstream",
      "grpc_close grpc-send 0",
      "grpc_close grpc-close 0",
      "grpc_close grpc-send 1",
    ]);
  });

  test("shows an error without messages as headers alone", async () => {
    const { logs } = await run(`${open}grpc_end headers 5`, () => ({ status: 7, message: "nope" }));
    expect(logs().slice(2)).toEqual([
      "grpc 6 begins: 0 headers",
      "grpc 6 ends: 4 trailers",
      "grpc_end headers :status=200 content-type=application/grpc grpc-status=7 grpc-message=nope",
      "grpc 6 closed: 7",
    ]);
  });

  test.each(["begin", "receive", "end"])("says nothing more when it is cancelled in grpc_%s", async (callback) => {
    const { logs } = await run(`${open}grpc_${callback} grpc-cancel 6\ngrpc_${callback} grpc-send 6 0 x`, () => ({
      messages: ["one"],
    }));
    expect(logs().slice(-2)).toEqual([`grpc_${callback} grpc-cancel 0`, `grpc_${callback} grpc-send 1`]);
  });

  test("can be closed on the filter's side and goes on on the other", async () => {
    const { logs } = await run(
      `${open}request_headers grpc-close 6\nrequest_headers grpc-send 6 0 x\ngrpc_close grpc-cancel 6`,
      echo,
    );
    expect(logs().slice(2)).toEqual([
      "request_headers grpc-close 0",
      "request_headers grpc-send 0",
      "grpc 6 begins: 3 headers",
      "grpc 6 received: 5 bytes",
      "grpc 6 ends: 1 trailers",
      "grpc 6 closed: 0",
      "grpc_close grpc-cancel 0",
    ]);
  });

  test("that is reset ends with INTERNAL", async () => {
    const { logs } = await run(`${open}grpc_close status`, () => ({
      messages: (function* () {
        yield "one";
        throw new Error("reset");
      })(),
    }));
    expect(logs().slice(4)).toEqual([
      "grpc 6 ends: 0 trailers",
      "grpc 6 closed: 13",
      "grpc_close status 0 13 upstream_reset_after_response_started{remote_reset}",
    ]);
  });

  test("takes its own kind of token", async () => {
    const { logs } = await run(
      "request_headers grpc-send 5 0 x\nrequest_headers grpc-send 6 0 x\nrequest_headers grpc-close 4\nrequest_headers grpc-cancel 5",
      echo,
    );
    expect(logs().map((line) => line.at(-1))).toEqual(["2", "1", "2", "1"]);
  });
});
