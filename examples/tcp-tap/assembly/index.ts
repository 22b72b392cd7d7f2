// A network filter that listens in on TCP connections: it counts them and their bytes, logs how each one went and, if asked
// to, refuses connections that begin with what no client of the service would send.
import {
  Buffer,
  Counter,
  FilterStatus,
  log,
  PeerType,
  RootContext,
  registerRootContext,
  StreamContext,
} from "@proxy-wasm-kit/sdk";
import { ConfigReader } from "@proxy-wasm-kit/sdk/json";

class TapRoot extends RootContext {
  readonly connections: Counter = Counter.define("tcp_tap_connections");
  readonly refused: Counter = Counter.define("tcp_tap_refused");
  readonly fromClients: Counter = Counter.define("tcp_tap_bytes_from_clients");
  readonly fromServers: Counter = Counter.define("tcp_tap_bytes_from_servers");
  /** What every connection must begin with; empty: anything. */
  preamble: ArrayBuffer = new ArrayBuffer(0);

  onConfigure(configuration: Buffer): bool {
    const reader = ConfigReader.read(configuration.bytes());
    this.preamble = String.UTF8.encode(reader.stringOr("preamble", ""));
    return reader.finish("tcp-tap");
  }

  createStreamContext(id: u32): StreamContext | null {
    return new Tap(id, this);
  }
}

class Tap extends StreamContext {
  private sent: u64 = 0;
  private received: u64 = 0;
  private isJudged: bool = false;

  constructor(
    id: u32,
    private root: TapRoot,
  ) {
    super(id);
  }

  onNewConnection(): FilterStatus {
    this.root.connections.increment();
    return FilterStatus.Continue;
  }

  onDownstreamData(size: u32, endOfStream: bool): FilterStatus {
    if (!this.isJudged) {
      const preamble = this.root.preamble;
      const seen = this.downstream.bytes(0, preamble.byteLength);
      if (!isPrefix(seen, preamble) || (endOfStream && seen.byteLength < preamble.byteLength)) {
        this.root.refused.increment();
        log.warn("tcp-tap: a connection does not begin as it must");
        this.closeDownstream();
        return FilterStatus.StopIteration;
      }
      // What is held comes again, with what follows.
      if (seen.byteLength < preamble.byteLength) return FilterStatus.StopIteration;
      this.isJudged = true;
    }
    this.sent += size;
    this.root.fromClients.increment(size);
    return FilterStatus.Continue;
  }

  onUpstreamData(size: u32, endOfStream: bool): FilterStatus {
    this.received += size;
    this.root.fromServers.increment(size);
    return FilterStatus.Continue;
  }

  onDownstreamClose(peer: PeerType): void {
    const who = peer == PeerType.Remote ? "the client" : "us";
    log.info(`tcp-tap: closed by ${who} after ${this.sent} bytes from the client, ${this.received} from the server`);
  }
}

function isPrefix(bytes: ArrayBuffer, whole: ArrayBuffer): bool {
  for (let i = 0; i < bytes.byteLength; ++i) {
    if (load<u8>(changetype<usize>(bytes) + i) != load<u8>(changetype<usize>(whole) + i)) return false;
  }
  return true;
}

registerRootContext((id) => new TapRoot(id));
