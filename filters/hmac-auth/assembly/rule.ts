// One rule of the configuration: which requests it is for, and what is asked of them.
import { Match } from "@proxy-wasm-kit/sdk/rules";
import { Attempt } from "./attempt";
import { isBytes, startsWith } from "./bytes";
import { RequestLines } from "./lines";
import { RuleMetrics } from "./metrics";
import { Reason } from "./reason";
import { Challenge, detailsOf } from "./refusal";
import { ReplayStore } from "./replay";
import { Scheme } from "./scheme";

/** The block "match": the SDK's, and a path of its own. */
export class RequestMatch {
  constructor(
    private match: Match,
    /** "path" and "path_prefix"; null when they are not there. */
    private path: ArrayBuffer | null,
    private pathPrefix: ArrayBuffer | null,
  ) {}

  accepts(lines: RequestLines): bool {
    const facts = lines.facts;
    const path = this.path;
    if (path !== null && !isBytes(facts.pathPtr, facts.pathSize, path)) return false;
    const prefix = this.pathPrefix;
    if (prefix !== null && !startsWith(facts.pathPtr, facts.pathSize, prefix)) return false;
    return this.match.accepts(facts);
  }
}

export class Rule {
  next: Rule | null = null;
  /** Larger bodies are refused. */
  maxBodyBytes: u32 = 0;
  hidesCredentials: bool = false;
  /** Who a request without credentials is; "" when such a request is refused. */
  anonymousConsumer: string = "";
  replay: ReplayStore | null = null;
  /** Null in the two-field form. */
  metrics: RuleMetrics | null = null;
  readonly challenge: Challenge;

  constructor(
    readonly id: string,
    /** Null: every request. */
    readonly match: RequestMatch | null,
    /** Null: requests pass as they are. */
    readonly scheme: Scheme | null,
    /** As the configuration has it. */
    readonly schemeName: string,
  ) {
    this.challenge = new Challenge(
      scheme === null ? "HMAC" : scheme.challenge,
      scheme === null ? "" : scheme.acceptSignature,
    );
  }

  accepts(lines: RequestLines): bool {
    const match = this.match;
    return match === null || match.accepts(lines);
  }

  /** A refusal, for the log. */
  describe(reason: Reason, attempt: Attempt | null): string {
    const details = detailsOf(reason);
    if (this.id.length == 0) return details;
    const text = details + " rule " + this.id + " scheme " + this.schemeName;
    return attempt === null || attempt.key === null ? text : text + " key " + attempt.key!.id;
  }

  /** The verdict when all that takes part is there: MAC and digests, who it is, and whether it was here before. */
  judge(scheme: Scheme, attempt: Attempt): Reason {
    if (attempt.bodyBytes == 0 && scheme.refusesEmptyBody) return Reason.EmptyBody;
    const reason = scheme.finish(attempt);
    if (reason != Reason.None) return reason;
    const consumer = attempt.consumer;
    // Before the store, which must not know of a request that was not let through.
    if (consumer !== null && !consumer.isAllowed) return Reason.ConsumerNotAllowed;
    const replay = this.replay;
    return replay === null || replay.admit(attempt.fingerprint) ? Reason.None : Reason.Replayed;
  }
}
