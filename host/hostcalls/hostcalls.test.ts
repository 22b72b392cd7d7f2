import { describe, expect, test } from "vitest";
import { Status } from "../abi.ts";
import { HeaderMap } from "../header-map.ts";
import { mirror } from "../test/mirror.ts";

const outside = 64 * 1024 - 3;

describe("proxy_log", () => {
  const signature = { proxy_log: "iii:i" };

  test("hands over any bytes", async () => {
    const { call, put, logs } = await mirror(signature);
    put(8, "a\nb");
    expect(call("proxy_log", 3, 8, 3)).toBe(Status.Ok);
    expect(logs).toEqual([[3, "a\nb"]]);
  });

  test("refuses a level above critical, then bytes outside memory", async () => {
    const { call } = await mirror(signature);
    expect(call("proxy_log", 6, outside, 9)).toBe(Status.BadArgument);
    expect(call("proxy_log", 5, outside, 9)).toBe(Status.InvalidMemoryAccess);
  });
});

describe("header maps", () => {
  const signatures = {
    proxy_get_header_map_value: "iiiii:i",
    proxy_get_header_map_pairs: "iii:i",
    proxy_add_header_map_value: "iiiii:i",
  };

  test("of a callout's response can be read and not changed", async () => {
    const { call, put, at, u32, root } = await mirror(signatures);
    root.callResponse = {
      headers: new HeaderMap("response", [[":status", "200"]]),
      body: new Uint8Array(),
      trailers: null,
    };
    put(8, ":status");
    expect(call("proxy_get_header_map_value", 6, 8, 7, 32, 40)).toBe(Status.Ok);
    expect([u32(32), u32(40), at(1023, 5)]).toEqual([1024, 3, "?200?"]);
    expect(call("proxy_add_header_map_value", 6, 8, 7, 8, 7)).toBe(Status.BadArgument);
  });

  test("that are absent: no value, pairs of size 0", async () => {
    const { call, u32 } = await mirror(signatures);
    expect(call("proxy_get_header_map_value", 0, 8, 1, 32, 40)).toBe(Status.BadArgument);
    expect(call("proxy_get_header_map_pairs", 0, 32, 40)).toBe(Status.Ok);
    expect([u32(32), u32(40)]).toEqual([0, 0]);
  });

  test("of an unknown kind are refused before anything else", async () => {
    const { call } = await mirror(signatures);
    expect(call("proxy_get_header_map_value", 8, outside, 9, 32, 40)).toBe(Status.BadArgument);
    expect(call("proxy_get_header_map_value", 7, outside, 9, 32, 40)).toBe(Status.InvalidMemoryAccess);
  });
});

describe("buffers", () => {
  const signatures = {
    proxy_get_buffer_bytes: "iiiii:i",
    proxy_set_buffer_bytes: "iiiii:i",
    proxy_get_buffer_status: "iii:i",
  };

  test("that are absent read as empty, or are not found", async () => {
    const { call, u32 } = await mirror(signatures);
    expect(call("proxy_get_buffer_bytes", 0, 0, 9, 32, 40)).toBe(Status.Ok);
    expect(u32(40)).toBe(0);
    expect(call("proxy_get_buffer_bytes", 4, 0, 9, 32, 40)).toBe(Status.NotFound);
    expect(call("proxy_get_buffer_bytes", 7, 0, 9, 32, 40)).toBe(Status.NotFound);
    expect(call("proxy_get_buffer_bytes", 9, 0, 9, 32, 40)).toBe(Status.BadArgument);
  });

  test("give a part from any start", async () => {
    const { call, at, u32 } = await mirror(signatures);
    expect(call("proxy_get_buffer_bytes", 6, 3, 6, 32, 40)).toBe(Status.Ok);
    expect([at(1023, 8), u32(40)]).toEqual(["?config?", 6]);
    expect(call("proxy_get_buffer_bytes", 6, 0xffff_ffff, 6, 32, 40)).toBe(Status.Ok);
    expect([u32(32), u32(40)]).toEqual([0, 0]);
  });

  test("that are read-only are not set", async () => {
    const { call } = await mirror(signatures);
    expect(call("proxy_set_buffer_bytes", 6, 0, 0, 8, 1)).toBe(Status.BadArgument);
    expect(call("proxy_set_buffer_bytes", 0, 0, 0, 8, 1)).toBe(Status.BadArgument);
  });
});

