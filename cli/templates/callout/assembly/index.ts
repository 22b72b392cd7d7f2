// Asks a service about each request, and lets through what it answers 200 to. Without an answer nothing passes.
import {
  Buffer,
  CallResponse,
  FilterHeadersStatus,
  HttpCall,
  HttpContext,
  LocalResponse,
  log,
  RootContext,
  registerRootContext,
  Status,
} from "@proxy-wasm-kit/sdk";
import { ConfigReader } from "@proxy-wasm-kit/sdk/json";

class Root extends RootContext {
  /** Envoy's name of the service. */
  cluster: string = "";
  path: string = "";
  timeoutMs: u32 = 0;

  onConfigure(configuration: Buffer): bool {
    const reader = ConfigReader.read(configuration.bytes());
    this.cluster = reader.string("cluster");
    this.path = reader.stringOr("path", "/check");
    this.timeoutMs = <u32>reader.integerOr("timeout_ms", 1, 60000, 500);
    return reader.finish("my-filter");
  }

  createHttpContext(id: u32): HttpContext | null {
    return new Stream(id, this);
  }
}

/** One request. */
class Stream extends HttpContext {
  constructor(
    id: u32,
    private root: Root,
  ) {
    super(id);
  }

  onRequestHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    if (this.ask() != Status.Ok) this.fail("call");
    // Held until the answer is there, also the body.
    return FilterHeadersStatus.StopAllIterationAndWatermark;
  }

  private ask(): Status {
    const call = new HttpCall(this.root.cluster)
      .header(":method", "GET")
      .header(":path", this.root.path)
      .header(":authority", this.root.cluster)
      .timeoutMs(this.root.timeoutMs);
    const credentials = this.request.headers.get("authorization");
    if (credentials !== null) call.header("authorization", credentials);
    return call.send(this, (self: Stream, response: CallResponse) => self.onAnswer(response.status));
  }

  private onAnswer(status: u32): void {
    if (status == 200) this.resumeRequest();
    // 0: there was no answer in time.
    else if (status == 0 || status >= 500) this.fail("answer");
    else new LocalResponse(403).body("forbidden\n").details("my_filter:denied").send();
  }

  private fail(what: string): void {
    log.warn("my-filter: the service cannot be asked: no " + what);
    new LocalResponse(503)
      .body("unavailable\n")
      .details("my_filter:no_" + what)
      .send();
  }
}

registerRootContext((id) => new Root(id));
