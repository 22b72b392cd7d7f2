/** What modules are given: requests, and clusters in several moods. */
import type { GrpcCluster, HttpCluster, ProxyRequest } from "@proxy-wasm-kit/testing";

/** Enough for an Envoy on a busy machine to see pieces apart. */
const paceMs = 50;

const requests: readonly ProxyRequest[] = [
  {
    path: "/headers?x=1",
    headers: [
      ["x-a", "1"],
      ["x-a", "2"],
      ["cookie", "a=b"],
    ],
  },
  { method: "POST", headers: [["content-type", "application/json"]], body: '{"id":"a","token":"b"}' },
  { method: "PUT", path: "/echo", body: ["he", "llo", " world"], paceMs, trailers: [["x-t", "1"]] },
  { method: "POST", headers: [["buffer-operation", "replace"]], body: "[original body]" },
  { method: "HEAD", path: "/head" },
  { method: "POST", path: "/wrong", headers: [["content-type", "application/json"]], body: "{}" },
  { method: "POST", path: "/chunks", body: ["a".repeat(3000), "b"], paceMs },
  { path: "/hello", headers: [["x-wasm", "yes"]] },
  { method: "OPTIONS", path: "*" },
];

/** How clusters answer, and how long clients wait for what depends on them. */
export interface Mood {
  readonly name: string;
  readonly http: HttpCluster;
  readonly grpc: GrpcCluster;
  readonly patienceMs: number;
  readonly requests: readonly ProxyRequest[];
}

export const moods: readonly Mood[] = [
  {
    name: "clusters answer",
    // Random authorisers read "2" as yes.
    http: { http: { status: 200, headers: [["x-callout", "yes"]], body: "2" } },
    grpc: { grpc: { messages: [Uint8Array.of(8, 2)] } },
    patienceMs: 2000,
    requests,
  },
  {
    name: "clusters refuse",
    http: { http: { status: 403, body: "1", trailers: [["x-callout", "no"]] } },
    grpc: { grpc: { status: 7, message: "no" } },
    patienceMs: 2000,
    requests,
  },
  {
    name: "clusters are silent",
    http: { http: "silent" },
    grpc: { grpc: "silent" },
    patienceMs: 6000, // examples give up after five seconds
    requests: requests.slice(0, 2),
  },
  {
    name: "clusters are unreachable",
    http: { http: "unreachable" },
    grpc: { grpc: "unreachable" },
    patienceMs: 2000,
    requests,
  },
];
