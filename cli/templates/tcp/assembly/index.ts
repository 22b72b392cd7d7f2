// Counts the bytes of TCP connections, and closes those that do not begin as they must.
import {
  Buffer,
  Counter,
  FilterStatus,
  log,
  RootContext,
  registerRootContext,
  StreamContext,
} from "@proxy-wasm-kit/sdk";
import { equal } from "@proxy-wasm-kit/sdk/crypto";
import { ConfigReader } from "@proxy-wasm-kit/sdk/json";

class Root extends RootContext {
  readonly refused: Counter = Counter.define("my_filter_refused");
  readonly bytes: Counter = Counter.define("my_filter_bytes");
  /** What every connection must begin with. */
  preamble: ArrayBuffer = new ArrayBuffer(0);

  onConfigure(configuration: Buffer): bool {
    const reader = ConfigReader.read(configuration.bytes());
    this.preamble = reader.bytes("preamble");
    return reader.finish("my-filter");
  }

  createStreamContext(id: u32): StreamContext | null {
    return new Connection(id, this);
  }
}

class Connection extends StreamContext {
  private isAccepted: bool = false;

  constructor(
    id: u32,
    private root: Root,
  ) {
    super(id);
  }

  onDownstreamData(size: u32, endOfStream: bool): FilterStatus {
    if (!this.isAccepted) {
      const preamble = this.root.preamble;
      const begin = this.downstream.bytes(0, preamble.byteLength);
      if (!equal(changetype<usize>(begin), changetype<usize>(preamble), begin.byteLength)) return this.refuse();
      if (begin.byteLength < preamble.byteLength) {
        // What is held comes again, with what follows.
        return endOfStream ? this.refuse() : FilterStatus.StopIteration;
      }
      this.isAccepted = true;
    }
    this.root.bytes.increment(size);
    return FilterStatus.Continue;
  }

  private refuse(): FilterStatus {
    this.root.refused.increment();
    log.warn("my-filter: a connection does not begin as it must");
    this.closeDownstream();
    return FilterStatus.StopIteration;
  }
}

registerRootContext((id) => new Root(id));
