// The half that runs once, on the main thread. The configuration is the name of the cluster that collects the lines.
import {
  Buffer,
  CallResponse,
  Counter,
  HttpCall,
  log,
  RootContext,
  SharedQueue,
  Status,
  StringBuilder,
} from "@proxy-wasm-kit/sdk";
import { QUEUE } from "./filter";

/** Lines are sent this often. */
const PERIOD_MS = 100;
/** Lines in one call; more stay in the queue. */
const BATCH = 100;

export class ServiceRoot extends RootContext {
  private cluster: string = "";
  private queue: SharedQueue | null = null;
  private delivered: Counter = Counter.define("queue_worker_delivered");
  private failed: Counter = Counter.define("queue_worker_failed");

  onConfigure(configuration: Buffer): bool {
    this.cluster = configuration.text();
    if (this.cluster.length == 0) {
      log.error("queue-worker: the service's configuration is the name of the collecting cluster");
      return false;
    }
    this.queue = SharedQueue.register(QUEUE);
    this.setTickPeriodMs(PERIOD_MS);
    return this.queue !== null;
  }

  onTick(): void {
    // Not a string: each `+=` would copy all that is there, and the copies stay until this callback ends.
    const lines = new StringBuilder();
    let count = 0;
    const queue = this.queue!;
    while (count < BATCH) {
      const item = queue.dequeue();
      if (item === null) break;
      lines.appendBuffer(item).append("\n");
      ++count;
    }
    if (count > 0) this.deliver(lines.toBuffer(), count);
  }

  private deliver(lines: ArrayBuffer, count: u32): void {
    const status = new HttpCall(this.cluster)
      .header(":method", "POST")
      .header(":path", "/lines")
      .header(":authority", this.cluster)
      .header("content-type", "text/plain; charset=utf-8")
      .header("x-line-count", count.toString())
      .body(lines)
      .send(this, (self: ServiceRoot, response: CallResponse) => self.onAnswer(response));
    if (status != Status.Ok) this.fail(`status ${status}`);
  }

  private onAnswer(response: CallResponse): void {
    if (response.status == 200) this.delivered.increment();
    else this.fail(`HTTP status ${response.status}`);
  }

  private fail(why: string): void {
    this.failed.increment();
    log.warn("queue-worker: a batch was not taken: " + why);
  }
}
