/** A filter for tests of commands that serve: says what it does with a request, by its path. */
export const probe = (word: string) => `
import { FilterDataStatus, FilterHeadersStatus, HttpContext, LocalResponse, log, RootContext, registerRootContext, Buffer } from "@proxy-wasm-kit/sdk";

class Root extends RootContext {
  greeting: string = "";
  onConfigure(configuration: Buffer): bool {
    this.greeting = configuration.text();
    if (this.greeting == "bad") log.error("probe: this configuration is bad");
    else log.info("probe: configured");
    return this.greeting != "bad";
  }
  createHttpContext(id: u32): HttpContext | null { return new Probe(id, this); }
}

class Probe extends HttpContext {
  constructor(id: u32, private root: Root) { super(id); }
  onRequestHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    const path = this.request.headers.get(":path")!;
    log.info("probe: " + path);
    if (path == "/deny") {
      log.warn("probe: denied");
      new LocalResponse(403).body("no\\n").details("probe:denied").send();
      return FilterHeadersStatus.StopAllIterationAndWatermark;
    }
    if (path == "/trap") unreachable();
    return FilterHeadersStatus.Continue;
  }
  onRequestBody(size: u32, endOfStream: bool): FilterDataStatus {
    if (endOfStream) log.info("probe: the body is there");
    return FilterDataStatus.Continue;
  }
  onResponseHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    this.response.headers.set("x-probe", "${word} " + this.root.greeting);
    return FilterHeadersStatus.Continue;
  }
}
registerRootContext((id) => new Root(id));
`;
