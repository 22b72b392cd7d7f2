// Adds a header to every response.
import { Buffer, FilterHeadersStatus, HttpContext, RootContext, registerRootContext } from "@proxy-wasm-kit/sdk";
import { ConfigReader } from "@proxy-wasm-kit/sdk/json";

class Root extends RootContext {
  header: string = "";
  value: string = "";

  onConfigure(configuration: Buffer): bool {
    const reader = ConfigReader.read(configuration.bytes());
    this.header = String.UTF8.decode(reader.headerName("header"));
    this.value = reader.string("value");
    // false: Envoy refuses the configuration. The log has all that was wrong with it.
    return reader.finish("my-filter");
  }

  createHttpContext(id: u32): HttpContext | null {
    return new Stream(id, this);
  }
}

/** One request and its response. */
class Stream extends HttpContext {
  constructor(
    id: u32,
    private root: Root,
  ) {
    super(id);
  }

  onResponseHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    this.response.headers.set(this.root.header, this.root.value);
    return FilterHeadersStatus.Continue;
  }
}

registerRootContext((id) => new Root(id));
