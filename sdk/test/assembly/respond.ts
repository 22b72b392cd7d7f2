// A filter that makes garbage: an answer of its own for every request.
import { FilterHeadersStatus, HttpContext, LocalResponse, RootContext, registerRootContext } from "@proxy-wasm-kit/sdk";

class RespondRoot extends RootContext {
  createHttpContext(id: u32): HttpContext | null {
    return new Respond(id);
  }
}

class Respond extends HttpContext {
  onRequestHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    new LocalResponse(403)
      .header("x-a", "1")
      .header("x-b", "é")
      .body("no\n")
      .details("respond:" + this.id.toString())
      .send();
    return FilterHeadersStatus.StopIteration;
  }
}

registerRootContext((id) => new RespondRoot(id));
