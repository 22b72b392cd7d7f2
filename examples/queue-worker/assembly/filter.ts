// The half that runs in every worker, on the requests. It takes no configuration.
import { Counter, FilterHeadersStatus, HttpContext, log, RootContext, SharedQueue, Status } from "@proxy-wasm-kit/sdk";

/** The queue's name within the VM's `vm_id`. */
export const QUEUE = "responses";

export class FilterRoot extends RootContext {
  private queue: SharedQueue | null = null;
  private lost: Counter = Counter.define("queue_worker_lost");

  createHttpContext(id: u32): HttpContext | null {
    return new Filter(id, this);
  }

  put(line: string): void {
    let queue = this.queue;
    // The service may start after us.
    if (queue === null) this.queue = queue = SharedQueue.resolve("", QUEUE);
    if (queue !== null && queue.enqueue(String.UTF8.encode(line)) == Status.Ok) return;
    this.lost.increment();
    log.warn("queue-worker: there is no queue; is the service running, with the same vm_id?");
  }
}

class Filter extends HttpContext {
  private line: string = "";

  constructor(
    id: u32,
    private root: FilterRoot,
  ) {
    super(id);
  }

  onRequestHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    // Request headers are gone when the response comes.
    const method = this.request.headers.get(":method");
    const path = this.request.headers.get(":path");
    this.line = (method === null ? "-" : method) + " " + (path === null ? "-" : path);
    return FilterHeadersStatus.Continue;
  }

  onResponseHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    const status = this.response.headers.get(":status");
    this.root.put(this.line + " " + (status === null ? "-" : status));
    return FilterHeadersStatus.Continue;
  }
}
