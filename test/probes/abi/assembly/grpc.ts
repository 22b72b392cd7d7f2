// A gRPC stream that holds a request until the service has closed it.
import {
  Buffer,
  FilterHeadersStatus,
  GrpcService,
  GrpcStatus,
  GrpcStream,
  HeaderMap,
  Headers,
  HttpContext,
  log,
  Status,
} from "@proxy-wasm-kit/sdk";

class Talk extends GrpcStream {
  private count: i32 = 0;

  constructor(private context: HttpContext) {
    super();
  }

  onInitialMetadata(metadata: HeaderMap): void {
    const value = metadata.get("x-initial");
    log.info("initial " + (value === null ? "null" : value));
  }

  onMessage(message: Buffer): void {
    log.info("message " + message.text());
    if (++this.count == 1) this.send(String.UTF8.encode("two"));
    else this.close();
  }

  onTrailingMetadata(metadata: HeaderMap): void {
    const value = metadata.get("x-trailing");
    log.info("trailing " + (value === null ? "null" : value));
  }

  onClose(status: GrpcStatus, error: string): void {
    const late = this.send(String.UTF8.encode("late"));
    log.info(`closed ${status} ${error}, then ${late} ${this.close()} ${this.cancel()}`);
    this.context.resumeRequest();
  }
}

class Canceled extends GrpcStream {
  onClose(status: GrpcStatus, error: string): void {
    log.error("a canceled stream is not heard of again");
  }
}

export function openStream(context: HttpContext): FilterHeadersStatus {
  const service = GrpcService.cluster("talk");
  const canceled = new Canceled();
  log.info(`opened ${canceled.open(service, "test.Talk", "Canceled", context)} ${canceled.cancel()}`);
  const talk = new Talk(context);
  const opened = talk.open(service, "test.Talk", "Talk", context, new Headers().with("x-mine", "1"));
  if (opened != Status.Ok) return FilterHeadersStatus.Continue;
  talk.send(String.UTF8.encode("one"));
  return FilterHeadersStatus.StopAllIterationAndWatermark;
}
