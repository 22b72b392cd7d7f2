/** Matchers for filters' exchanges: for `expect.extend` of vitest, Jest and the npm package `expect`, or plain assertions. */
import { AssertionError } from "node:assert";
import type { TestProxy } from "../test-proxy.ts";
import { traceText } from "../trace-text.ts";
import type { LogLevel } from "../types.ts";
import type { Pattern, Subject } from "./subject.ts";
import * as verdicts from "./verdicts.ts";

export type { Pattern, Subject } from "./subject.ts";

/** What the matchers of `expect` take; `Result` is what they return, `Of` what they are asked about. */
export interface FilterMatchers<Result, Of = unknown> {
  /** The request went on to upstream, and no filter holds or answers it. */
  toHaveContinued(): Result;
  /** The proxy answered in place of upstream; `details` as Envoy's `%RESPONSE_CODE_DETAILS%`, which has no blanks. */
  toHaveLocalResponse(status?: number, details?: Pattern): Result;
  /** Upstream has got the header; `value` is a whole one of its values. */
  toHaveForwardedHeader(name: string, value?: Pattern): Result;
  /** Upstream has got this whole body. */
  toHaveUpstreamBody(body: Pattern | Uint8Array): Result;
  /** A filter has held the request or the response in one of its callbacks. */
  toHavePaused(direction?: "request" | "response"): Result;
  /** A text is a part of the message. Of a proxy: since it was started. */
  toHaveLogged(pattern: Pattern, level?: LogLevel): Result;
  /** A call into a filter was cut short; a text is a part of what the proxy says about it. */
  toHaveTrapped(pattern?: Pattern): Result;
  /** Of an exchange: when it was over. Of a proxy: now, to be awaited. */
  toHaveMetric(name: string, value?: number): Of extends TestProxy ? Promise<Result> : Result;
}

/** What `expect.extend` of any of them takes. */
export interface MatcherResult {
  readonly pass: boolean;
  readonly message: () => string;
}

type Judge = (subject: unknown, ...wanted: never[]) => verdicts.Verdict | Promise<verdicts.Verdict>;
type Matcher<J extends Judge> = (
  ...values: Parameters<J>
) => ReturnType<J> extends verdicts.Verdict ? MatcherResult : MatcherResult | Promise<MatcherResult>;
type Matchers = { readonly [Name in keyof typeof judges]: Matcher<(typeof judges)[Name]> };

const {
  toHaveContinued,
  toHaveLocalResponse,
  toHaveForwardedHeader,
  toHaveUpstreamBody,
  toHavePaused,
  toHaveLogged,
  toHaveTrapped,
  toHaveMetric,
} = verdicts;
const judges = {
  ...{ toHaveContinued, toHaveLocalResponse, toHaveForwardedHeader, toHaveUpstreamBody, toHavePaused },
  ...{ toHaveLogged, toHaveTrapped, toHaveMetric },
};

/** For `expect.extend(matchers)`. */
export const matchers = mapped(
  (judge) =>
    (...values) =>
      settled(judge(...values), resultOf),
) as unknown as Matchers;

type Asserted = Omit<FilterMatchers<void>, "toHaveMetric">;
/** Each throws an `AssertionError` of node:assert unless it is so. */
export type Assertions = {
  readonly [Name in keyof Asserted]: (subject: Subject, ...wanted: Parameters<Asserted[Name]>) => void;
} & {
  /** Of a proxy it is to be awaited. */
  toHaveMetric<Of extends Subject>(
    subject: Of,
    name: string,
    value?: number,
  ): Of extends TestProxy ? Promise<void> : void;
};

/** The matchers as functions: `assertions.toHaveLocalResponse(response, 401)`. `not`: each throws if it is so. */
export const assertions: Assertions & { readonly not: Assertions } = {
  ...assertionsOf(true),
  not: assertionsOf(false),
};

function assertionsOf(wanted: boolean): Assertions {
  return mapped(
    (judge) =>
      (...values) =>
        settled(judge(...values), (verdict) => {
          const { pass, message } = resultOf(verdict);
          if (pass !== wanted) throw new AssertionError({ message: message(), operator: "proxy-wasm-kit" });
        }),
  ) as unknown as Assertions;
}

type Values = [subject: unknown, ...wanted: never[]];

function mapped(make: (judge: Judge) => (...values: Values) => unknown): object {
  return Object.fromEntries(Object.entries<Judge>(judges).map(([name, judge]) => [name, make(judge)]));
}

const settled = <T>(verdict: verdicts.Verdict | Promise<verdicts.Verdict>, take: (verdict: verdicts.Verdict) => T) =>
  verdict instanceof Promise ? verdict.then(take) : take(verdict);

function resultOf({ pass, wanted, found, exchange }: verdicts.Verdict): MatcherResult {
  // A matcher that passes speaks only when it was denied.
  const text = wanted.replace(pass ? "%not" : "%not ", pass ? "not" : "");
  return { pass, message: () => [`expected ${text}`, `found ${found}`, ...storyOf(exchange)].join("\n") };
}

function storyOf(exchange: verdicts.Verdict["exchange"]): string[] {
  if (exchange === null) return [];
  const { trace = [] } = exchange;
  return ["", verdicts.outcomeText(exchange), traceText(trace) || "no filter was called"];
}
