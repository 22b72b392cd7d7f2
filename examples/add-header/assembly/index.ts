// Adds a header to every response. The configuration is its value, as plain text.
import { Buffer, FilterHeadersStatus, HttpContext, log, RootContext, registerRootContext } from "@proxy-wasm-kit/sdk";

class AddHeaderRoot extends RootContext {
  value: string = "";

  onConfigure(configuration: Buffer): bool {
    this.value = configuration.text();
    if (this.value.length > 0) return true;
    log.error("add-header: the configuration is the header's value, and there is none");
    return false;
  }

  createHttpContext(id: u32): HttpContext | null {
    return new AddHeader(id, this);
  }
}

class AddHeader extends HttpContext {
  constructor(
    id: u32,
    private root: AddHeaderRoot,
  ) {
    super(id);
  }

  onResponseHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    this.response.headers.set("x-hello", this.root.value);
    return FilterHeadersStatus.Continue;
  }
}

registerRootContext((id) => new AddHeaderRoot(id));
