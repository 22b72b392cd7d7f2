// Asks in every way for each stream, and hears who is answered.
import {
  CallResponse,
  FilterHeadersStatus,
  GrpcCall,
  GrpcResponse,
  GrpcService,
  GrpcStream,
  HttpCall,
  HttpContext,
  log,
  RootContext,
  registerRootContext,
} from "@proxy-wasm-kit/sdk";

class Root extends RootContext {
  createHttpContext(id: u32): HttpContext | null {
    return new Stream(id);
  }
}

class Talk extends GrpcStream {}

class Stream extends HttpContext {
  onRequestHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    const service = GrpcService.cluster("a");
    new HttpCall("a").send(this, (self: Stream, response: CallResponse) => log.error("answered " + self.id.toString()));
    new GrpcCall(service, "s", "m").send(new ArrayBuffer(0), this, (self: Stream, response: GrpcResponse) =>
      log.error("answered " + self.id.toString()),
    );
    new Talk().open(service, "s", "m", this);
    return FilterHeadersStatus.StopAllIterationAndWatermark;
  }
}

registerRootContext((id) => new Root(id));
