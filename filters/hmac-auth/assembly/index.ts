// hmac-auth: lets a request through only when its body carries the HMAC-SHA256 that a shared key makes of it.
// This file has the contexts: when a request is held, judged and refused. What is looked at in the headers is in
// inspect.ts, the MAC in verification.ts, what a refusal says in refusal.ts, the configuration in config.ts.
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
import { Config, Hold, readConfig } from "./config";
import { inspect } from "./inspect";
import { Reason, Refusals } from "./refusal";
import { Verification } from "./verification";
import { WaitingContext, WaitingList } from "./waiting-list";

enum State {
  /** No verdict yet: the body is awaited. */
  Waiting,
  Verified,
  Refused,
}

class HmacAuthRoot extends RootContext {
  readonly waiting: WaitingList = new WaitingList();
  readonly refusals: Refusals = new Refusals();
  private settings: Config | null = null;
  private spare: Verification | null = null;
  private ticking: bool = false;
  private warned: bool = false;

  onConfigure(configuration: Buffer): bool {
    const config = readConfig(configuration.bytes());
    if (config === null) return false;
    this.settings = config;
    this.waiting.patience = config.patienceTicks;
    return true;
  }

  // Streams come only after a configuration was accepted; the assertion fails closed on a host where that is not so.
  get config(): Config {
    return this.settings!;
  }

  createHttpContext(id: u32): HmacAuth {
    return new HmacAuth(id, this);
  }

  /** Watches a request until its verdict; the timer runs only while there is one to watch. */
  watch(request: HmacAuth): void {
    this.waiting.add(request);
    if (this.ticking) return;
    this.ticking = true;
    this.setTickPeriodMs(this.config.tickMs);
  }

  onTick(): void {
    const waiting = this.waiting;
    waiting.tick();
    if (!waiting.isEmpty) return;
    this.ticking = false;
    this.setTickPeriodMs(0);
  }

  /** Says once what the operator may have to change. */
  warnOfMissingBody(): void {
    if (this.warned) return;
    this.warned = true;
    log.warn("hmac-auth: no body came in time: is allow_on_headers_stop_iteration set?");
  }

  /** Verifications are used again, so that a request allocates nothing for its hash. */
  takeVerification(): Verification {
    const key = this.config.key;
    const verification = this.spare;
    if (verification === null) return new Verification(key);
    this.spare = verification.next;
    verification.begin(key);
    return verification;
  }

  giveVerification(verification: Verification): void {
    verification.next = this.spare;
    this.spare = verification;
  }
}

class HmacAuth extends WaitingContext {
  private state: State = State.Waiting;
  private bodySeen: bool = false;
  private responseHeld: bool = false;
  private verification: Verification | null = null;

  constructor(
    id: u32,
    private root: HmacAuthRoot,
  ) {
    super(id);
  }

  onRequestHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    const root = this.root;
    const verification = root.takeVerification();
    this.verification = verification;
    let reason = inspect(this.request.headers, root.config, verification);
    if (reason == Reason.None && endOfStream) reason = Reason.EmptyBody;
    if (reason != Reason.None) {
      this.refuse(reason);
      return FilterHeadersStatus.StopIteration;
    }
    root.watch(this);
    return root.config.hold == Hold.Headers ? FilterHeadersStatus.StopIteration : FilterHeadersStatus.Continue;
  }

  onRequestBody(size: u32, endOfStream: bool): FilterDataStatus {
    this.bodySeen = true;
    if (this.state == State.Waiting) {
      // The host holds the body, so `size` is all of it so far.
      if (size > this.root.config.maxBodyBytes) this.refuse(Reason.BodyTooLarge);
      else this.waitingVerification().readBody();
      if (this.state == State.Waiting && !endOfStream) return FilterDataStatus.StopIterationAndBuffer;
      this.judge();
    }
    return this.state == State.Verified ? FilterDataStatus.Continue : FilterDataStatus.StopIterationNoBuffer;
  }

  onRequestTrailers(count: u32): FilterTrailersStatus {
    // When trailers come, no body callback has said that the stream ends: this is the last call.
    this.judge();
    return this.state == State.Verified ? FilterTrailersStatus.Continue : FilterTrailersStatus.StopIteration;
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
  }

  onDelete(): void {
    this.settle(State.Refused);
  }

  /** The verdict over the whole body; does nothing when there is one already. */
  private judge(): void {
    if (this.state != State.Waiting) return;
    const verification = this.waitingVerification();
    if (verification.isEmpty) {
      this.refuse(Reason.EmptyBody);
    } else if (verification.matches()) {
      this.settle(State.Verified);
      this.root.refusals.countVerified();
      if (this.responseHeld) this.resumeResponse();
    } else {
      this.refuse(Reason.SignatureMismatch);
    }
  }

  private refuse(reason: Reason): void {
    this.settle(State.Refused);
    this.root.refusals.send(reason);
  }

  private settle(state: State): void {
    this.state = state;
    this.root.waiting.remove(this);
    const verification = this.verification;
    if (verification === null) return;
    this.verification = null;
    this.root.giveVerification(verification);
  }

  private waitingVerification(): Verification {
    return this.verification!;
  }
}

// Under any root ID: older configurations name it differently.
registerRootContext((id) => new HmacAuthRoot(id));
