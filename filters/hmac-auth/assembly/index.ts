// hmac-auth: lets a request through only when it is signed. This file has the contexts: when a request is held, judged,
// refused or signed. What a signature is, schemes know (scheme.ts); the configuration is in config/, what a refusal says
// in refusal.ts.
import {
  Buffer,
  FilterDataStatus,
  FilterHeadersStatus,
  FilterTrailersStatus,
  log,
  RootContext,
  registerRootContext,
  Status,
  setEffectiveContext,
} from "@proxy-wasm-kit/sdk";
import { Attempt } from "./attempt";
import { readConfig } from "./config/config";
import { Config, Hold, Mode } from "./config/settings";
import { handOver, isCounting, Metrics } from "./metrics";
import { Reason } from "./reason";
import { Challenge, detailsOf, Refusals } from "./refusal";
import { Rule } from "./rule";
import { Scheme } from "./scheme";
import { WaitingContext, WaitingList } from "./waiting-list";

enum State {
  /** No verdict yet: the body is awaited. */
  Waiting,
  /** Goes on: verified, signed, allowed, or reported only. */
  Passed,
  Refused,
}

class HmacAuthRoot extends RootContext {
  readonly waiting: WaitingList = new WaitingList();
  readonly metrics: Metrics = new Metrics();
  readonly noRule: Challenge = new Challenge("HMAC", "");
  private settings: Config | null = null;
  private refusing: Refusals | null = null;
  private spare: Attempt | null = null;
  private ticking: bool = false;
  private warned: bool = false;

  onConfigure(configuration: Buffer): bool {
    const config = readConfig(configuration.bytes());
    if (config === null) return false;
    this.settings = config;
    this.refusing = new Refusals(config.refusal);
    this.waiting.patience = config.patienceTicks;
    return true;
  }

  // Streams come only after a configuration was accepted; the assertions fail closed on a host where that is not so.
  get config(): Config {
    return this.settings!;
  }

  get refusals(): Refusals {
    return this.refusing!;
  }

  createHttpContext(id: u32): HmacAuth {
    return new HmacAuth(id, this);
  }

  /** Watches a request until its verdict. */
  watch(request: HmacAuth): void {
    this.waiting.add(request);
    this.tickSoon();
  }

  /** The timer runs only while there is a request to watch, or something to count. */
  tickSoon(): void {
    if (this.ticking) return;
    this.ticking = true;
    this.setTickPeriodMs(this.config.tickMs);
  }

  onTick(): void {
    const waiting = this.waiting;
    waiting.tick();
    handOver();
    if (!waiting.isEmpty) return;
    this.ticking = false;
    this.setTickPeriodMs(0);
  }

  onDelete(): void {
    handOver();
  }

  /** Says once what the operator may have to change. */
  warnOfMissingBody(): void {
    if (this.warned) return;
    this.warned = true;
    log.warn("hmac-auth: no body came in time: is allow_on_headers_stop_iteration set?");
  }

  /** Attempts are used again, so that a request allocates nothing for its hashes. */
  takeAttempt(): Attempt {
    const attempt = this.spare;
    if (attempt === null) return new Attempt();
    this.spare = attempt.next;
    attempt.start();
    return attempt;
  }

  giveAttempt(attempt: Attempt): void {
    attempt.next = this.spare;
    this.spare = attempt;
  }
}

class HmacAuth extends WaitingContext {
  private state: State = State.Waiting;
  private bodySeen: bool = false;
  private responseHeld: bool = false;
  /** The headers can be changed: this is their callback, or they are held. */
  private headersHeld: bool = true;
  private rule: Rule | null = null;
  private attempt: Attempt | null = null;

  constructor(
    id: u32,
    private root: HmacAuthRoot,
  ) {
    super(id);
  }

  onRequestHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    const config = this.root.config;
    const headers = this.request.headers;
    config.lines.read(headers);
    const identity = config.identity;
    if (identity !== null && identity.count != 0) headers.remove(config.identityHeader);
    const rule = config.find();
    this.rule = rule;
    if (rule === null) {
      if (config.allowsOthers) this.allow();
      else this.refuse(Reason.NoRule);
    } else if (rule.scheme === null) {
      this.allow();
    } else {
      this.begin(config, rule, rule.scheme!, endOfStream);
    }
    if (this.state == State.Passed) return FilterHeadersStatus.Continue;
    if (this.state == State.Refused) return FilterHeadersStatus.StopIteration;
    this.root.watch(this);
    if (config.hold == Hold.Headers) return FilterHeadersStatus.StopIteration;
    if (rule !== null && rule.hidesCredentials) rule.scheme!.hideCredentials(headers);
    this.headersHeld = false;
    return FilterHeadersStatus.Continue;
  }

  onRequestBody(size: u32, endOfStream: bool): FilterDataStatus {
    this.bodySeen = true;
    if (this.state == State.Waiting) {
      this.readBody(size);
      if (this.state == State.Waiting && !endOfStream) return FilterDataStatus.StopIterationAndBuffer;
      this.judge();
    }
    return this.state == State.Passed ? FilterDataStatus.Continue : FilterDataStatus.StopIterationNoBuffer;
  }

  onRequestTrailers(count: u32): FilterTrailersStatus {
    // When trailers come, no body callback has said that the stream ends: this is the last call. An earlier filter may have
    // added to the body since the last one.
    if (this.state == State.Waiting) this.readBody(this.request.body.size);
    this.judge();
    return this.state == State.Passed ? FilterTrailersStatus.Continue : FilterTrailersStatus.StopIteration;
  }

  onResponseHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    // With "hold": "body" upstream may answer before the verdict; nobody gets that answer without one.
    if (this.state != State.Waiting) return FilterHeadersStatus.Continue;
    this.responseHeld = true;
    // Not StopIteration: with Envoy's option the first piece of the body would let the headers go.
    return FilterHeadersStatus.StopAllIterationAndWatermark;
  }

  onLate(): void {
    // A tick belongs to no stream; the answer must go to this one.
    if (setEffectiveContext(this) != Status.Ok) return;
    if (!this.bodySeen) this.root.warnOfMissingBody();
    this.refuse(Reason.BodyTimeout);
    if (this.state == State.Passed) this.resumeRequest();
  }

  onDelete(): void {
    this.settle(State.Refused);
  }

  /** What the headers alone say; the verdict too when the body takes no part, or there is none. */
  private begin(config: Config, rule: Rule, scheme: Scheme, endOfStream: bool): void {
    const attempt = this.root.takeAttempt();
    this.attempt = attempt;
    const lines = config.lines;
    const isSigning = config.mode == Mode.Sign;
    let reason = isSigning ? scheme.beginSigning(lines, this.request.headers, attempt) : scheme.begin(lines, attempt);
    if (reason == Reason.MissingSignature && rule.anonymousConsumer.length != 0 && !scheme.hasCredentials(lines)) {
      this.passAnonymous(rule);
      return;
    }
    if (reason == Reason.None && attempt.wantsBody) {
      if (lines.isUpgrade) {
        // Its body never ends, so that there would never be a verdict.
        if (scheme.signsBody || attempt.expectsDigest) reason = Reason.UnsupportedUpgrade;
        else attempt.wantsBody = false;
      } else if (lines.announcesMoreThan(rule.maxBodyBytes)) reason = Reason.BodyTooLarge;
    }
    if (reason == Reason.None && endOfStream && scheme.refusesEmptyBody) reason = Reason.EmptyBody;
    if (reason == Reason.None && !isSigning) reason = scheme.verifyEarly(attempt);
    if (reason != Reason.None) this.refuse(reason);
    else if (endOfStream || !attempt.wantsBody) this.judge();
  }

  /** The host holds the body, so `size` is all of it so far. */
  private readBody(size: u32): void {
    if (size > this.rule!.maxBodyBytes) this.refuse(Reason.BodyTooLarge);
    else if (!this.attempt!.readBody(size)) this.refuse(Reason.BodyUnreadable);
  }

  private allow(): void {
    this.root.metrics.allowed.increment();
    this.settle(State.Passed);
  }

  private passAnonymous(rule: Rule): void {
    const config = this.root.config;
    this.root.metrics.anonymous.increment();
    if (config.identity !== null && config.mode == Mode.Verify) {
      this.request.headers.set(config.identityHeader, rule.anonymousConsumer);
    }
    this.settle(State.Passed);
  }

  /** The verdict over the whole request; does nothing when there is one already. */
  private judge(): void {
    if (this.state != State.Waiting) return;
    const rule = this.rule!;
    const scheme = rule.scheme!;
    const attempt = this.attempt!;
    const isSigning = this.root.config.mode == Mode.Sign;
    const reason = isSigning ? this.sign(scheme, attempt) : rule.judge(scheme, attempt);
    if (reason != Reason.None) this.refuse(reason);
    else this.accept(rule, scheme, attempt, isSigning);
  }

  private accept(rule: Rule, scheme: Scheme, attempt: Attempt, isSigning: bool): void {
    const config = this.root.config;
    const consumer = attempt.consumer;
    if (isSigning) this.root.metrics.signed.increment();
    else this.root.metrics.verified.increment();
    const metrics = rule.metrics;
    if (metrics !== null) {
      if (!isSigning) metrics.verified.increment();
      metrics.bodyBytes.record(attempt.bodyBytes);
      const key = attempt.key;
      if (key !== null) key.count();
    }
    if (this.headersHeld && !isSigning) {
      if (rule.hidesCredentials) scheme.hideCredentials(this.request.headers);
      if (consumer !== null && config.identity !== null && config.mode == Mode.Verify) {
        this.request.headers.set(config.identityHeader, consumer.name);
      }
    }
    this.pass();
  }

  private sign(scheme: Scheme, attempt: Attempt): Reason {
    if (attempt.bodyBytes == 0 && scheme.refusesEmptyBody) return Reason.EmptyBody;
    return scheme.sign(this.request.headers, attempt);
  }

  private pass(): void {
    this.settle(State.Passed);
    if (this.responseHeld) this.resumeResponse();
  }

  /** Answers in the place of upstream, or only counts. */
  private refuse(reason: Reason): void {
    const root = this.root;
    const rule = this.rule;
    log.debug(this.line(reason));
    if (root.config.mode == Mode.Report) {
      root.metrics.countReported(reason);
      this.pass();
      return;
    }
    root.metrics.countRejected(reason);
    if (rule !== null && rule.metrics !== null) rule.metrics!.rejected.increment();
    this.settle(State.Refused);
    root.refusals.send(reason, rule === null ? root.noRule : rule.challenge);
  }

  /** What an operator wants to know of a refusal; nothing in it is secret. */
  private line(reason: Reason): string {
    const rule = this.rule;
    const text = rule === null ? detailsOf(reason) : rule.describe(reason, this.attempt);
    const request = this.headersHeld ? this.request.headers.get("x-request-id") : null;
    return request === null ? text : text + " request " + request.slice(0, 128);
  }

  private settle(state: State): void {
    this.state = state;
    this.root.waiting.remove(this);
    if (isCounting()) this.root.tickSoon();
    const attempt = this.attempt;
    if (attempt === null) return;
    this.attempt = null;
    this.root.giveAttempt(attempt);
  }
}

// Under any root ID: older configurations name it differently.
registerRootContext((id) => new HmacAuthRoot(id));
