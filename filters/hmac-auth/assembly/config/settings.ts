// The configuration as the filter has it once it is read.
import { Line, RequestLines } from "../lines";
import { RefusalOptions } from "../refusal";
import { Rule } from "../rule";

export enum Mode {
  Verify,
  /** Adds signatures in the place of verifying them. */
  Sign,
  /** Verifies and counts, and lets everything through. */
  Report,
}

/** What is held back until the verdict. */
export enum Hold {
  /** Everything: upstream sees nothing of a request that is refused. */
  Headers,
  /** The body only, for Envoys that deliver no body while headers are held. */
  Body,
}

export class Config {
  mode: Mode = Mode.Verify;
  hold: Hold = Hold.Headers;
  bodyTimeoutMs: u32 = 15000;
  /** The header that says upstream who it is, removed from every request; "" for none. */
  identityHeader: string = "";
  identity: Line | null = null;
  /** Requests that match no rule pass. */
  allowsOthers: bool = false;
  readonly refusal: RefusalOptions = new RefusalOptions();
  rules: Rule | null = null;
  keyCount: i32 = 0;

  constructor(readonly lines: RequestLines) {}

  /** The first rule for the request whose lines were read. */
  find(): Rule | null {
    let rule = this.rules;
    while (rule !== null) {
      if (rule.accepts(this.lines)) return rule;
      rule = rule.next;
    }
    return null;
  }

  /** Period of the timer that looks for late bodies. */
  get tickMs(): u32 {
    return min(max(this.bodyTimeoutMs / 8, 5), 1000);
  }

  /** Ticks after which a body is late: the first may come at once, so one more than the time holds. */
  get patienceTicks(): u32 {
    return (this.bodyTimeoutMs + this.tickMs - 1) / this.tickMs + 1;
  }
}
