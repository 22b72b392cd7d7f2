/** Random requests for hmac-auth: what its scenarios send, changed. The same seed makes the same requests. */
import type { HeaderLine, ProxyRequest } from "@proxy-wasm-kit/testing";
import type { RequestScenario } from "../scenario.ts";
import { hmacAuthApisix } from "./hmac-auth-apisix.ts";
import { hmacAuthAwsSigV4 } from "./hmac-auth-aws-sigv4.ts";
import { hmacAuthAwsUrl } from "./hmac-auth-aws-url.ts";
import { setUp as canonicalSetUp } from "./hmac-auth-canonical.ts";
import { hmacAuthCavage } from "./hmac-auth-cavage.ts";
import { hmacAuthHigress } from "./hmac-auth-higress.ts";
import { hmacAuthKong } from "./hmac-auth-kong.ts";
import { hmacAuthPresets } from "./hmac-auth-presets.ts";
import { hmacAuthRfc9421 } from "./hmac-auth-rfc9421.ts";

/** A whole number below `below`. */
export type Random = (below: number) => number;

/** xorshift32. */
export function randomOf(seed: number): Random {
  let state = seed || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

export const oneOf = <Item>(random: Random, items: readonly Item[]): Item => {
  const item = items[random(items.length)];
  if (item === undefined) throw new Error("expected something to choose from, found nothing");
  return item;
};

/** One right request of each preset. */
export const presetRequests: readonly ProxyRequest[] = hmacAuthPresets
  .filter(({ name }) => name.endsWith("what it sends passes"))
  .map(({ request }) => request);

const ofCanonical = (scenarios: readonly RequestScenario[]): readonly ProxyRequest[] =>
  scenarios.filter((each) => each.setUp === canonicalSetUp).map(({ request }) => request);

/** Of each canonical scheme, right and wrong ones. */
export const canonicalRequests: readonly (readonly [scheme: string, requests: readonly ProxyRequest[]])[] = [
  ["kong", ofCanonical(hmacAuthKong)],
  ["apisix", ofCanonical(hmacAuthApisix)],
  ["cavage", ofCanonical(hmacAuthCavage)],
  ["rfc9421", ofCanonical(hmacAuthRfc9421)],
  ["higress", ofCanonical(hmacAuthHigress)],
  ["aws-sigv4", ofCanonical(hmacAuthAwsSigV4)],
  ["aws-sigv4 in URLs", ofCanonical(hmacAuthAwsUrl)],
];

const marks = [",", "=", ".", ";", " ", "v1", "\u00ff", "%", "{", '"', "\\", "9"];

/** A text with one of the marks of lists and encodings put in, or as it is. */
export function marked(random: Random, text: string): string {
  if (text.length === 0 || random(3) === 0) return text;
  const at = random(text.length);
  return text.slice(0, at) + oneOf(random, marks) + text.slice(at + random(3));
}

const bytes = '"=,;:()@ \t\\%/?&azAZ019-_.*\u00e4\u0001'.split("");

/** A text cut, doubled, or with bytes put in, taken out or changed. */
export function changed(random: Random, text: string): string {
  const at = random(text.length + 1);
  const byte = oneOf(random, bytes);
  const kind = random(6);
  if (kind === 0) return text.slice(0, at);
  if (kind === 1) return text.slice(0, at) + byte + text.slice(at);
  if (kind === 2) return text.slice(0, at) + text.slice(at + 1);
  if (kind === 3) return text + text.slice(at);
  if (kind === 4) return text.slice(0, at) + byte.repeat(random(3000)) + text.slice(at);
  return text.slice(0, at) + byte + text.slice(at + 1);
}

/** A preset's request: its values marked, a line of it left out or doubled, its body another one. */
export function markedRequest(random: Random): ProxyRequest {
  const request = oneOf(random, presetRequests);
  let headers = (request.headers ?? []).map(([name, value]): HeaderLine => [name, marked(random, value).trim()]);
  if (random(10) === 0) headers = headers.slice(1);
  if (random(10) === 0) headers = [...headers, ...headers.slice(0, 1)];
  const body = random(5) === 0 ? marked(random, String(request.body)) : (request.body ?? "");
  return { ...request, headers, body };
}

/** What canonical schemes parse. */
const parsed = /^(authorization|proxy-authorization|signature|signature-input|x-ca-|x-amz-|date|digest|content-)/;

/** One of these requests with its path and values changed. */
export function changedRequest(random: Random, requests: readonly ProxyRequest[]): ProxyRequest {
  const request = oneOf(random, requests);
  const { path = "/", headers = [] } = request;
  const change = (name: string, value: string) =>
    parsed.test(name) && random(2) === 0 ? changed(random, value) : value;
  return {
    ...request,
    path: random(3) === 0 ? changed(random, path).replace(/[^!-~]/g, "") : path,
    headers: headers.map(([name, value]) => [name, change(name, value)]),
  };
}
