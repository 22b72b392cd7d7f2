/** Random scenarios: requests, responses and what filters do with them. What is left out is told in README.md. */
import type { HeaderLine } from "@proxy-wasm-kit/testing";
import { withoutMalformed, withoutRaces, withoutStale } from "./left-out.ts";
import { Random } from "./random.ts";
import type { Callback, Command, Message, Scenario, SetUp, Step } from "./scenario.ts";

/** The scenario of a run, from 0: always the same for the same seed. */
export function generate(seed: number, run: number): Scenario {
  const random = new Random(seed, run);
  const setUp = makeSetUp(random);
  const request = makeRequest(random, setUp);
  const response = makeResponse(random, setUp);
  const steps = setUp.filters.flatMap((_, filter) => makeSteps(random, filter));
  const isSized = response.whole === true;
  return { setUp, request, response, steps: withoutMalformed(setUp, isSized, withoutRaces(withoutStale(steps))) };
}

const chains: readonly (readonly boolean[])[] = [
  [true],
  [false],
  [true, true],
  [true, false],
  [false, true],
  [true, true, true],
];

function makeSetUp(random: Random): SetUp {
  const protocol = random.pick(["http1", "http2"] as const);
  const filters = random.pick(chains);
  // Envoy's buffers of HTTP/2 frames would count as well.
  const isLimited = protocol === "http1" && random.chance(0.3);
  return isLimited ? { protocol, filters, bufferLimitBytes: 1000 } : { protocol, filters };
}

const methods = { GET: 6, POST: 10, PUT: 1, HEAD: 2, DELETE: 1, OPTIONS: 1, PATCH: 1, BREW: 1 };
const paths = ["/", "/a", "/a?b=c", "/a%20b//c/../d;e", "/?", "/a#f", "/\xe4"];
const authorities = ["example.com", "example.com", "example.com:8080", "EXAMPLE.com", "[::1]:80"];

function makeRequest(random: Random, { protocol }: SetUp): Scenario["request"] {
  const method = random.weighted(methods);
  const hasBody = random.chance(["GET", "HEAD"].includes(method) ? 0.2 : 0.8);
  const message = makeMessage(random, requestHeaders(protocol), hasBody);
  return {
    method,
    path: random.pick(paths),
    authority: random.pick(authorities),
    ...(protocol === "http2" ? forHttp2(message) : message),
  };
}

/** What node:http2 can send: names that repeat next to each other. */
const forHttp2 = ({ headers, trailers, ...rest }: Message): Message => ({
  ...rest,
  headers: grouped(headers),
  ...(trailers && { trailers: grouped(trailers) }),
});

const grouped = (lines: readonly HeaderLine[]): HeaderLine[] => {
  const names = Array.from(new Set(lines.map(([name]) => name)));
  return names.flatMap((name) => lines.filter(([other]) => other === name));
};

const statuses = { 200: 12, 201: 1, 204: 1, 304: 1, 404: 1, 500: 1, 503: 1 };

function makeResponse(random: Random, { protocol }: SetUp): Scenario["response"] {
  const status = Number(random.weighted(statuses));
  const hasBody = status !== 204 && status !== 304 && random.chance(0.8);
  return {
    status,
    ...makeMessage(random, responseHeaders, hasBody),
    // A client of HTTP/2 that still sends meets a reset behind such a response, sooner or later.
    ...(protocol === "http1" && random.chance(0.2) && { early: true }),
  };
}

function makeMessage(random: Random, headers: Pool, hasBody: boolean): Message {
  const message = { headers: withoutForbidden(random.list(4, () => makeLine(random, headers))) };
  if (!hasBody) return message;
  const whole = random.chance(0.4);
  const body = whole ? [makeBytes(random)] : random.list(3, () => makeBytes(random));
  const trailers =
    !whole && random.chance(0.3)
      ? [makeLine(random, trailerLines), ...random.list(2, () => makeLine(random, trailerLines))]
      : undefined;
  return { ...message, body, ...(whole && { whole }), ...(trailers && { trailers }) };
}

/** Names of which node:http2 sends one line alone. */
const single = new Set(
  "accept-encoding authorization content-type user-agent referer te expect content-encoding etag location date server last-modified age".split(
    " ",
  ),
);

function withoutForbidden(lines: readonly HeaderLine[]): HeaderLine[] {
  return lines.filter(([name], at) => !single.has(name) || lines.findIndex(([other]) => other === name) === at);
}

/** Values by name. */
type Pool = Readonly<Record<string, readonly string[]>>;

const anyValue = ["", "1", "a,b", "x y", "\xe4\xff", "a\tb", "\xc3\xa4", "v".repeat(300)];
const shared: Pool = {
  "x-a": anyValue,
  "x-b": anyValue,
  "x-c": anyValue,
  "x-forwarded-for": ["1.2.3.4", ""],
  "cache-control": ["no-store", "max-age=1"],
  via: ["1.1 a", ""],
  cookie: ["a=1", "b=2"],
  "set-cookie": ["a=1", "b=2"],
};