describe("shared data", () => {
  const signatures = { proxy_get_shared_data: "iiiii:i", proxy_set_shared_data: "iiiii:i" };

  test("is written when cas is 0 or that of the last write, or the key is new", async () => {
    const { call, put, at, u32 } = await mirror(signatures);
    put(8, "key");
    put(16, "one");
    put(20, "two");
    expect(call("proxy_get_shared_data", 8, 3, 32, 40, 48)).toBe(Status.NotFound);
    expect(call("proxy_set_shared_data", 8, 3, 16, 3, 99)).toBe(Status.Ok);
    expect(call("proxy_set_shared_data", 8, 3, 20, 3, 99)).toBe(Status.CasMismatch);
    expect(call("proxy_get_shared_data", 8, 3, 32, 40, 48)).toBe(Status.Ok);
    expect([at(1023, 5), u32(48)]).toEqual(["?one?", 1]);
    expect(call("proxy_set_shared_data", 8, 3, 20, 3, 1)).toBe(Status.Ok);
    expect(call("proxy_set_shared_data", 8, 3, 16, 0, 0)).toBe(Status.Ok);
    expect(call("proxy_get_shared_data", 8, 3, 32, 40, 48)).toBe(Status.Ok);
    expect([u32(32), u32(40), u32(48)]).toEqual([0, 0, 3]);
  });
});

describe("queues", () => {
  const signatures = {
    proxy_register_shared_queue: "iii:i",
    proxy_resolve_shared_queue: "iiiii:i",
    proxy_enqueue_shared_queue: "iii:i",
    proxy_dequeue_shared_queue: "iii:i",
  };

  test("give items in order, then are empty; unknown ones are not found", async () => {
    const { call, put, at, u32 } = await mirror(signatures);
    put(8, "queue");
    expect(call("proxy_register_shared_queue", 8, 5, 32)).toBe(Status.Ok);
    expect(call("proxy_resolve_shared_queue", 0, 0, 8, 5, 36)).toBe(Status.Ok);
    expect([u32(32), u32(36)]).toEqual([1, 1]);
    expect(call("proxy_enqueue_shared_queue", 1, 8, 5)).toBe(Status.Ok);
    expect(call("proxy_dequeue_shared_queue", 1, 40, 44)).toBe(Status.Ok);
    expect(at(1023, 7)).toBe("?queue?");
    expect(call("proxy_dequeue_shared_queue", 1, 40, 44)).toBe(Status.Empty);
    expect(call("proxy_enqueue_shared_queue", 2, 8, 5)).toBe(Status.NotFound);
    expect(call("proxy_resolve_shared_queue", 8, 5, 8, 5, 36)).toBe(Status.NotFound);
  });
});

