// A filter that uses what lies beyond its own stream, as the request's path says; services.test.ts runs it.
import {
  Buffer,
  CallResponse,
  CounterFamily,
  FilterHeadersStatus,
  Gauge,
  Headers,
  Histogram,
  HttpCall,
  HttpContext,
  LocalResponse,
  log,
  Path,
  property,
  RootContext,
  random,
  registerRootContext,
  SharedData,
  SharedQueue,
  SharedValue,
  Status,
} from "@proxy-wasm-kit/sdk";

class ServicesRoot extends RootContext {
  queue: SharedQueue | null = null;

  onConfigure(configuration: Buffer): bool {
    this.queue = SharedQueue.register("work");
    return true;
  }

  onQueueReady(token: u32): void {
    const queue = this.queue!;
    const item = queue.dequeue();
    log.info(
      `ready ${token == queue.token} ${item === null ? "null" : String.UTF8.decode(item)} ${queue.dequeue() === null}`,
    );
  }

  createHttpContext(id: u32): HttpContext | null {
    return new Services(id, this);
  }
}

class Services extends HttpContext {
  answered: string = "";

  constructor(
    id: u32,
    private root: ServicesRoot,
  ) {
    super(id);
  }

  onRequestHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    const headers = this.request.headers;
    const path = headers.get(":path");
    if (path == "/call") return this.call("auth");
    if (path == "/call-nobody") return this.call("nobody");
    if (path == "/shared") this.share();
    else if (path == "/race") this.race();
    else if (path == "/queue") this.root.queue!.enqueue(String.UTF8.encode("é"));
    else if (path == "/metrics") this.measure();
    else if (path == "/replace") this.replace();
    else if (path == "/close") this.closeRequest();
    else if (path == "/types") {
      log.info(`${property.integer(Path.of("request.size"), -1)} ${property.integer(Path.of("request.path"), -1)}`);
      log.info(`${property.boolean(Path.of("connection.mtls"), true)} ${property.boolean(Path.of("none"), true)}`);
    } else if (path == "/random") {
      const bytes = new ArrayBuffer(100000);
      log.info(`${random.fill(bytes)} ${load<u64>(changetype<usize>(bytes) + 99992) != 0}`);
    }
    return path == "/close" ? FilterHeadersStatus.StopIteration : FilterHeadersStatus.Continue;
  }

  private call(cluster: string): FilterHeadersStatus {
    const call = new HttpCall(cluster)
      .header(":method", "POST")
      .header(":path", "/check")
      .header(":authority", cluster);
    const status = call.body(String.UTF8.encode("é")).send(this, (self: Services, response: CallResponse) => {
      log.info(`answer ${response.failed} ${response.status} ${response.body.text()}`);
      if (response.status == 200) {
        self.request.headers.set("x-user", response.body.text());
        self.resumeRequest();
      } else {
        new LocalResponse(403).details("services:refused").send();
      }
    });
    if (status == Status.Ok) return FilterHeadersStatus.StopIteration;
    log.info(`not sent: ${status}`);
    return FilterHeadersStatus.Continue;
  }

  private share(): void {
    const before = SharedData.get("count");
    const status = SharedData.update("count", this, (self: Services, now: SharedValue | null) =>
      String.UTF8.encode(now === null ? "1" : now.text() + "1"),
    );
    const after = SharedData.get("count");
    const stale = SharedData.set("count", String.UTF8.encode("x"), before === null ? 0xffff : before.cas);
    log.info(`${status} ${after === null ? "null" : after.text()} ${stale} ${SharedData.get("none") === null}`);
  }

  private race(): void {
    const status = SharedData.update("race", this, (self: Services, now: SharedValue | null) => {
      if (now !== null) return String.UTF8.encode(now.text() + " second");
      SharedData.set("race", String.UTF8.encode("first"));
      return String.UTF8.encode("lost");
    });
    log.info(`${status} ${SharedData.get("race")!.text()}`);
  }

  private measure(): void {
    const gauge = Gauge.define("probe_gauge");
    gauge.set(7);
    gauge.add(-3);
    Histogram.define("probe_histogram").record(5);
    log.info(`${gauge.value}`);
    const family = new CounterFamily("probe_family", ["method", "code"], 2);
    family.with(["GET", "200"]).increment();
    family.with(["GET", "200"]).increment();
    family.with(["a;.;b=.=c", "200"]).increment();
    family.with(["PUT", "404"]).increment();
    family.with(["DELETE", "404"]).increment();
    // A client may name a value as the rest is named, and give none.
    for (let i = 0; i < 5; ++i) family.with(["other", i.toString()]).increment();
    family.with([]).increment();
  }

  private replace(): void {
    const lines = new Headers()
      .with(":method", "PUT")
      .with("x-forwarded-proto", "http")
      .with(":path", "/new")
      .with(":authority", "new")
      .with(":scheme", "http");
    const many = new Headers();
    for (let i = 0; i < 1025; ++i) many.with("x-a", "1");
    log.info(`${this.request.headers.replaceAll(many)} ${this.request.headers.replaceAll(lines.with("x-a", "1"))}`);
    log.info(`${this.request.headers.byteSize} ${this.response.headers.byteSize}`);
  }
}

registerRootContext((id) => new ServicesRoot(id));
