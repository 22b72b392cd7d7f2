// The smallest filter that does something.
import { Buffer, FilterHeadersStatus, HttpContext, RootContext, registerRootContext } from "@proxy-wasm-kit/sdk";

class AddHeaderRoot extends RootContext {
  value: string = "";

  onConfigure(configuration: Buffer): bool {
    this.value = configuration.text();
    return true;
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
