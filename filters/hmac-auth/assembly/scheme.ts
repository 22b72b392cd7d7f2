// What every scheme does for a request. The context calls these in this order; between them it looks at the size of the
// body and holds the request. A scheme keeps what it must remember in the Attempt, never in itself.
import { HeaderMap } from "@proxy-wasm-kit/sdk";
import { Attempt } from "./attempt";
import { Key } from "./key";
import { RequestLines } from "./lines";
import { Reason } from "./reason";

export abstract class Scheme {
  /** An empty body is refused, whatever its signature. */
  refusesEmptyBody: bool = false;

  /** The auth-scheme of WWW-Authenticate. */
  get challenge(): string {
    return "HMAC";
  }

  /** The value of Accept-Signature, which is sent with a 401; "" for none. */
  get acceptSignature(): string {
    return "";
  }

  /** Whether the time or an id is signed, so that no two requests that are meant are the same. */
  abstract get isUnique(): bool;

  /** Keys, for their metrics. */
  abstract get keys(): StaticArray<Key>;

  /** The signature runs over the body of every request, so that one whose body never ends cannot be verified. */
  get signsBody(): bool {
    return false;
  }

  /** Whether the request has anything of a signature: only without is it anonymous. */
  abstract hasCredentials(lines: RequestLines): bool;

  /**
   * In the headers callback: duplicates, presence, shape, id, freshness, in this order. Copies what is needed later, as
   * lines are gone afterwards, and sets `attempt.wantsBody`.
   */
  abstract begin(lines: RequestLines, attempt: Attempt): Reason;

  /** Still in the headers callback, after the size was looked at: the MAC, when it does not run over the body. */
  verifyEarly(attempt: Attempt): Reason {
    return Reason.None;
  }

  /** When the whole body is there (at once without one): the MAC if it was not verified before, then digests. */
  abstract finish(attempt: Attempt): Reason;

  /** Removes the headers with the signature, before upstream sees them. */
  abstract hideCredentials(headers: HeaderMap): void;

  /** Whether `mode: sign` works with it. */
  get canSign(): bool {
    return false;
  }

  /** In place of `begin`, in `mode: sign`: removes what the client claims, and prepares the text. */
  beginSigning(lines: RequestLines, headers: HeaderMap, attempt: Attempt): Reason {
    return Reason.None;
  }

  /** In place of `finish`, in `mode: sign`: sets the headers with the signature. */
  sign(headers: HeaderMap, attempt: Attempt): Reason {
    return Reason.None;
  }
}
