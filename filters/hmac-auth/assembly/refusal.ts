// Why a request is refused, and what the client is told: the same for every 401, so that it learns nothing. The reason
// goes to %RESPONSE_CODE_DETAILS%, the metrics and the debug log.
import { Counter, GrpcStatus, LocalResponse, log } from "@proxy-wasm-kit/sdk";

export enum Reason {
  None,
  DuplicateHeader,
  MissingSignature,
  MalformedSignature,
  UnsupportedUpgrade,
  EmptyBody,
  SignatureMismatch,
  BodyTooLarge,
  BodyTimeout,
}

const NAMES: StaticArray<string> = [
  "",
  "duplicate_header",
  "missing_signature",
  "malformed_signature",
  "unsupported_upgrade",
  "empty_body",
  "signature_mismatch",
  "body_too_large",
  "body_timeout",
];

export class Refusals {
  private unauthorized: LocalResponse = answer(401, '{"error":"unauthorized"}', GrpcStatus.Unauthenticated).header(
    "www-authenticate",
    'HMAC realm="hmac"',
  );
  private tooLarge: LocalResponse = answer(413, '{"error":"body too large"}', GrpcStatus.ResourceExhausted);
  private timeout: LocalResponse = answer(408, '{"error":"body too slow"}', GrpcStatus.DeadlineExceeded);
  private verified: Counter = Counter.define("hmac_auth_verified");
  private rejected: Counter = Counter.define("hmac_auth_rejected");
  private byReason: StaticArray<Refusal | null> = new StaticArray<Refusal | null>(NAMES.length);

  send(reason: Reason): void {
    const refusal = this.of(reason);
    this.rejected.increment();
    refusal.counter.increment();
    log.debug(refusal.details);
    const response =
      reason == Reason.BodyTooLarge ? this.tooLarge : reason == Reason.BodyTimeout ? this.timeout : this.unauthorized;
    response.details(refusal.details).send();
  }

  countVerified(): void {
    this.verified.increment();
  }

  /** Made when a reason first occurs, so that what never happens is not in the statistics. A reason is within bounds. */
  private of(reason: Reason): Refusal {
    const known = unchecked(this.byReason[reason]);
    if (known !== null) return known;
    const refusal = new Refusal(unchecked(NAMES[reason]));
    this.byReason[reason] = refusal;
    return refusal;
  }
}

/** What one reason needs. */
class Refusal {
  readonly details: string;
  readonly counter: Counter;

  constructor(name: string) {
    this.details = "hmac_auth:" + name;
    this.counter = Counter.define("hmac_auth_rejected_" + name);
  }
}

function answer(status: u32, body: string, grpcStatus: GrpcStatus): LocalResponse {
  return new LocalResponse(status).header("content-type", "application/json").body(body).grpc(grpcStatus);
}
