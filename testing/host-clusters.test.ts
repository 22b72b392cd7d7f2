import type { CalloutRequest } from "@proxy-wasm-kit/host";
import { describe, expect, test } from "vitest";
import { HostClusters } from "./host-clusters.ts";

const request: CalloutRequest = {
  method: "POST",
  path: "/",
  authority: "auth",
  headers: [],
  body: new Uint8Array(),
  trailers: [],
  complete: true,
};

/** What arrives at a cluster that always answers, and what becomes of it. */
function call(change: Partial<CalloutRequest>, early = false) {
  const clusters = new HostClusters({ auth: { http: { status: 200, early } } });
  const answer = clusters.options.clusters.auth?.({ ...request, ...change });
  return { arrived: clusters.calls()[0], answer };
}

describe("as Envoy's HTTP/1 client sends them, callouts", () => {
  test("announce no body by a content-length, where the method may have one", () => {
    expect(call({}).arrived?.headers).toEqual([["content-length", "0"]]);
    expect(call({ method: "GET" }).arrived?.headers).toEqual([]);
  });

  test("have no trailers", () => {
    expect(call({ trailers: [["x-t", "1"]] }).arrived?.trailers).toEqual([]);
  });

  test("are not answered before the body that was announced has come, which it never does", async () => {
    const change = { headers: [["content-length", "5"]] as const, complete: false };
    const nothing = Promise.resolve("nothing");
    expect(await Promise.race([call(change).answer, nothing])).toBe("nothing");
    expect(await call(change, true).answer).toMatchObject({ status: 200 });
  });
});
