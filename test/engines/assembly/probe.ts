// What the tests of the engines send through them: calls to clusters, a queue with its worker, and a TCP filter.
import {
  Buffer,
  Counter,
  FilterHeadersStatus,
  FilterStatus,
  GrpcCall,
  GrpcService,
  GrpcStatus,
  GrpcStream,
  HttpCall,
  HttpContext,
  log,
  PeerType,
  RootContext,
  registerRootContext,
  SharedQueue,
  Status,
  StreamContext,
} from "@proxy-wasm-kit/sdk";

/** Asks what its header says, and tells upstream the answer in `x-answer`. */
class Caller extends HttpContext {
  onRequestHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    const task = this.request.headers.get("x-task");
    if (task === null) return FilterHeadersStatus.Continue;
    const words = task.split(" ");
    const status = this.act(words[0], words[1], words.length > 2 ? words[2] : "");
    if (status == Status.Ok && words[0] != "enqueue") return FilterHeadersStatus.StopIteration;
    this.request.headers.set("x-answer", "status " + status.toString());
    return FilterHeadersStatus.Continue;
  }

  private act(task: string, target: string, text: string): Status {
    const bytes = String.UTF8.encode(text);
    if (task == "http") {
      return new HttpCall(target)
        .header(":method", "POST")
        .header(":path", "/ask")
        .header(":authority", "cluster.example")
        .header("x-from", "probe")
        .body(bytes)
        .timeoutMs(300)
        .send(this, (self, response) => self.answered(response.status.toString(), response.body.text()));
    }
    if (task == "grpc") {
      return new GrpcCall(GrpcService.cluster(target), "probe.Probe", "Ask")
        .metadata("x-from", "probe")
        .timeoutMs(300)
        .send(bytes, this, (self, response) =>
          self.answered((<i32>response.status).toString(), response.message.text() + response.error),
        );
    }
    if (task == "stream") {
      const stream = new Conversation(this);
      const opened = stream.open(GrpcService.cluster(target), "probe.Probe", "Talk", this);
      return opened == Status.Ok ? stream.send(bytes) : opened;
    }
    const queue = SharedQueue.resolve("worker", target);
    return queue === null ? Status.NotFound : queue.enqueue(bytes);
  }

  answered(status: string, text: string): void {
    this.request.headers.set("x-answer", status + " " + text);
    this.resumeRequest();
  }
}

/** Closes its side after the first answer, and then hears the rest. */
class Conversation extends GrpcStream {
  private heard: string = "";

  constructor(private caller: Caller) {
    super();
  }

  onMessage(message: Buffer): void {
    this.heard += message.text() + ",";
    this.close();
  }

  onClose(status: GrpcStatus, error: string): void {
    this.caller.answered((<i32>status).toString(), this.heard + error);
  }
}

class CallerRoot extends RootContext {
  createHttpContext(id: u32): HttpContext {
    return new Caller(id);
  }
}

/** Takes what is put into the queue "work". */
class Worker extends RootContext {
  private queue: SharedQueue | null = null;
  private worked: Counter | null = null;

  onConfigure(configuration: Buffer): bool {
    const text = configuration.text();
    log.info("worker starts with " + text);
    this.queue = SharedQueue.register("work");
    this.worked = Counter.define("worked");
    return text != "refuse";
  }

  onQueueReady(token: u32): void {
    const item = this.queue!.dequeue();
    if (item === null) return;
    log.info("worked on " + String.UTF8.decode(item));
    this.worked!.increment();
  }
}

/** Says what passes; a connection that begins with "quit" is closed. */
class Tap extends StreamContext {
  onNewConnection(): FilterStatus {
    log.info("connected");
    return FilterStatus.Continue;
  }

  onDownstreamData(size: u32, endOfStream: bool): FilterStatus {
    const text = this.downstream.text();
    log.info("client says " + text);
    if (!text.startsWith("quit")) return FilterStatus.Continue;
    this.closeDownstream();
    return FilterStatus.StopIteration;
  }

  onUpstreamData(size: u32, endOfStream: bool): FilterStatus {
    log.info("server says " + this.upstream.text());
    return FilterStatus.Continue;
  }

  onDownstreamClose(peer: PeerType): void {
    log.info("closed by " + (peer == PeerType.Remote ? "the client" : "us"));
  }
}

class TapRoot extends RootContext {
  createStreamContext(id: u32): StreamContext {
    return new Tap(id);
  }
}

registerRootContext((id) => new CallerRoot(id), "caller");
registerRootContext((id) => new Worker(id), "worker");
registerRootContext((id) => new TapRoot(id), "tap");
