/** What matchers can be asked about. */
import type { OpenExchange } from "../host-stream.ts";
import { OpenStream } from "../host-stream.ts";
import { exchangeOf, TestProxy } from "../test-proxy.ts";
import type { Exchange } from "../types.ts";

/** A response of `proxy.fetch`, an exchange, a stream as far as it has come, or a proxy: its last exchange. */
export type Subject = Response | Exchange | OpenExchange | OpenStream | TestProxy;

/** Throws a `TypeError` for anything else. */
export function exchangeIn(subject: unknown): Exchange | OpenExchange {
  if (subject instanceof Response) return exchangeOf(subject);
  if (subject instanceof OpenStream) return subject.exchange;
  if (subject instanceof TestProxy) return subject.lastExchange;
  if (typeof subject === "object" && subject !== null && "callbacks" in subject && "outcome" in subject) {
    return subject as Exchange;
  }
  throw new TypeError(
    "expected a response of proxy.fetch, an exchange, a stream or a proxy of @proxy-wasm-kit/testing",
  );
}

/** A text: somewhere in it; an expression: it matches. */
export type Pattern = string | RegExp;

export const matches = (pattern: Pattern, text: string): boolean =>
  typeof pattern === "string" ? text.includes(pattern) : new RegExp(pattern).test(text);

/** As `matches`, of the whole text. */
export const equals = (pattern: Pattern, text: string): boolean =>
  typeof pattern === "string" ? text === pattern : new RegExp(pattern).test(text);

/** Headers are bytes: the text they have in UTF-8. */
export const textOf = (value: string): string => Buffer.from(value, "latin1").toString("utf8");
