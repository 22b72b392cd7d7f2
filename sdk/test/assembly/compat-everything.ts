// Has asc compile what the other filters leave: it looks at no function that nothing uses. Importers of everything at once
// are a case of their own. compat-module.test.ts compiles it.
export * from "@solo-io/proxy-runtime/assembly/runtime";

import * as proxy from "@solo-io/proxy-runtime";
import { Reference } from "@solo-io/proxy-runtime/assembly/runtime";

class Root extends proxy.RootContext {
  createContext(context_id: u32): proxy.Context {
    const context = super.createContext(context_id);
    return context.context_id == 0 ? context : new Stream(context_id, this);
  }

  onHttpCallResponse(token: u32, headers: u32, body_size: u32, trailers: u32): void {
    super.onHttpCallResponse(token, headers, body_size, trailers);
    this.cancelPendingRequests();
  }

  onDone(): bool {
    if (this.validateConfiguration(0)) this.done();
    return super.onDone();
  }
}

class Stream extends proxy.Context {
  onRequestMetadata(a: u32): proxy.FilterMetadataStatusValues {
    this.continueRequest();
    this.setEffectiveContext();
    return super.onRequestMetadata(a);
  }

  onResponseTrailers(s: u32): proxy.FilterTrailersStatusValues {
    const callback = new proxy.HttpCallback(this, (origin: proxy.BaseContext, h: u32, b: usize, t: u32) => {});
    callback.cb(callback.origin_context, 0, 0, 0);
    const word = new Reference<u64>();
    store<u64>(word.ptr(), 1);
    if (word.data == 0) this.createContext();
    new proxy.Histogram("everything").increment(<i64>word.data);
    proxy.log(proxy.LogLevelValues.info, proxy.makeHeaderPair("a", "b").toString());
    return super.onResponseTrailers(s);
  }
}

proxy.registerRootContext((context_id: u32) => new Root(context_id), "everything");