const ofRequests: Pool = {
  ...shared,
  accept: ["*/*", "text/html"],
  "accept-encoding": ["gzip", ""],
  authorization: ["Basic eDp5", ""],
  "content-type": ["text/plain", "application/grpc", "application/grpc+proto", "application/grpc-web"],
  "user-agent": ["probe", ""],
  referer: ["http://example.com/"],
  te: ["trailers"],
  "x-forwarded-proto": ["http", "https", "ftp"],
  expect: ["100-continue"],
};

const ofHttp1Requests: Pool = {
  ...ofRequests,
  connection: ["keep-alive", "x-a", "te", "x-b, x-c"],
  "keep-alive": ["timeout=5"],
  "proxy-connection": ["keep-alive"],
  te: ["trailers", "gzip", "trailers, deflate"],
};

const requestHeaders = (protocol: SetUp["protocol"]): Pool => (protocol === "http1" ? ofHttp1Requests : ofRequests);

const responseHeaders: Pool = {
  ...shared,
  "content-type": ["text/plain", "application/grpc", "application/json"],
  "content-encoding": ["identity"],
  etag: ['"1"', 'W/"2"'],
  vary: ["accept", "*"],
  location: ["/elsewhere", ""],
  "grpc-status": ["0", "5"],
  "grpc-message": ["hm", "%41"],
  date: ["Thu, 01 Jan 1970 00:00:00 GMT"],
  server: ["mine"],
  "last-modified": ["Thu, 01 Jan 1970 00:00:00 GMT"],
  age: ["1"],
};

const trailerLines: Pool = {
  "x-a": anyValue,
  "x-t": anyValue,
  "grpc-status": ["0", "14"],
  "grpc-message": ["hm"],
};

const makeLine = (random: Random, pool: Pool): HeaderLine => {
  const name = random.pick(Object.keys(pool));
  return [name, random.pick(pool[name] ?? [""]).trim()];
};

const makeBytes = (random: Random): string =>
  random.pick(["a", "hello", "\x00\xff\r\n", "0123456789".repeat(30), "x".repeat(1200)]);

const mapOf: Readonly<Record<Callback, number>> = {
  request_headers: 0,
  request_body: 0,
  request_trailers: 1,
  response_headers: 2,
  response_body: 2,
  response_trailers: 3,
  tick: 0,
  callout: 2,
  log: 2,
  done: 0,
};
const weights: Readonly<Record<Callback, number>> = {
  request_headers: 8,
  request_body: 6,
  request_trailers: 2,
  response_headers: 6,
  response_body: 5,
  response_trailers: 2,
  tick: 1,
  callout: 1,
  log: 2,
  done: 1,
};

function makeSteps(random: Random, filter: number): Step[] {
  const plans = 1 + random.below(4);
  // What resumes a request must not resume a response that has not begun: that ends Envoy.
  const wakers: Wakers = random.pick([
    { request: "tick", response: "callout" },
    { request: "callout", response: "tick" },
  ]);
  return Array.from({ length: plans }, () => makePlan(random, wakers).map((step) => ({ filter, ...step }))).flat();
}

type Wakers = Readonly<Record<"request" | "response", "tick" | "callout">>;
type Plan = readonly Omit<Step, "filter">[];

function makePlan(random: Random, wakers: Wakers): Plan {
  const at = random.weighted(weights);
  const call = makeCall(random, at);
  switch (
    random.weighted({
      look: 8,
      header: 8,
      body: 4,
      pause: 6,
      status: 2,
      respond: 2,
      close: 0.5,
      property: 2,
      continue: 1,
    })
  ) {
    case "look":
      return [{ at, call, do: makeLook(random, at) }];
    case "header":
      // There Envoy would change maps that may be gone.
      return at === "log" || at === "done" ? [] : [{ at, call, do: makeHeaderEdit(random, at) }];
    case "body":
      return [{ at, call, do: makeBodyEdit(random, at) }];
    case "pause":
      return makePause(random, wakers);
    case "status":
      return [{ at, call, do: ["return", random.below(6)] }];
    case "respond":
      // In these Envoy crashes.
      return at === "log" || at === "done" ? [] : [{ at, call, do: makeReply(random) }];
    case "close":
      return at === "log" || at === "done" ? [] : [{ at, call, do: ["close", random.below(2)] }];
    case "property":
      return [{ at, call, do: makeProperty(random) }];
    case "continue":
      // Resuming what is not paused passes on twice what is under way; a response that has not begun ends Envoy.
      return ["tick", "log", "done"].includes(at) ? [{ at, call, do: ["continue", 0] }] : [];
  }
}

function makeCall(random: Random, at: Callback): Step["call"] {
  if (at.endsWith("_headers") || at.endsWith("_body")) return random.pick([1, 1, 2, "*", "*", "$"] as const);
  return "*";
}

