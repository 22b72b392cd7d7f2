// Uses what no example needs, as the request's path says, and logs what came of it. One file a part of the ABI.
import {
  Buffer,
  clearRouteCache,
  FilterDataStatus,
  FilterHeadersStatus,
  FilterTrailersStatus,
  HttpContext,
  LocalResponse,
  log,
  RootContext,
  registerRootContext,
  StreamContext,
} from "@proxy-wasm-kit/sdk";
import { calls } from "./calls";
import { ProbeConnection } from "./connection";
import { edits } from "./edits";
import { openStream } from "./grpc";
import { queue } from "./queue";
import { state } from "./state";

class ProbeRoot extends RootContext {
  private started: bool = false;
  private isTcp: bool = false;

  onStart(vmConfiguration: Buffer): bool {
    this.started = true;
    return true;
  }

  onConfigure(configuration: Buffer): bool {
    log.info(`started ${this.started}, configuration of ${configuration.size} bytes`);
    this.isTcp = configuration.text() == "tcp";
    queue.register();
    return state.declare();
  }

  onQueueReady(token: u32): void {
    queue.drain(token);
  }

  createHttpContext(id: u32): HttpContext | null {
    if (this.isTcp) return null;
    return new Probe(id, this);
  }

  createStreamContext(id: u32): StreamContext | null {
    return new ProbeConnection(id);
  }
}

class Probe extends HttpContext {
  private path: string = "";

  constructor(
    id: u32,
    private root: ProbeRoot,
  ) {
    super(id);
  }

  onRequestHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    const path = this.request.headers.get(":path");
    this.path = path === null ? "" : path;
    if (this.path == "/map") edits.headers(this.request.headers);
    else if (this.path == "/whole") edits.whole(this.request.headers);
    else if (this.path == "/state") state.use();
    else if (this.path == "/foreign") calls.foreign();
    else if (this.path == "/metrics") calls.metrics();
    else if (this.path == "/queue") queue.put();
    else if (this.path == "/clock") calls.clocks();
    // Not in onDone: the host says so, and nothing else happens.
    else if (this.path == "/done") this.root.done();
    else if (this.path.startsWith("/misuse/")) return this.misuse();
    else if (this.path == "/grpc") return openStream(this);
    else if (this.path == "/cut" || this.path == "/edit") this.request.headers.remove("content-length");
    return FilterHeadersStatus.Continue;
  }

  onRequestBody(size: u32, endOfStream: bool): FilterDataStatus {
    if (this.path == "/edit" && !endOfStream) return FilterDataStatus.StopIterationAndBuffer;
    if (this.path == "/edit") edits.body(this.request.body);
    return FilterDataStatus.Continue;
  }

  onRequestMetadata(count: u32): void {
    log.info(`request metadata ${count}`);
  }

  onResponseHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    if (this.path == "/edit") this.response.headers.remove("content-length");
    return FilterHeadersStatus.Continue;
  }

  onResponseMetadata(count: u32): void {
    log.info(`response metadata ${count}`);
  }

  onResponseBody(size: u32, endOfStream: bool): FilterDataStatus {
    if (this.path == "/edit" && size > 0) this.response.body.append(String.UTF8.encode("+"));
    return FilterDataStatus.Continue;
  }

  onResponseTrailers(count: u32): FilterTrailersStatus {
    this.response.trailers.set("x-seen", count.toString());
    return FilterTrailersStatus.Continue;
  }

  /** What Envoy would not survive, were it not refused. */
  private misuse(): FilterHeadersStatus {
    if (this.path == "/misuse/resume") this.resumeResponse();
    else if (this.path == "/misuse/close-twice") {
      this.closeRequest();
      this.closeResponse();
    } else if (this.path == "/misuse/answer-and-close") {
      new LocalResponse(403).body("no").send();
      this.closeRequest();
      this.resumeResponse();
    }
    return FilterHeadersStatus.Continue;
  }

  private misuseAtTheEnd(): void {
    if (this.path != "/misuse/end") return;
    new LocalResponse(403).send();
    this.closeRequest();
    this.resumeResponse();
    log.info(`route ${clearRouteCache()}`);
  }

  onDone(): bool {
    log.debug("done");
    this.misuseAtTheEnd();
    return true;
  }

  onDelete(): void {
    this.misuseAtTheEnd();
  }

  onLog(): void {
    const status = this.response.headers.get(":status");
    log.info("logged " + (status === null ? "-" : status));
    this.misuseAtTheEnd();
  }
}

registerRootContext((id) => new ProbeRoot(id));
