import { describe, expect, test, vi } from "vitest";
import { ManualClock } from "./clock.ts";
import { Host } from "./host.ts";
import { type LoadedModule, loadModule } from "./module.ts";
import { restorable } from "./restorable.ts";
import { readModuleTypes } from "./signature.ts";
import { assemble, skeleton } from "./test/mirror.ts";
import { head, puppetBytes, stage } from "./test/puppet.ts";

/** How many instances are made meanwhile. */
async function instancesMade(run: () => Promise<void>): Promise<number> {
  const instantiate = vi.spyOn(WebAssembly, "instantiate");
  try {
    await run();
    return instantiate.mock.calls.length;
  } finally {
    instantiate.mockRestore();
  }
}

describe("reset", () => {
  test("starts the guests again without making an instance", async () => {
    const { host, logs } = await stage("configure say hello");
    const atStart = logs();
    await host.send(head());
    expect(await instancesMade(() => host.reset())).toBe(0);
    expect(logs()).toEqual(atStart);
  });

  test("gives contexts the numbers of a new host", async () => {
    const { host, callbacks } = await stage("request_headers return 0");
    await host.send(head());
    const atFirst = callbacks();
    await host.send(head());
    callbacks();
    await host.reset();
    await host.send(head());
    expect(callbacks()).toEqual(atFirst);
  });

  test("forgets a trap", async () => {
    const { host } = await stage("request_body trap");
    expect(await host.send(head("POST"), "hello")).toMatchObject({ status: 503 });
    await host.reset();
    expect(await host.send(head())).toMatchObject({ status: 200 });
  });

  test("takes timers back", async () => {
    const clock = new ManualClock();
    const { host, logs } = await stage("configure tick 100\ntick say now", { clock });
    await host.reset();
    logs();
    clock.advance(100);
    expect(logs()).toEqual(["tick say now", "tick say now"]);
  });

  test("answers a stream that is still open as when its VM fails", async () => {
    const { host } = await stage("response_headers say hello", {
      upstream: async () => {
        await host.reset();
        return { status: 200 };
      },
    });
    expect(await host.send(head())).toMatchObject({ status: 503, details: "wasm_fail_stream" });
  });
});

/** Accepts its configuration when everything it can change is as in a new instance, and then changes it. */
const sensitive = (change: string) => `(module ${skeleton}
  (global $i32 (mut i32) (i32.const -70000))
  (global $constant i32 (i32.const 1))
  (global $i64 (mut i64) (i64.const 5000000000))
  (global $f32 (mut f32) (f32.const 0.5))
  (global $f64 (export "shown") (mut f64) (f64.const 0.25))
  (data (i32.const 65530) "x")
  (func (export "proxy_on_configure") (param i32 i32) (result i32)
    (local $new i32)
    (local.set $new (i32.and
      (i32.and (i32.eq (global.get $i32) (i32.const -70000)) (i64.eq (global.get $i64) (i64.const 5000000000)))
      (i32.and (f32.eq (global.get $f32) (f32.const 0.5)) (f64.eq (global.get $f64) (f64.const 0.25)))))
    (local.set $new (i32.and (local.get $new) (i32.and
      (i32.eq (i32.load8_u (i32.const 65530)) (i32.const 120))
      (i32.and (i32.eqz (i32.load8_u (i32.const 5))) (i32.eq (memory.size) (i32.const 1))))))
    ${change}
    (local.get $new)))`;

const changes = {
  globals: `(global.set $i32 (i32.const 1)) (global.set $i64 (i64.const 1))
    (global.set $f32 (f32.const 1)) (global.set $f64 (f64.const 1))`,
  memory: "(i32.store8 (i32.const 65530) (i32.const 1)) (i32.store8 (i32.const 5) (i32.const 1))",
  "the size of memory": "(drop (memory.grow (i32.const 1)))",
};

const startTwice = async (module: LoadedModule) => {
  const host = await Host.start({ plugins: [{ name: "sensitive", module }] });
  await host.reset();
};

test.each(Object.entries(changes))("a guest finds %s as in a new instance", async (_what, change) => {
  await startTwice(await loadModule(assemble(sensitive(change))));
});

describe("a module whose instances cannot be put back starts in new ones:", () => {
  const mutableV128 = "(global (mut v128) (v128.const i32x4 0 0 0 0))";
  const passive = '(data $text "abc") (func (data.drop $text))';
  const withSourceMap = (bytes: Uint8Array) =>
    Uint8Array.of(...bytes, 0, 18, 16, ...Buffer.from("sourceMappingURL"), 0);
  test.each([
    ["a global that JavaScript cannot read", assemble(`(module ${skeleton} ${mutableV128})`)],
    ["data that it can drop", assemble(`(module ${skeleton} ${passive})`)],
    ["a source map, which counts the module's bytes", withSourceMap(assemble(`(module ${skeleton})`))],
  ])("%s", async (_what, bytes) => {
    expect(restorable(bytes)).toBeNull();
    const module = await loadModule(bytes);
    expect(await instancesMade(() => startTwice(module))).toBe(6);
  });
});

test("a module that is made restorable has the types it had", async () => {
  const bytes = await puppetBytes();
  const again = restorable(bytes);
  expect(again?.globals.length).toBeGreaterThan(0);
  expect(readModuleTypes(again?.bytes ?? new Uint8Array())).toEqual(readModuleTypes(bytes));
});
