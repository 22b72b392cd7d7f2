/**
 * Does the time of the compare tell where two MACs differ? `npm run bench:timing`: Welch's t-test as dudect has it (Reparaz,
 * Balasch, Verbauwhede, "Dude, is my code constant time?", 2017) over a module compiled with the SDK's `equal`, and with a
 * compare that stops early, in the same run: the method must see that one. The method is in README.md.
 */
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";

const { values } = parseArgs({ options: { measurements: { type: "string", default: "1000000" } } });
const wanted = Number(values.measurements);
/** Compares in one measurement: a clock of Node ticks every 50 ns or so. */
const repeats = 64;
const size = 32;
/** Where the first wrong byte is; 32: nowhere. */
const positions = Array.from({ length: size + 1 }, (_, at) => at);

interface Compare {
  readonly memory: WebAssembly.Memory;
  room(): number;
  constant(a: number, b: number, size: number, repeats: number): number;
  leaky(a: number, b: number, size: number, repeats: number): number;
}

async function load(): Promise<Compare> {
  const module = await WebAssembly.compile(new Uint8Array(await readFile("bench/dist/timing.wasm")));
  const { exports } = await WebAssembly.instantiate(module, {});
  (exports._initialize as () => void)();
  return exports as unknown as Compare;
}

/** Mean and variance as they come (Welford). */
class Sample {
  count = 0;
  mean = 0;
  #squares = 0;

  add(value: number): void {
    this.count += 1;
    const delta = value - this.mean;
    this.mean += delta / this.count;
    this.#squares += delta * (value - this.mean);
  }

  get variance(): number {
    return this.#squares / (this.count - 1);
  }
}

const welch = (a: Sample, b: Sample) => (a.mean - b.mean) / Math.sqrt(a.variance / a.count + b.variance / b.count);

/** Of each position, without what took far longer than most: that is what else the machine does. */
function measure(compare: Compare, name: "constant" | "leaky" | "same"): { worst: number; means: number[] } {
  const memory = Buffer.from(compare.memory.buffer);
  const [a, b] = [compare.room(), compare.room() + size];
  const run = name === "leaky" ? compare.leaky : compare.constant;
  const samples = positions.map(() => new Sample());
  const once = (at: number): number => {
    crypto.getRandomValues(memory.subarray(a, a + size));
    memory.copy(memory, b, a, a + size);
    // Behind the first wrong byte all are wrong or right at random, as in a forged MAC. "same": no position at all.
    const from = name === "same" ? 0 : at;
    for (let i = from; i < size; ++i)
      if (i === from || Math.random() < 0.5) memory[b + i] = (memory[b + i] ?? 0) ^ 0x55;
    const begin = process.hrtime.bigint();
    run(a, b, size, repeats);
    return Number(process.hrtime.bigint() - begin);
  };
  for (let i = 0; i < 100_000; ++i) once(i % positions.length);
  const warm = Array.from({ length: 20_000 }, (_, i) => once(i % positions.length)).sort((x, y) => x - y);
  const cutoff = 1.5 * (warm[Math.floor(warm.length * 0.95)] ?? Number.POSITIVE_INFINITY);
  for (let i = 0; i < wanted; ++i) {
    const at = Math.floor(Math.random() * positions.length);
    const ns = once(at);
    if (ns <= cutoff) samples[at]?.add(ns);
  }
  const [first, ...others] = samples as [Sample, ...Sample[]];
  const worst = Math.max(...others.map((other) => Math.abs(welch(first, other))));
  return { worst, means: samples.map(({ mean }) => mean / repeats) };
}

const compare = await load();
for (const name of ["leaky", "constant", "same"] as const) {
  const { worst, means } = measure(compare, name);
  const shown = [0, 1, 15, 31, 32].map((at) => `${at}: ${(means[at] ?? Number.NaN).toFixed(2)}`).join("  ");
  console.log(`${name.padEnd(8)}  largest |t| ${worst.toFixed(2)}  ns by position  ${shown}`);
}
