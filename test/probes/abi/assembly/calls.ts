// Metrics, clocks, random bytes, foreign functions.
import {
  CounterFamily,
  callForeignFunction,
  clearRouteCache,
  clock,
  compress,
  Gauge,
  Histogram,
  log,
  random,
  uncompress,
} from "@proxy-wasm-kit/sdk";

export namespace calls {
  export function metrics(): void {
    const gauge = Gauge.define("abi_gauge");
    gauge.set(7);
    gauge.add(-3);
    Histogram.define("abi_histogram").record(5);
    const family = new CounterFamily("abi_family", ["method", "code"], 1);
    family.with(["GET", "200"]).increment(2);
    family.with(["PUT", "200"]).increment();
    log.info(`${gauge.value} ${family.with(["GET", "200"]).value}`);
  }

  export function clocks(): void {
    const before = clock.monotonicNs();
    const bytes = new ArrayBuffer(100000);
    const filled = random.fill(bytes) && load<u64>(changetype<usize>(bytes) + 99992) != 0;
    log.info(`${filled} ${clock.monotonicNs() >= before && before > 0} ${clock.nowSeconds() > 1700000000}`);
  }

  export function foreign(): void {
    const packed = compress(String.UTF8.encode("é".repeat(1000)))!;
    const text = uncompress(packed);
    log.info(
      `${packed.byteLength < 100} ${text === null ? 0 : text.byteLength} ${uncompress(packed.slice(3)) === null}`,
    );
    log.info(`${clearRouteCache()} ${callForeignFunction("none", new ArrayBuffer(0)).status}`);
  }
}
