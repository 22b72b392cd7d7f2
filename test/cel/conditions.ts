/** Random conditions of attribute-gen, and random requests for them: the same from the same seed. */
import type { HeaderLine, ProxyRequest, UpstreamResponse } from "@proxy-wasm-kit/testing";

export type Random = <T>(choices: readonly [T, ...T[]]) => T;

/** xorshift32. */
export function randomOf(seed: number): Random {
  let state = seed;
  return (choices) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return choices[(state >>> 0) % choices.length] ?? choices[0];
  };
}

const texts = [
  ...["request.url_path", "request.url_path", "request.path", "request.method", "request.host", "request.scheme"],
  ...["request.useragent", "request.referer", "request.id", "request.headers['x-a']", 'request.headers["X-B"]'],
  ...["request.headers[':path']", "response.headers['x-kind']", "request.protocol", "response.code_details"],
  ...["request.query", "request.nothing", "source.address"],
] as [string, ...string[]];

const integers = [
  ...["response.code", "response.code", "request.size", "response.size", "request.total_size", "response.grpc_status"],
  ...["size(request.path)", "request.duration"],
] as [string, ...string[]];

const words = [
  ...[
    "GET",
    "POST",
    "PUT",
    "/",
    "/a",
    "/books",
    "/books/1",
    "/books/é",
    "example.com",
    "http",
    "b",
    "é",
    "",
    "1",
    "b,c",
  ],
  ...["HTTP/1.1", "via_upstream", "a'b", "\\"],
] as [string, ...string[]];

const pieces = [
  ...["/", "/", "books", "a", "b", "1", ".", "[^/]", "[a-z]", "[[:alnum:]]", "[0-9]", "\\d", "\\w", "\\.", "[-a]"],
  ...[
    "[^a-c1]",
    "(?:a|b)",
    "(/a)",
    "(a|/books)",
    "[[:alpha:]_]",
    "é",
    "(?i)B",
    "a{2}",
    "\\pL",
    "[\\d/]",
    "[a-]",
    "\\W",
  ],
] as [string, ...string[]];

const isAsIs = /^[^'"\\\n]*$/;

/** A literal of CEL, in one of its spellings. */
function literal(random: Random, text: string): string {
  const escaped = text.replaceAll("\\", "\\\\").replaceAll("'", "\\'").replaceAll('"', '\\"');
  const spellings: [string, ...string[]] = [`'${escaped}'`, `"${escaped}"`];
  if (isAsIs.test(text)) spellings.push(`r'${text}'`, `'''${text}'''`);
  return random(spellings);
}

function pattern(random: Random): string {
  let text = random(["^", "^", "^/", "", "(", "a|"]);
  for (let left = random([1, 2, 3, 4, 6]); left > 0; left--)
    text += random(pieces) + random(["", "", "", "*", "+", "?", "+?"]);
  return text + random(["$", "$", "", "/$", "|b", "\\$"]);
}

function relation(random: Random): string {
  const text = random(texts);
  const word = () => literal(random, random(words));
  const number = () => String(random([0, 1, 199, 200, 204, 299, 300, 404, -1, 2, 12]));
  return random([
    () => `${text} == ${word()}`,
    () => `${text} != ${word()}`,
    () => `${word()} == ${text}`,
    () => `${text} == ${random(texts)}`,
    () => `${text}.startsWith(${word()})`,
    () => `${text}.endsWith(${word()})`,
    () => `${text}.contains(${word()})`,
    () => `${text}.matches(${literal(random, pattern(random))})`,
    () => `${text}.matches(${literal(random, pattern(random))})`,
    () => `request.url_path.matches(${literal(random, pattern(random))})`,
    () => `${text} in [${word()}, ${word()}]`,
    () => `${random(integers)} ${random(["==", "!=", "<", "<=", ">", ">="])} ${number()}`,
    () => `${number()} ${random(["==", "<", ">="])} ${random(integers)}`,
    () => `${random(integers)} in [${number()}, ${number()}]`,
    () => `${text} < ${word()}`,
    () => `${text} == ${number()}`,
    () => `size(${text}) > 4`,
    () => `has(${random(["request.referer", "request.useragent", "response.code"])})`,
    () => `${word()} in request.headers`,
    () => random(["true", "false"]),
  ])();
}

export function condition(random: Random, depth = 3): string {
  if (depth === 0) return relation(random);
  const inner = () => condition(random, depth - 1);
  return random([
    () => relation(random),
    () => `${inner()} && ${inner()}`,
    () => `${inner()} || ${inner()}`,
    () => `(${inner()})`,
    () => `!(${inner()})`,
    () => `! ${relation(random)}`,
    () => `${inner()}&&(${inner()})`,
    () => `(${inner()}) ? ${relation(random)} : ${relation(random)}`,
  ])();
}

export function requestFor(random: Random): ProxyRequest {
  const headers: HeaderLine[] = [];
  const add = (name: string, values: readonly [string, ...string[]]) => headers.push([name, random(values)]);
  const values = ["b", "c", "1", "", "/a", "a'b", "\u00c3\u00a9", "/books/\u00c3\u00a9"] as const; // UTF-8, byte by byte
  if (random([true, false])) add("x-a", values);
  if (random([true, false, false])) add("x-a", values);
  if (random([true, false])) add("x-b", values);
  if (random([true, false])) add("user-agent", ["curl", "b"]);
  if (random([true, false])) add("referer", ["/a", "http://example.com/"]);
  const segments = ["", "a", "books", "books/1", "1", "aa", "a.b", "books/b2", "%C3%A9", "_", "a$"] as const;
  const path = `/${random(segments)}${random(["", "", "/", "/a", "/1/b", "?x=1", "?", "?a/b", "/books?b=c"])}`;
  return { method: random(["GET", "GET", "POST", "PUT"]), path, authority: random(["example.com", "b"]), headers };
}

export const responseFor = (random: Random): UpstreamResponse => ({
  status: random([200, 200, 204, 299, 404, 503]),
  ...(random([true, false]) && { headers: [["x-kind", random(["b", "1"])]] as HeaderLine[] }),
});
