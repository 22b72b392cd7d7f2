export * from "@solo-io/proxy-runtime/proxy";

import { Context, RootContext, registerRootContext } from "@solo-io/proxy-runtime";

class NoopRoot extends RootContext {
  createContext(id: u32): Context {
    return new Noop(id, this);
  }
}

class Noop extends Context {
  constructor(id: u32, root: NoopRoot) {
    super(id, root);
  }
}

registerRootContext((id: u32) => new NoopRoot(id), "bench");
