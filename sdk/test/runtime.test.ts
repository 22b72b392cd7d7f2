/** The SDK's memory and collector, by what they must not lose and must not keep. */
import { beforeAll, expect, test } from "vitest";
import { compile } from "./compile.ts";

interface Probe {
  churn(rounds: number, largest: number): number;
  isDue(): number;
  collect(): void;
  growsWhole(): number;
  allocate(size: number): void;
  pin(): void;
  unpin(): number;
}

let probe: Probe & { readonly memory: WebAssembly.Memory };

beforeAll(async () => {
  probe = await compile<Probe>("sdk/test/assembly/runtime.ts");
});

/** As callbacks do: collects when it is due. */
function churn(times: number, largest: number): number {
  let damaged = 0;
  for (let i = 0; i < times; ++i) {
    damaged += probe.churn(20, largest);
    if (probe.isDue()) probe.collect();
  }
  return damaged;
}

test("nothing in use is lost, and memory stops growing", () => {
  expect(churn(300, 40_000)).toBe(0);
  const { byteLength } = probe.memory.buffer;
  expect(churn(3000, 40_000)).toBe(0);
  expect(probe.memory.buffer.byteLength).toBeLessThanOrEqual(byteLength * 1.5);
});

test("arrays keep what is in them when they grow", () => {
  expect(probe.growsWhole()).toBe(1);
});

test("pinned objects outlive collections, and go when they are unpinned", () => {
  probe.pin();
  for (let i = 0; i < 3; ++i) {
    churn(100, 1000);
    probe.collect();
  }
  expect(probe.unpin()).toBe(1);
  probe.collect();
  expect(churn(100, 1000)).toBe(0);
});

test("more than there can be ends in a trap, and breaks nothing before", () => {
  for (const size of [2 ** 30, 2 ** 32 - 1]) expect(() => probe.allocate(size)).toThrow(WebAssembly.RuntimeError);
  expect(churn(100, 1000)).toBe(0);
});
