/** The example grpc-check: an authorization service over gRPC decides, and nothing passes without its yes. */
import type { GrpcCluster } from "@proxy-wasm-kit/testing";
import type { Scenario, SetUp } from "../scenario.ts";

const wasm = "dist/examples/grpc-check.wasm";
const setUp = (grpc: GrpcCluster["grpc"], more: object = {}): SetUp => ({
  filters: [{ name: "grpc-check", wasm, configuration: { cluster: "authz", timeout_ms: 300, ...more } }],
  clusters: { authz: { grpc } },
});

/** CheckResponse{status{code}}, as protobuf's own compiler writes it: a code of 0 is not written. */
const allowed = Uint8Array.of(0x0a, 0x00);
const denied = Uint8Array.of(0x0a, 0x02, 0x08, 0x07);
const asked = { cluster: "authz", path: "/envoy.service.auth.v3.Authorization/Check" };

const refusal = (name: string, given: SetUp, reason: "denied" | "unavailable", log?: RegExp): Scenario => ({
  name: `grpc-check: ${name}`,
  setUp: given,
  request: { method: "POST", path: "/a", body: ["x", "y"] },
  expect: {
    outcome: "local",
    status: reason === "denied" ? 403 : 503,
    details: `grpc_check:${reason}`,
    upstream: null,
    ...(log && { log }),
  },
});

export const grpcCheck: readonly Scenario[] = [
  {
    name: "grpc-check: what the service allows goes on whole",
    setUp: setUp({ messages: [allowed] }),
    request: { method: "POST", path: "/a", headers: [["x-a", "1"]], body: ["x", "y"] },
    expect: { outcome: "forwarded", status: 200, upstream: { body: "xy" }, calls: [asked] },
  },
  {
    name: "grpc-check: the service sees the request's method, path, host and headers",
    // Answers by what it is told: these bytes are in the message exactly when the fields are.
    setUp: setUp(({ messages: [message] }) => {
      const text = Buffer.from(message ?? []).toString("latin1");
      const isWhole = ["\x12\x06DELETE", '"\x02/a', "*\x0bexample.com", "\x0a\x03x-a\x12\x011"];
      return { messages: [isWhole.every((field) => text.includes(field)) ? allowed : denied] };
    }),
    request: { method: "DELETE", path: "/a", headers: [["x-a", "1"]] },
    expect: { outcome: "forwarded", status: 200, calls: [asked] },
  },
  refusal("what the service denies is refused", setUp({ messages: [denied] }), "denied"),
  refusal("an answer that is no message is no yes", setUp({ messages: [Uint8Array.of(0x0a, 0x09)] }), "denied"),
  refusal("an empty answer is no yes", setUp({ messages: [new Uint8Array()] }), "denied"),
  refusal(
    "a service that fails is no yes",
    setUp({ status: 13, message: "broken" }),
    "unavailable",
    /no answer \(gRPC status 13\): broken/,
  ),
  refusal("a service that is silent is no yes", setUp("silent"), "unavailable", /no answer \(gRPC status/),
  refusal("a service that is down is no yes", setUp("unreachable"), "unavailable"),
  refusal(
    "a cluster that Envoy does not have is no yes",
    setUp({ messages: [allowed] }, { cluster: "nobody" }),
    "unavailable",
    /cannot be called|no answer/,
  ),
  {
    name: "grpc-check: a configuration without a cluster is refused",
    setUp: { filters: [{ name: "grpc-check", wasm, configuration: {} }] },
    refused: /grpc-check: .*cluster/,
  },
];
