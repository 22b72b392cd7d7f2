import { HttpContext, RootContext, registerRootContext } from "@proxy-wasm-kit/sdk";

class Noop extends HttpContext {}

class NoopRoot extends RootContext {
  createHttpContext(id: u32): HttpContext {
    return new Noop(id);
  }
}

registerRootContext((id) => new NoopRoot(id));
