/** The example tcp-tap: what goes through a TCP connection, counted; and connections that begin wrong, refused. */
import type { Scenario, SetUp } from "../scenario.ts";

const wasm = "dist/examples/tcp-tap.wasm";
const setUp = (configuration: object, more: Partial<SetUp> = {}): SetUp => ({
  filters: [],
  networkFilters: [{ name: "tcp-tap", wasm, configuration }],
  ...more,
});
const closed = (sent: number, received: number) =>
  new RegExp(`closed by .* after ${sent} bytes from the client, ${received} from the server`);

export const tcpTap: readonly Scenario[] = [
  {
    name: "tcp-tap: both directions are counted, and nothing is changed",
    setUp: setUp({}),
    connection: { pieces: ["hello ", "world"] },
    expect: {
      received: "hello world",
      upstream: "hello world",
      end: "closed",
      log: closed(11, 11),
      metrics: { tcp_tap_connections: 1, tcp_tap_bytes_from_clients: 11, tcp_tap_bytes_from_servers: 11 },
    },
  },
  {
    name: "tcp-tap: a connection without a byte is counted too",
    setUp: setUp({}),
    connection: {},
    expect: { received: "", log: closed(0, 0), metrics: { tcp_tap_connections: 1, tcp_tap_bytes_from_clients: 0 } },
  },
  {
    name: "tcp-tap: a server that closes first is seen",
    setUp: setUp({}, { tcpUpstream: { reply: "bye", closes: true } }),
    connection: { pieces: ["x"], unfinished: true },
    expect: { received: "bye", end: "closed", log: closed(1, 3) },
  },
  {
    name: "tcp-tap: what begins right goes through, however it is cut",
    setUp: setUp({ preamble: "PING" }),
    connection: { pieces: ["P", "IN", "G!"] },
    expect: { received: "PING!", upstream: "PING!", metrics: { tcp_tap_refused: 0 } },
  },
  {
    name: "tcp-tap: what begins wrong is closed, and the server hears nothing of it",
    setUp: setUp({ preamble: "PING" }),
    connection: { pieces: ["GET / HTTP/1.1\r\n\r\n"], unfinished: true },
    expect: {
      received: "",
      end: "closed",
      upstream: "",
      log: /does not begin as it must/,
      metrics: { tcp_tap_refused: 1, tcp_tap_bytes_from_clients: 0 },
    },
  },
  {
    name: "tcp-tap: a connection that ends before it has begun right is refused",
    setUp: setUp({ preamble: "PING" }),
    connection: { pieces: ["PI"] },
    expect: { received: "", upstream: "", metrics: { tcp_tap_refused: 1 } },
  },
  {
    name: "tcp-tap: a configuration with an unknown key is refused",
    setUp: setUp({ preview: 1 }),
    refused: /tcp-tap: .*preview/,
  },
];