/** Stops in a callback and, as a rule, goes on from a tick or when a callout has ended. */
function makePause(random: Random, wakers: Wakers): Plan {
  const direction = random.pick(["request", "response"] as const);
  const at = `${direction}_${random.weighted({ headers: 5, body: 4, trailers: 1 })}` as const;
  const call = random.pick([1, 1, "*", "$"] as const);
  const status = at.endsWith("trailers") ? 1 : 1 + random.below(4);
  const pause: Plan = [{ at, call, do: ["return", status] }];
  if (random.chance(0.1)) return pause;
  const later = wakers[direction];
  const resume: Command = ["continue", direction === "request" ? 0 : 1];
  const edits = random.list(1, () => (random.chance(0.5) ? makeHeaderEdit(random, at) : makeBodyEdit(random, at)));
  const reply = random.chance(0.1) ? [makeReply(random)] : [];
  return [
    ...pause,
    { at, call, do: [later] },
    ...[...edits, ...reply, resume].map((command) => ({ at: later, call: "*" as const, do: command })),
  ];
}

/** As a rule the map that the callback is about. */
function makeMap(random: Random, at: Callback): number {
  return random.chance(0.8) ? mapOf[at] : random.below(4);
}

function makeLook(random: Random, at: Callback): Command {
  const map = makeMap(random, at);
  switch (random.weighted({ pairs: 4, size: 2, get: 2, body: 3, length: 1 })) {
    case "pairs":
      return ["pairs", map];
    case "size":
      return ["size", map];
    case "get":
      return ["get", map, makeName(random, map)];
    case "body":
      return ["body", makeBuffer(random, at), random.pick([0, 0, 2, 1000]), random.pick([-1, 3, 0])];
    case "length":
      return ["length", makeBuffer(random, at)];
  }
}

const makeBuffer = (random: Random, at: Callback): number =>
  random.chance(0.9) ? Number(at.startsWith("response")) : random.below(2);

const pseudo: readonly (readonly string[])[] = [
  [":path", ":method", ":authority", ":scheme", "host"],
  [],
  [":status"],
  [],
];
const poolOf: readonly Pool[] = [ofRequests, trailerLines, responseHeaders, trailerLines];

function makeName(random: Random, map: number): string {
  const special = pseudo[map] ?? [];
  if (special.length > 0 && random.chance(0.2)) return random.pick(special);
  const name = random.pick([...Object.keys(poolOf[map] ?? shared), "content-length", ""]);
  return random.chance(0.1) ? name.toUpperCase() : name;
}

const values: Pool = {
  ":path": ["/new", "/new?q", ""],
  ":method": ["GET", "POST", "HEAD", "FOO"],
  ":authority": ["other.com", ""],
  ":scheme": ["https", "http"],
  host: ["other.com"],
  ":status": ["201", "404", "204", "abc", "599"],
  "content-length": ["0", "5"],
};

function makeNamed(random: Random, map: number): [name: string, value: string] {
  // Upstream would not take a line without a name.
  const name = makeName(random, map) || "x-a";
  const known = name.toLowerCase();
  const pool = values[known] ?? poolOf[map]?.[known] ?? anyValue;
  return [name, random.pick(pool)];
}

function makeHeaderEdit(random: Random, at: Callback): Command {
  // Trailers can be made in the last body callback alone.
  const isLater = at === "tick" || at === "callout";
  const map = isLater ? mapOf[at] : makeMap(random, at);
  const how = random.weighted({ add: 4, replace: 4, remove: 3, set: 1 });
  if (how === "remove") return [how, map, makeName(random, map)];
  if (how !== "set") return [how, map, ...makeNamed(random, map)];
  const required = { 0: [":path", "/set", ":method", "GET", ":authority", "set.com"], 2: [":status", "200"] };
  const base = random.chance(0.8) ? (required[map as 0 | 2] ?? []) : [];
  return [how, map, ...base, ...random.list(4, () => makeNamed(random, map)).flat()];
}

function makeBodyEdit(random: Random, at: Callback): Command {
  const [start, length] = random.pick([
    [0, -1],
    [0, 0],
    [0, 2],
    [100000, 0],
    [1, 1],
  ] as const);
  return ["edit", makeBuffer(random, at), start, length, random.pick(["", "new", "N".repeat(50)])];
}

function makeReply(random: Random): Command {
  const status = random.pick([200, 401, 403, 404, 500, 503, 204, 302]);
  const details = random.pick(["said_no", "", "two words", "d\xe4"]);
  const body = random.pick(["", "no", "b\xe4d", "B".repeat(500)]);
  const grpc = random.pick([-1, -1, 0, 7, 16, 17]);
  return ["respond", status, details, body, grpc, ...random.list(3, () => makeLine(random, responseHeaders)).flat()];
}

const properties = [
  "request\0path",
  "request\0method",
  "request\0headers\0x-a",
  "request\0size",
  "request\0total_size",
  "request\0protocol",
  "response\0code",
  "response\0code_details",
  "response\0size",
  "response\0total_size",
  "response\0headers\0x-a",
  "response\0grpc_status",
  "response\0flags",
  "kept",
];

const makeProperty = (random: Random): Command =>
  random.chance(0.3) ? ["set-property", "kept", random.pick(anyValue)] : ["property", random.pick(properties)];
