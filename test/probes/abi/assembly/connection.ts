// A TCP connection whose bytes are changed on their way.
import { FilterStatus, log, PeerType, StreamContext } from "@proxy-wasm-kit/sdk";

export class ProbeConnection extends StreamContext {
  onDownstreamData(size: u32, endOfStream: bool): FilterStatus {
    if (size > 0) this.downstream.prepend(String.UTF8.encode(">"));
    return FilterStatus.Continue;
  }

  onUpstreamData(size: u32, endOfStream: bool): FilterStatus {
    if (size > 0) this.upstream.append(String.UTF8.encode("<"));
    return FilterStatus.Continue;
  }

  onUpstreamClose(peer: PeerType): void {
    log.info(`upstream closed ${peer}`);
  }
}
