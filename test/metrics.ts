/** Requests whose attributes become labels of a counter, for the engines over Envoy; the manifests are those of `pwk`. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Admin } from "@proxy-wasm-kit/envoy";
import { startSurroundings } from "@proxy-wasm-kit/testing";
import { vi } from "vitest";

/** The operations of Istio's documentation, and the class of the response: one is known at once, the other at the end. */
export const configuration = {
  attributes: [
    {
      output_attribute: "istio_operationId",
      match: [
        { value: "getitems", condition: "request.url_path == '/items' && request.method == 'GET'" },
        { value: "createitem", condition: "request.url_path == '/items' && request.method == 'POST'" },
        { value: "deleteitem", condition: "request.url_path.startsWith('/items/') && request.method == 'DELETE'" },
      ],
    },
    {
      output_attribute: "istio_responseClass",
      match: [2, 3, 4, 5].map((digit) => ({
        ...{ value: `${digit}xx`, condition: `response.code >= ${digit}00 && response.code <= ${digit}99` },
      })),
    },
  ],
};

export const tags = ["--tag", "request_operation", "--tag", "class=istio_responseClass"];

const requests = [
  ["GET", "/items?status=200"],
  ["GET", "/items?status=204"],
  ["GET", "/items?status=503"],
  ["POST", "/items?status=201"],
  ["POST", "/items?status=302"],
  ["DELETE", "/items/7?status=404"],
  ["PUT", "/items?status=405"],
] as const;

/** What `counted` gives after `sendAll`. What is not set is empty, which to Prometheus is no label. */
export const expected = {
  "getitems 2xx": 2,
  "getitems 5xx": 1,
  "createitem 2xx": 1,
  "createitem 3xx": 1,
  "deleteitem 4xx": 1,
  " 4xx": 1,
};

/** Answers with the status that the query asks for. */
export const startUpstream = () =>
  startSurroundings({
    filters: [],
    upstream: {
      respond: async ({ path }) => ({ status: Number(new URLSearchParams(path.split("?")[1]).get("status")) }),
    },
  });

export async function sendAll(port: number): Promise<void> {
  for (const [method, path] of requests) {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, redirect: "manual" });
    await response.arrayBuffer();
  }
}

/** The counter for Prometheus, by "operation class". An answer is there before it is counted: it waits for all. */
export const counted = (admin: Admin): Promise<Record<string, number>> =>
  vi.waitFor(
    async () => {
      const text = await (await fetch(`${admin.url}/stats/prometheus?filter=attribute_gen`)).text();
      const lines = [...text.matchAll(/^envoy_attribute_gen_requests_total\{(.*)\} (\d+)$/gm)];
      const counts = lines.map(([, labels = "", count]) => [
        ["request_operation", "class"].map((name) => new RegExp(`\\b${name}="([^"]*)"`).exec(labels)?.[1]).join(" "),
        Number(count),
      ]);
      const sum = counts.reduce((total, [, count]) => total + Number(count), 0);
      if (sum < requests.length) throw new Error(`expected ${requests.length} requests to be counted, found:\n${text}`);
      return Object.fromEntries(counts);
    },
    { timeout: 10_000, interval: 20 },
  );

/** What `pwk` prints. */
export const pwk = async (...args: readonly string[]): Promise<string> =>
  (await promisify(execFile)(process.execPath, ["cli/bin/pwk.mjs", ...args])).stdout;