describe("metrics", () => {
  const signatures = {
    proxy_define_metric: "iiii:i",
    proxy_increment_metric: "iI:i",
    proxy_record_metric: "iI:i",
    proxy_get_metric: "ii:i",
  };

  test("have their type in the id, and one value for each name", async () => {
    const { call, put, u32 } = await mirror(signatures);
    put(8, "name");
    const define = (type: number) => {
      expect(call("proxy_define_metric", type, 8, 4, 32)).toBe(Status.Ok);
      return u32(32);
    };
    expect([define(0), define(1), define(2), define(0)]).toEqual([4, 5, 6, 8]);
    expect(call("proxy_define_metric", 3, 8, 4, 32)).toBe(Status.BadArgument);
    expect(call("proxy_increment_metric", 4, 2n)).toBe(Status.Ok);
    expect(call("proxy_record_metric", 8, 3n)).toBe(Status.Ok);
    expect(call("proxy_get_metric", 4, 40)).toBe(Status.Ok);
    expect(u32(40)).toBe(5);
  });

  test("refuse what their type cannot do", async () => {
    const { call, put } = await mirror(signatures);
    put(8, "name");
    for (const type of [0, 1, 2]) call("proxy_define_metric", type, 8, 4, 32);
    expect(call("proxy_increment_metric", 4, 0n)).toBe(Status.BadArgument);
    expect(call("proxy_increment_metric", 5, -1n)).toBe(Status.Ok);
    expect(call("proxy_increment_metric", 6, 1n)).toBe(Status.BadArgument);
    expect(call("proxy_get_metric", 6, 40)).toBe(Status.BadArgument);
    expect(call("proxy_increment_metric", 100, 1n)).toBe(Status.NotFound);
    expect(call("proxy_record_metric", 7, 1n)).toBe(Status.NotFound);
  });
});

describe("WASI", () => {
  const options = { module: "wasi_snapshot_preview1" };

  test("fd_write joins its parts into one log line without the last newline", async () => {
    const { call, put, u32, vm, logs } = await mirror({ fd_write: "iiii:i" }, options);
    put(8, "ab\n");
    vm.memory.writeU32(16, 8);
    vm.memory.writeU32(20, 2);
    vm.memory.writeU32(24, 10);
    vm.memory.writeU32(28, 1);
    expect(call("fd_write", 2, 16, 2, 40)).toBe(0);
    expect([logs, u32(40)]).toEqual([[[4, "ab"]], 3]);
    expect(call("fd_write", 3, 16, 2, 40)).toBe(8);
  });

  test("environ_get writes each variable behind the one before", async () => {
    const { call, at, u32 } = await mirror(
      { environ_sizes_get: "ii:i", environ_get: "ii:i" },
      { ...options, environment: { A: "1", BC: "" } },
    );
    expect(call("environ_sizes_get", 32, 36)).toBe(0);
    expect([u32(32), u32(36)]).toEqual([2, 8]);
    expect(call("environ_get", 40, 100)).toBe(0);
    expect([u32(40), u32(44), at(99, 10)]).toEqual([100, 104, "?A=1\0BC=\0?"]);
  });

  test("random_get fills what was asked for, up to 64 KiB", async () => {
    const { call, at } = await mirror({ random_get: "ii:i" }, options);
    expect(call("random_get", 100, 2)).toBe(0);
    expect(at(99, 4)).toBe("?\u0007\u0007?");
    expect(call("random_get", 0, 65537)).toBe(28);
  });

  test("clock_time_get has a wall clock and a steady one", async () => {
    const { call, at, clock } = await mirror({ clock_time_get: "iIi:i" }, options);
    clock.advance(1);
    expect(call("clock_time_get", 0, 0n, 32)).toBe(0);
    expect(call("clock_time_get", 1, 0n, 48)).toBe(0);
    expect(at(48, 9)).toBe("@B\u000f\0\0\0\0\0?");
    expect(call("clock_time_get", 2, 0n, 32)).toBe(58);
  });
});

describe("capability restriction", () => {
  const allowedCapabilities = ["proxy_get_current_time_nanoseconds"];

  test("leaves what it names, and refuses the rest with a word in the log", async () => {
    const signatures = { proxy_get_current_time_nanoseconds: "i:i", proxy_done: ":i" };
    const { call, hostLogs } = await mirror(signatures, { allowedCapabilities });
    expect(call("proxy_get_current_time_nanoseconds", 32)).toBe(Status.Ok);
    expect(call("proxy_done")).toBe(Status.InternalFailure);
    expect(hostLogs).toEqual(["Attempted call to restricted proxy-wasm capability: proxy_done"]);
  });

  test("has an errno of its own for WASI", async () => {
    const { call } = await mirror({ random_get: "ii:i" }, { module: "wasi_snapshot_preview1", allowedCapabilities });
    expect(call("random_get", 32, 4)).toBe(76);
  });
});
