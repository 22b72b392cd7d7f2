// Answers of the filter's own, in place of upstream's.
import { GrpcStatus, Status } from "./abi";
import { isRefused } from "./ending";
import * as host from "./env";
import { Headers } from "./headers";
import { unexpected } from "./log";
import { Encoder, first, second } from "./text";

/**
 * A response to send to the client; it can be made once and sent many times.
 * `new LocalResponse(401).header("x-reason", "no").body("refused\n").details("my_filter:no").send()`
 */
export class LocalResponse {
  private headers: Headers = new Headers();
  /** The same in the host's layout. */
  private pairs: Encoder = new Encoder();
  private text: string = "";
  private code: string = "";
  private grpcStatus: GrpcStatus = GrpcStatus.Unset;

  constructor(private status: u32) {}

  header(name: string, value: string): this {
    this.headers.with(name, value);
    this.headers.encode(this.pairs);
    return this;
  }

  /** Envoy adds `content-type: text/plain` unless a header says otherwise. */
  body(text: string): this {
    this.text = text;
    return this;
  }

  /** Shows as `%RESPONSE_CODE_DETAILS%` in access logs; blanks become "_". */
  details(code: string): this {
    this.code = code;
    return this;
  }

  /** The status that gRPC clients get in place of the HTTP one. */
  grpc(status: GrpcStatus): this {
    this.grpcStatus = status;
    return this;
  }

  /**
   * Sends it when the current callback has returned; what that callback returns is then of no effect, and a second one
   * in the same callback is dropped. Refused in `onLog`, `onDone` and `onResponseMetadata`, where it would crash Envoy.
   */
  send(): void {
    if (isRefused("a local response")) return;
    first().set(this.code);
    second().set(this.text);
    const status = host.proxy_send_local_response(
      this.status,
      first().ptr,
      first().length,
      second().ptr,
      second().length,
      this.pairs.ptr,
      this.pairs.length,
      this.grpcStatus,
    );
    if (status != Status.Ok) unexpected("proxy_send_local_response", status);
  }
}
