/** The SDK's memory and collector, by what they must not lose and must not keep. */
import { beforeAll, expect, test } from "vitest";
import { compile } from "./compile.ts";
import { randomBelow } from "./random.ts";

interface Probe {
  churn(rounds: number, largest: number): number;
  isDue(): number;
  collect(): void;
  growsWhole(): number;
  allocate(size: number): void;
  pin(): void;
  unpin(): number;
  hold(at: number, size: number): number;
  release(at: number): void;
  resize(at: number, size: number): number;
  holdRaw(at: number, size: number): number;
  resizeRaw(at: number, size: number): number;
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

/** What is held, by its number; raw blocks follow the objects. */
class Model {
  readonly #blocks = new Map<number, { readonly from: number; readonly size: number; readonly mark: number }>();
  #marks = 0;

  get bytes(): number {
    return Array.from(this.#blocks.values()).reduce((sum, { size }) => sum + size, 0);
  }

  /** What the block holds from now on; of what it held before, the first `kept` bytes must be there. */
  put(at: number, from: number, size: number, kept = 0): void {
    const before = this.#blocks.get(at);
    if (before !== undefined && kept > 0) this.#check({ ...before, from, size: Math.min(kept, before.size, size) });
    const mark = ++this.#marks & 0xff;
    new Uint8Array(probe.memory.buffer, from, size).fill(mark);
    this.#blocks.set(at, { from, size, mark });
  }

  delete(at: number): void {
    this.#blocks.delete(at);
  }

  has(at: number): boolean {
    return this.#blocks.has(at);
  }

  check(): void {
    let end = 0;
    for (const block of [...this.#blocks.values()].sort((a, b) => a.from - b.from)) {
      expect(block.from % 16).toBe(0);
      expect(block.from).toBeGreaterThanOrEqual(end);
      end = block.from + block.size;
      this.#check(block);
    }
  }

  #check({ from, size, mark }: { from: number; size: number; mark: number }): void {
    const bytes = new Uint8Array(probe.memory.buffer, from, size);
    if (!bytes.every((byte) => byte === mark)) expect.fail(`a block of ${size} bytes at ${from} was written over`);
  }
}

test.each([1, 2])(
  "blocks in use never overlap, and memory is at most three times what was in use: seed %i",
  async (seed) => {
    probe = await compile<Probe>("sdk/test/assembly/runtime.ts");
    const random = randomBelow(seed);
    const model = new Model();
    const size = () => random([16, 200, 3000, 60_000][random(4)] ?? 1);
    let most = 0;
    for (let step = 0; step < 15_000; ++step) {
      const at = random(100);
      const bytes = size();
      const kind = random(8);
      if (kind < 3) model.put(at, probe.hold(at, bytes), bytes);
      else if (kind < 5) {
        probe.release(at);
        model.delete(at);
      } else if (kind === 5 && model.has(at)) model.put(at, probe.resize(at, bytes), bytes, bytes);
      else if (kind === 6) model.put(512 + at, probe.holdRaw(at, bytes), bytes);
      else if (model.has(512 + at)) model.put(512 + at, probe.resizeRaw(at, bytes), bytes, bytes);
      if (probe.isDue()) probe.collect();
      if (step % 500 === 0) model.check();
      most = Math.max(most, model.bytes);
    }
    model.check();
    expect(probe.memory.buffer.byteLength).toBeLessThan(3 * most);
  },
);

test("what blocks of one size have left serves all other sizes", async () => {
  probe = await compile<Probe>("sdk/test/assembly/runtime.ts");
  for (let size = 2000; size < 1_000_000; size *= 1.7) {
    const count = Math.floor(1_000_000 / size);
    for (let i = 0; i < count; ++i) probe.hold(i, size);
    for (let i = 0; i < count; ++i) probe.release(i);
    if (probe.isDue()) probe.collect();
  }
  expect(probe.memory.buffer.byteLength).toBeLessThan(3_000_000);
});
