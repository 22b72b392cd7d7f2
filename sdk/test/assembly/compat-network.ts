// A TCP filter in solo-io's manner; compat.test.ts runs it.
export * from "@solo-io/proxy-runtime/proxy";

import {
  BufferTypeValues,
  Context,
  FilterStatusValues,
  get_buffer_bytes,
  LogLevelValues,
  log,
  PeerTypeValues,
  RootContext,
  registerRootContext,
  set_buffer_bytes,
} from "@solo-io/proxy-runtime/assembly/runtime";

class NetworkRoot extends RootContext {
  createContext(context_id: u32): Context {
    return new Connection(context_id, this);
  }
}

class Connection extends Context {
  onNewConnection(): FilterStatusValues {
    log(LogLevelValues.info, "open");
    return FilterStatusValues.Continue;
  }

  onDownstreamData(size: usize, end: bool): FilterStatusValues {
    const data = get_buffer_bytes(BufferTypeValues.NetworkDownstreamData, 0, <u32>size);
    const upper = String.UTF8.encode(String.UTF8.decode(data).toUpperCase());
    set_buffer_bytes(BufferTypeValues.NetworkDownstreamData, 0, <u32>size, upper);
    return FilterStatusValues.Continue;
  }

  onUpstreamData(size: usize, end: bool): FilterStatusValues {
    if (size > 0) log(LogLevelValues.info, `up ${size}`);
    return FilterStatusValues.Continue;
  }

  onDownstreamConnectionClose(t: PeerTypeValues): void {
    log(LogLevelValues.info, "closed");
  }
}

registerRootContext((context_id: u32) => new NetworkRoot(context_id), "network");
