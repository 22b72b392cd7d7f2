import { describe, expect, test } from "vitest";
import { findHostFunction } from "./hostcalls/index.ts";
import { wasiFunctions } from "./hostcalls/wasi.ts";
import { LoadError, loadModule } from "./module.ts";
import { assemble, mirrorText, skeleton } from "./test/mirror.ts";

const load = (text: string) => loadModule(assemble(text));
const malloc = `(func (export "malloc") (param i32) (result i32) (i32.const 1024))`;

// Parameters as Envoy 1.39 links them; every result is an i32.
const abi021 = {
  proxy_log: 3,
  proxy_get_log_level: 1,
  proxy_get_status: 3,
  proxy_set_property: 4,
  proxy_get_property: 4,
  proxy_send_local_response: 8,
  proxy_get_shared_data: 5,
  proxy_set_shared_data: 5,
  proxy_register_shared_queue: 3,
  proxy_resolve_shared_queue: 5,
  proxy_dequeue_shared_queue: 3,
  proxy_enqueue_shared_queue: 3,
  proxy_get_header_map_value: 5,
  proxy_add_header_map_value: 5,
  proxy_replace_header_map_value: 5,
  proxy_remove_header_map_value: 3,
  proxy_get_header_map_pairs: 3,
  proxy_set_header_map_pairs: 3,
  proxy_get_header_map_size: 2,
  proxy_get_buffer_status: 3,
  proxy_get_buffer_bytes: 5,
  proxy_set_buffer_bytes: 5,
  proxy_http_call: 10,
  proxy_grpc_call: 12,
  proxy_grpc_stream: 9,
  proxy_grpc_close: 1,
  proxy_grpc_cancel: 1,
  proxy_grpc_send: 4,
  proxy_set_tick_period_milliseconds: 1,
  proxy_get_current_time_nanoseconds: 1,
  proxy_define_metric: 4,
  proxy_get_metric: 2,
  proxy_set_effective_context: 1,
  proxy_done: 0,
  proxy_call_foreign_function: 6,
  proxy_continue_stream: 1,
  proxy_close_stream: 1,
};

describe("the ABI marker", () => {
  test("that is exported first decides", async () => {
    const text = `(module ${malloc} (func $marker)
      (export "proxy_abi_version_0_1_0" (func $marker)) (export "proxy_abi_version_0_2_1" (func $marker)))`;
    expect((await load(text)).abiVersion).toBe("0.1.0");
  });

  test("that is missing or unknown is refused", async () => {
    await expect(load(`(module ${malloc})`)).rejects.toThrow("Missing or unknown Proxy-Wasm ABI version");
    await expect(load(`(module ${malloc} (func (export "proxy_abi_version_0_3_0")))`)).rejects.toThrow(LoadError);
  });
});

describe("imports", () => {
  test("are every host call of ABI 0.2.1 with the types Envoy links", async () => {
    const signatures = Object.entries(abi021).map(([name, count]) => [name, `${"i".repeat(count)}:i`]);
    const metrics = { proxy_increment_metric: "iI:i", proxy_record_metric: "iI:i" };
    await load(mirrorText({ ...Object.fromEntries(signatures), ...metrics }));
  });

  test.each(["wasi_snapshot_preview1", "wasi_unstable"])(
    "are every WASI function of Envoy, from %s",
    async (module) => {
      const signatures = Object.entries(wasiFunctions).map(([name, { signature }]) => [name, signature]);
      await load(mirrorText(Object.fromEntries(signatures), module));
    },
  );

  test("that Envoy does not have are refused by name", async () => {
    await expect(load(mirrorText({ abort: "iiii" }))).rejects.toThrow(
      "Failed to load Wasm module due to a missing import: env.abort",
    );
    await expect(load(`(module (import "env" "g" (global i32)) ${skeleton})`)).rejects.toThrow("missing import: env.g");
  });

  test("of another type are refused with both types", async () => {
    await expect(load(mirrorText({ proxy_done: "i" }))).rejects.toThrow(
      "due to an import type mismatch: env.proxy_done, want: i32 -> void, but host exports: void -> i32",
    );
  });

  test("belong to an ABI version", () => {
    expect(findHostFunction("env", "proxy_get_log_level", "0.2.0")).toBeUndefined();
    expect(findHostFunction("env", "proxy_continue_stream", "0.1.0")).toBeUndefined();
    expect(findHostFunction("env", "toString", "0.2.1")).toBeUndefined();
  });
});

describe("exports", () => {
  test("of any other name have any type", async () => {
    await load(`(module ${skeleton} (func (export "toString") (param i64)))`);
  });

  test("need an allocator", async () => {
    await expect(load(`(module (func (export "proxy_abi_version_0_2_1")))`)).rejects.toThrow(
      "Wasm module is missing malloc function.",
    );
  });

  test("of a callback's name need its type", async () => {
    const callback = `(func (export "proxy_on_request_headers") (param i32 i32) (result i32) (i32.const 0))`;
    await expect(load(`(module ${skeleton} ${callback})`)).rejects.toThrow(
      "Bad function signature for: proxy_on_request_headers, want: i32 i32 i32 -> i32, but the module exports: i32 i32 -> i32",
    );
  });
});
