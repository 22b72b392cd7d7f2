/** What becomes of calls when the stream that made them ends first. */
import { beforeAll, expect, test } from "vitest";
import { compileBytes } from "./compile.ts";

interface Exports {
  readonly memory: WebAssembly.Memory;
  _initialize(): void;
  proxy_on_context_create(id: number, parent: number): void;
  proxy_on_request_headers(id: number, count: number, end: number): number;
  proxy_on_http_call_response(root: number, token: number, headers: number, size: number, trailers: number): void;
  proxy_on_grpc_receive(root: number, token: number, size: number): void;
  proxy_on_delete(id: number): void;
}

let filter: Exports;
let token = 0;
const canceled: number[] = [];
const logs: string[] = [];

beforeAll(async () => {
  const module = await WebAssembly.compile(await compileBytes("sdk/test/assembly/calls.ts"));
  const give = (out: number) => {
    new DataView(filter.memory.buffer).setUint32(out, ++token, true);
    return 0;
  };
  const own: Record<string, (...values: number[]) => number> = {
    proxy_http_call: (...values) => give(values[9] ?? 0),
    proxy_grpc_call: (...values) => give(values[11] ?? 0),
    proxy_grpc_stream: (...values) => give(values[8] ?? 0),
    proxy_grpc_cancel: (which = 0) => canceled.push(which) * 0,
    proxy_log: (_level = 0, at = 0, size = 0) => logs.push(Buffer.from(filter.memory.buffer, at, size).toString()) * 0,
  };
  const env = WebAssembly.Module.imports(module).map(({ name }) => [name, own[name] ?? (() => 0)] as const);
  const { exports } = await WebAssembly.instantiate(module, { env: Object.fromEntries(env) });
  filter = exports as unknown as Exports;
  filter._initialize();
  filter.proxy_on_context_create(1, 0);
});

test("gRPC is canceled, and answers that come all the same are for nobody", () => {
  filter.proxy_on_context_create(2, 1);
  filter.proxy_on_request_headers(2, 0, 1);
  filter.proxy_on_delete(2);
  expect(canceled.sort()).toEqual([2, 3]);
  filter.proxy_on_http_call_response(1, 1, 1, 0, 0);
  filter.proxy_on_grpc_receive(1, 2, 0);
  expect(logs).toEqual([]);
});

test("the calls of another stream go on", () => {
  filter.proxy_on_context_create(3, 1);
  filter.proxy_on_context_create(4, 1);
  filter.proxy_on_request_headers(3, 0, 1);
  filter.proxy_on_request_headers(4, 0, 1);
  filter.proxy_on_delete(3);
  filter.proxy_on_http_call_response(1, 7, 1, 0, 0);
  filter.proxy_on_grpc_receive(1, 8, 0);
  expect(logs).toEqual(["answered 4", "answered 4"]);
  expect(canceled.sort()).toEqual([2, 3, 5, 6]);
});

test("what was answered is not canceled later, and memory stays flat", () => {
  filter.proxy_on_delete(4);
  expect(canceled.sort()).toEqual([2, 3, 5, 6, 9]);
  const { byteLength } = filter.memory.buffer;
  for (let id = 5; id < 5000; ++id) {
    filter.proxy_on_context_create(id, 1);
    filter.proxy_on_request_headers(id, 0, 1);
    filter.proxy_on_delete(id);
  }
  expect(filter.memory.buffer.byteLength).toBeLessThanOrEqual(Math.max(byteLength, 4 * 65536));
});
