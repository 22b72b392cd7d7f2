// What a client is told: the same for every 401, so that it learns nothing. The reason goes to %RESPONSE_CODE_DETAILS% and,
// when `debug_headers` asks for it, to a header.
import { GrpcStatus, LocalResponse } from "@proxy-wasm-kit/sdk";
import { REASON_NAMES, Reason } from "./reason";

/** `reject` and `debug_headers` of the configuration. */
export class RefusalOptions {
  status: u32 = 401;
  realm: string = "hmac";
  body: string = '{"error":"unauthorized"}';
  contentType: string = "application/json";
  hasDebugHeaders: bool = false;
}

/** How a client may authenticate: what a 401 says of the rule's scheme. */
export class Challenge {
  /** Made when it is first needed. */
  response: LocalResponse | null = null;

  constructor(
    readonly authScheme: string,
    /** The value of Accept-Signature; "" for none. */
    readonly acceptSignature: string,
  ) {}
}

export class Refusals {
  constructor(private options: RefusalOptions) {}

  /** Answers the current request. */
  send(reason: Reason, challenge: Challenge): void {
    const response = this.responseFor(reason, challenge);
    if (this.options.hasDebugHeaders) response.header("x-hmac-auth-reason", unchecked(REASON_NAMES[reason]));
    response.details(detailsOf(reason)).send();
  }

  private responseFor(reason: Reason, challenge: Challenge): LocalResponse {
    if (reason == Reason.BodyTooLarge) return answer(413, '{"error":"body too large"}', GrpcStatus.ResourceExhausted);
    if (reason == Reason.BodyTimeout) return answer(408, '{"error":"body too slow"}', GrpcStatus.DeadlineExceeded);
    if (reason == Reason.ConsumerNotAllowed) return answer(403, '{"error":"forbidden"}', GrpcStatus.PermissionDenied);
    const known = challenge.response;
    // With the reason in it, every answer is another one.
    if (known !== null && !this.options.hasDebugHeaders) return known;
    const made = this.unauthorized(challenge);
    challenge.response = made;
    return made;
  }

  private unauthorized(challenge: Challenge): LocalResponse {
    const options = this.options;
    const response = new LocalResponse(options.status)
      .header("content-type", options.contentType)
      .body(options.body)
      .grpc(options.status == 403 ? GrpcStatus.PermissionDenied : GrpcStatus.Unauthenticated);
    if (options.status != 401) return response;
    response.header("www-authenticate", challenge.authScheme + ' realm="' + options.realm + '"');
    if (challenge.acceptSignature.length != 0) response.header("accept-signature", challenge.acceptSignature);
    return response;
  }
}

/** As access logs have it. */
export function detailsOf(reason: Reason): string {
  return "hmac_auth:" + unchecked(REASON_NAMES[reason]);
}

function answer(status: u32, body: string, grpcStatus: GrpcStatus): LocalResponse {
  return new LocalResponse(status).header("content-type", "application/json").body(body).grpc(grpcStatus);
}
