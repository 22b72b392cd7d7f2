// Traps where the test looks for it, when a request has no "x-number".
import { FilterHeadersStatus, HttpContext, RootContext, registerRootContext } from "@proxy-wasm-kit/sdk";

class Trapping extends HttpContext {
  onRequestHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    this.response.headers.set("x-length", lengthOf(this.request.headers.get("x-number")).toString());
    return FilterHeadersStatus.Continue;
  }
}

function lengthOf(text: string | null): i32 {
  return text!.length;
}

class Root extends RootContext {
  createHttpContext(id: u32): HttpContext {
    return new Trapping(id);
  }
}

registerRootContext((id) => new Root(id));
