// Asks an authorization service, over Envoy's own ext_authz protocol, whether a request may pass. It fails closed: without
// a clear yes the answer is 403, and 503 when the service cannot be asked.
import {
  Buffer,
  FilterHeadersStatus,
  GrpcCall,
  GrpcResponse,
  GrpcService,
  GrpcStatus,
  HttpContext,
  LocalResponse,
  log,
  RootContext,
  registerRootContext,
  Status,
} from "@proxy-wasm-kit/sdk";
import { ConfigReader } from "@proxy-wasm-kit/sdk/json";
import { checkRequest, isAllowed } from "./ext-authz";

class CheckRoot extends RootContext {
  private call: GrpcCall | null = null;
  readonly denied: LocalResponse = new LocalResponse(403).body("denied\n").details("grpc_check:denied");
  readonly unavailable: LocalResponse = new LocalResponse(503)
    .body("cannot be checked\n")
    .details("grpc_check:unavailable")
    .grpc(GrpcStatus.Unavailable);

  onConfigure(configuration: Buffer): bool {
    const reader = ConfigReader.read(configuration.bytes());
    const cluster = reader.string("cluster");
    const timeoutMs = <u32>reader.integerOr("timeout_ms", 1, 60000, 200);
    const service = GrpcService.cluster(cluster);
    this.call = new GrpcCall(service, "envoy.service.auth.v3.Authorization", "Check").timeoutMs(timeoutMs);
    return reader.finish("grpc-check");
  }

  createHttpContext(id: u32): HttpContext | null {
    return new Check(id, this);
  }

  /** Asks about the request of `stream`. */
  ask(stream: Check): Status {
    return this.call!.send(checkRequest(stream.request.headers), stream, (self: Check, response: GrpcResponse) =>
      self.onAnswer(response),
    );
  }
}

class Check extends HttpContext {
  constructor(
    id: u32,
    private root: CheckRoot,
  ) {
    super(id);
  }

  onRequestHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    const status = this.root.ask(this);
    if (status != Status.Ok) {
      log.warn(`grpc-check: the service cannot be called (status ${status})`);
      this.root.unavailable.send();
    }
    return FilterHeadersStatus.StopAllIterationAndWatermark;
  }

  onAnswer(response: GrpcResponse): void {
    if (response.status != GrpcStatus.Ok) {
      log.warn(`grpc-check: no answer (gRPC status ${response.status}): ${response.error}`);
      this.root.unavailable.send();
    } else if (isAllowed(response.message.bytes())) {
      this.resumeRequest();
    } else {
      this.root.denied.send();
    }
  }
}

registerRootContext((id) => new CheckRoot(id));
