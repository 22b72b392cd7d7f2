// Answers of the filter's own, in place of upstream's.
import { GrpcStatus, Status } from "./abi";
import { refusesAnswer } from "./crash-guard";
import * as host from "./env";
import { Headers } from "./headers";
import { log, unexpected } from "./log";
import { Encoder, first } from "./text";

/**
 * A response to send to the client; it can be made once and sent many times.
 * `new LocalResponse(401).header("x-reason", "no").body("refused\n").details("my_filter:no").send()`
 */
export class LocalResponse {
  private headers: Headers = new Headers();
  /** The same in the host's layout. */
  private pairs: Encoder = new Encoder();
  private content: ArrayBuffer = new ArrayBuffer(0);
  private code: string = "";
  private grpcStatus: GrpcStatus = GrpcStatus.Unset;

  /** `status` is 200 to 599; anything else a client could not read, and 500 is sent. 204 and 304 have no body. */
  constructor(private status: u32) {
    if (status < 200 || status > 599) {
      log.error("a local response cannot have this status: 500 is sent");
      this.status = 500;
    }
  }

  header(name: string, value: string): this {
    this.headers.with(name, value);
    this.headers.encode(this.pairs);
    return this;
  }

  /** Envoy adds `content-type: text/plain` unless a header says otherwise. */
  body(text: string): this {
    return this.bodyBytes(first().set(text).toBuffer());
  }

  bodyBytes(data: ArrayBuffer): this {
    if (this.status != 204 && this.status != 304) this.content = data;
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
   * in the same callback is dropped. Refused where it would crash Envoy: in `onLog`,
   * `onDone`, `onDelete` and `onResponseMetadata`, and when the stream was closed in the same callback.
   */
  send(): void {
    if (refusesAnswer()) return;
    first().set(this.code);
    const status = host.proxy_send_local_response(
      this.status,
      first().ptr,
      first().length,
      changetype<usize>(this.content),
      this.content.byteLength,
      this.pairs.ptr,
      this.pairs.length,
      this.grpcStatus,
    );
    if (status != Status.Ok) unexpected("proxy_send_local_response", status);
  }
}
