/** The example jwt-payload-padding: base64 as Envoy's JWT filter leaves it, made whole again. */
import type { Scenario, SetUp } from "../scenario.ts";

const wasm = "dist/examples/jwt-payload-padding.wasm";
const setUp: SetUp = { filters: [{ name: "jwt-payload-padding", wasm, configuration: "x-jwt-payload" }] };

const becomes = (name: string, sent: string, arrives: string, log?: RegExp): Scenario => ({
  name: `jwt-payload-padding: ${name}`,
  setUp,
  request: { headers: [["x-jwt-payload", sent]] },
  expect: {
    outcome: "forwarded",
    status: 200,
    upstream: { headers: [["x-jwt-payload", arrives]] },
    ...(log && { log }),
  },
});

/** Payloads of every length modulo 3, as the JWT filter writes them: base64url without padding. */
const payloads = ['{"sub":"a"}', '{"sub":"ab"}', '{"sub":"abc"}'].map((json) => Buffer.from(json));

export const jwtPayloadPadding: readonly Scenario[] = [
  ...payloads.map((payload) => {
    const unpadded = payload.toString("base64url");
    const padded = unpadded.padEnd(Math.ceil(unpadded.length / 4) * 4, "=");
    return becomes(`a payload of ${payload.length} bytes decodes strictly`, unpadded, padded);
  }),
  becomes("what is padded stays", "eyJzdWIiOiJhIn0=", "eyJzdWIiOiJhIn0="),
  becomes("what is no base64 stays, with a warning", "abcde", "abcde", /is not base64/),
  {
    name: "jwt-payload-padding: a request without the header is left alone",
    setUp,
    request: {},
    expect: { outcome: "forwarded", status: 200, upstream: { withoutHeaders: ["x-jwt-payload"] } },
  },
  {
    name: "jwt-payload-padding: a configuration that is no header's name is refused",
    setUp: { filters: [{ name: "jwt-payload-padding", wasm, configuration: "x jwt" }] },
    refused: /the configuration is a header's name/,
  },
];
