/** attribute-gen: which value a request has, and where it can be seen. The configurations are Istio's own where that is said. */
import type { ProxyRequest, UpstreamResponse } from "@proxy-wasm-kit/testing";
import type { Expectation, RefusalScenario, RequestScenario, Scenario, SetUp } from "../scenario.ts";

const operation = "istio_operationId";
const responseClass = "istio_responseClass";

const withAttributes = (attributes: readonly object[], more: object = {}, names = [operation]): SetUp => ({
  filters: [{ name: "attribute-gen", wasm: "dist/attribute-gen.wasm", configuration: { ...more, attributes } }],
  filterState: names,
});

const one = (attribute: object, more: object = {}): SetUp =>
  withAttributes([{ output_attribute: operation, ...attribute }], more);

const scenario = (
  name: string,
  setUp: SetUp,
  request: ProxyRequest,
  expect: Partial<Expectation>,
): RequestScenario => ({
  name: `attribute-gen: ${name}`,
  setUp,
  request,
  expect: { outcome: "forwarded", status: 200, metrics: { attribute_gen_errors: 0 }, ...expect },
});

const has = (value: string): Partial<Expectation> => ({ filterState: { [operation]: value } });
const none: Partial<Expectation> = { filterState: {} };
const failed: Partial<Expectation> = { filterState: {}, metrics: { attribute_gen_errors: 1 } };

const get = (path: string, more: Partial<ProxyRequest> = {}): ProxyRequest => ({ path, ...more });
const post = (path: string): ProxyRequest => ({ method: "POST", path, body: "{}" });

/** Source: istio/proxy extensions/attributegen/testdata/operation.json. */
const books = one({
  phase: "AFTER_RESPONSE",
  match: [
    { value: "ListBooks", condition: "request.url_path == '/books' && request.method == 'GET'" },
    {
      value: "GetBook",
      condition: "request.url_path.matches('^/shelves/[[:alnum:]]*/books/[[:alnum:]]*$') && request.method == 'GET'",
    },
    { value: "CreateBook1", condition: "request.url_path == '/books/' && request.method == 'POST'" },
  ],
});

/** Source: istio/proxy extensions/attributegen/testdata/responseCode.json. */
const classes: SetUp = withAttributes(
  [
    {
      phase: "AFTER_RESPONSE",
      output_attribute: responseClass,
      match: [
        { value: "2xx", condition: "response.code >= 200 && response.code <= 299" },
        { value: "3xx", condition: "response.code >= 300 && response.code <= 399" },
        ...["404", "401", "403", "429", "503"].map((code) => ({ value: code, condition: `response.code == ${code}` })),
        { value: "5xx", condition: "response.code >= 500 && response.code <= 599" },
        { value: "4xx", condition: "response.code >= 400 && response.code <= 499" },
      ],
    },
  ],
  {},
  [responseClass],
);

const operations = one({
  phase: "ON_REQUEST",
  default: "unknown",
  match: [
    { value: "getitems", condition: "request.url_path == '/items' && request.method == 'GET'" },
    { value: "createitem", condition: "request.url_path == '/items' && request.method == 'POST'" },
    { value: "deleteitem", condition: "request.url_path.startsWith('/items/') && request.method == 'DELETE'" },
    { path: { template: "/books/{id}" }, methods: ["GET", "HEAD"], value: "GetBook" },
    { path: { template: "/shelves/{shelf}/{rest...}" }, value_template: "shelf {shelf}: {rest}" },
    { path: { prefix: "/static/" }, condition: "request.method == 'GET'", value: "static" },
    { condition: "request.path.contains('debug=')", value_expression: "request.host + ' ' + request.query" },
  ],
});

const answering = (setUp: SetUp, status: number, more: Partial<UpstreamResponse> = {}): SetUp => ({
  ...setUp,
  upstream: { status, ...more },
});

const limited = one({
  phase: "ON_REQUEST",
  cardinality: { limit: 2, overflow: "more" },
  match: [{ value_expression: "request.url_path" }],
});

const outputs = withAttributes([
  {
    phase: "ON_REQUEST",
    output_attribute: operation,
    match: [{ condition: "request.url_path == '/a'", value: "A" }],
    request_header: "X-Operation",
    response_header: "x-operation",
  },
]);

const refused = (name: string, configuration: unknown, why: RegExp): RefusalScenario => ({
  name: `attribute-gen: ${name}`,
  setUp: { filters: [{ name: "attribute-gen", wasm: "dist/attribute-gen.wasm", configuration }] },
  refused: why,
});
const refusedAttribute = (name: string, attribute: object, why: RegExp): RefusalScenario =>
  refused(name, { attributes: [{ output_attribute: "a", match: [{ value: "b" }], ...attribute }] }, why);

/** By the filter itself and, without its fast path, by the host's CEL. */
const bothWays = (name: string, condition: string, request: ProxyRequest, expect: Partial<Expectation>) =>
  [true, false].flatMap((fast) =>
    (["ON_REQUEST", "AFTER_RESPONSE"] as const).map((phase) =>
      scenario(
        `${name} (${phase}, ${fast ? "here" : "by CEL"})`,
        one({ phase, match: [{ condition, value: "yes" }] }, { fast_path: fast }),
        request,
        expect,
      ),
    ),
  );

export const attributeGen: readonly Scenario[] = [
  scenario("Istio's books: a list", books, get("/books"), has("ListBooks")),
  scenario("Istio's books: a list with a query", books, get("/books?page=2"), has("ListBooks")),
  scenario("Istio's books: a list is no POST", books, post("/books"), none),
  scenario("Istio's books: a book", books, get("/shelves/a1/books/b2"), has("GetBook")),
  scenario("Istio's books: no such path", books, get("/shelves/a1/books/b2/c"), none),
  scenario("Istio's books: what is not ASCII", books, get("/shelves/%C3%A9/books/b"), none),
  scenario("Istio's books: a new one", books, post("/books/"), has("CreateBook1")),
  ...[
    [200, "2xx"],
    [204, "2xx"],
    [301, "3xx"],
    [404, "404"],
    [418, "4xx"],
    [429, "429"],
    [500, "5xx"],
    [503, "503"],
  ].map(([status, value]) =>
    scenario(`Istio's response classes: ${status}`, answering(classes, Number(status)), get("/"), {
      status: Number(status),
      filterState: { [responseClass]: String(value) },
    }),
  ),
  scenario("operations: getitems", operations, get("/items"), has("getitems")),
  scenario("operations: createitem", operations, post("/items"), has("createitem")),
  scenario("operations: deleteitem", operations, { method: "DELETE", path: "/items/7" }, has("deleteitem")),
  scenario("a path template", operations, get("/books/7?x=1"), has("GetBook")),
  scenario("a path template, by another method", operations, { method: "PUT", path: "/books/7" }, has("unknown")),
  scenario("a path template wants a segment", operations, get("/books/"), has("unknown")),
  scenario("a value made of the path's parts", operations, get("/shelves/3/a/b"), has("shelf 3: a/b")),
  scenario("a prefix and a condition", operations, get("/static/app.js"), has("static")),
  scenario("a value by CEL", operations, get("/x?debug=1&a=b"), has("example.com debug=1&a=b")),
  scenario("the default", operations, get("/else"), has("unknown")),
  scenario(
    "an empty condition always matches",
    one({ match: [{ condition: "", value: "any" }] }),
    get("/"),
    has("any"),
  ),
  scenario("the first match wins", one({ match: [{ value: "1" }, { value: "2" }] }), get("/"), has("1")),
  scenario(
    "what yields text is an error",
    one({ match: [{ condition: "request.url_path", value: "a" }] }),
    get("/b"),
    failed,
  ),
  scenario(
    "what is behind an error is not looked at",
    one({
      match: [{ condition: "request.headers['x-none'] == 'a'", value: "a" }, { value: "b" }],
    }),
    get("/"),
    failed,
  ),
  scenario(
    "an error leaves a default unset too",
    one({
      default: "d",
      match: [{ condition: "request.headers['x-none'] == 'a'", value: "a" }],
    }),
    get("/"),
    failed,
  ),
  scenario("a value that cannot be had", one({ value_expression: "request.headers['x-none']" }), get("/"), failed),
  scenario("a number as value", one({ value_expression: "response.code + 1" }), get("/"), has("201")),
  scenario("a truth as value", one({ value_expression: "request.method == 'GET' ? 'r' : 'w'" }), get("/"), has("r")),
  scenario(
    "the response is not there on the request",
    one({ phase: "ON_REQUEST", match: [{ condition: "response.code == 200", value: "a" }] }),
    get("/"),
    failed,
  ),
  scenario(
    "a header of the response",
    answering(one({ match: [{ condition: "response.headers['X-Kind'] == 'a'", value: "kind a" }] }), 200, {
      headers: [["x-kind", "a"]],
    }),
    get("/"),
    has("kind a"),
  ),
  scenario(
    "protobuf's other spelling",
    withAttributes([{ outputAttribute: operation, phase: 1, match: [{ value: "v" }] }]),
    get("/"),
    has("v"),
  ),
  scenario(
    "a name with a dot",
    withAttributes([{ output_attribute: "istio.operationId", match: [{ value: "v" }] }], {}, ["istio.operationId"]),
    get("/"),
    { filterState: { "istio.operationId": "v" } },
  ),
  scenario(
    "of two attributes of a name the last is seen",
    withAttributes([
      { output_attribute: operation, match: [{ value: "1" }] },
      { output_attribute: operation, match: [{ value: "2" }] },
    ]),
    get("/"),
    has("2"),
  ),
  scenario(
    "a later phase overwrites",
    withAttributes([
      { output_attribute: operation, match: [{ value: "late" }] },
      { output_attribute: operation, phase: "ON_REQUEST", match: [{ value: "early" }] },
    ]),
    get("/"),
    has("late"),
  ),
  scenario("debug says what is set", one({ match: [{ value: "v" }] }, { debug: true }), get("/"), {
    log: /attribute-gen: istio_operationId is v/,
  }),
  scenario("values up to the limit are themselves", limited, get("/1"), { ...has("/1") }),
  {
    ...scenario("values beyond the limit are one", limited, get("/3"), { ...has("more") }),
    before: [get("/1"), get("/2")],
  },
  {
    ...scenario("a known value stays itself", limited, get("/2"), has("/2")),
    before: [get("/1"), get("/2"), get("/3")],
  },
  scenario("a long value is one too many", limited, get(`/${"a".repeat(300)}`), has("more")),
  scenario("headers have the value", outputs, get("/a", { headers: [["x-operation", "forged"]] }), {
    ...has("A"),
    headers: [["x-operation", "A"]],
    upstream: { headers: [["x-operation", "A"]] },
  }),
  scenario(
    "without a value nobody else's header passes",
    answering(outputs, 200, { headers: [["x-operation", "upstream's"]] }),
    get("/b", { headers: [["x-operation", "forged"]] }),
    {
      ...none,
      withoutHeaders: ["x-operation"],
      upstream: { withoutHeaders: ["x-operation"] },
    },
  ),
  ...bothWays("a header", "request.headers['X-A'] == 'b'", get("/", { headers: [["x-a", "b"]] }), has("yes")),
  ...bothWays(
    "a header of two lines",
    "request.headers['x-a'] == 'b,c'",
    get("/", {
      headers: [
        ["x-a", "b"],
        ["x-a", "c"],
      ],
    }),
    has("yes"),
  ),
  ...bothWays(
    "a missing header decides nothing",
    "request.headers['x-a'] == 'b' || request.method == 'GET'",
    get("/"),
    has("yes"),
  ),
  ...bothWays(
    "a missing header is an error",
    "request.headers['x-a'] == 'b' || request.method == 'PUT'",
    get("/"),
    failed,
  ),
  ...bothWays("a list", "request.method in ['HEAD', 'GET'] && !(request.scheme in ['https'])", get("/"), has("yes")),
  ...bothWays(
    "parts of a text",
    "request.path.startsWith('/a') && request.path.endsWith('=c') && request.path.contains('?b')",
    get("/a?b=c"),
    has("yes"),
  ),

  ...bothWays("the host is a header too", "request.headers['Host'] == 'example.com'", get("/"), has("yes")),
  ...[true, false].map((fast) =>
    scenario(
      `conditions see headers as they are now (${fast ? "here" : "by CEL"})`,
      withAttributes(
        [
          { output_attribute: "role", phase: "ON_REQUEST", match: [{ value: "guest" }], request_header: "x-role" },
          {
            output_attribute: operation,
            phase: "ON_REQUEST",
            match: [{ condition: "request.headers['x-role'] == 'guest'", value: "as set" }],
          },
        ],
        { fast_path: fast },
      ),
      get("/", { headers: [["x-role", "admin"]] }),
      has("as set"),
    ),
  ),
  scenario(
    "the last attribute of a header decides on both ways",
    withAttributes(
      ["first", "second"].map((value) => ({
        ...{ output_attribute: operation, phase: "ON_REQUEST", match: [{ value }] },
        ...{ request_header: "x-op", response_header: "x-op" },
      })),
    ),
    get("/"),
    { ...has("second"), headers: [["x-op", "second"]], upstream: { headers: [["x-op", "second"]] } },
  ),
  scenario(
    "what no header can have leaves none",
    one({ phase: "ON_REQUEST", match: [{ value: "a\nx-b: c" }], request_header: "x-op" }),
    get("/", { headers: [["x-op", "forged"]] }),
    { upstream: { withoutHeaders: ["x-op", "x-b"] }, metrics: { attribute_gen_errors: 1 } },
  ),
  scenario(
    "as in protobuf, null is the default",
    one({ phase: null, match: [{ condition: null, value: "v" }] }, { debug: null }),
    get("/"),
    has("v"),
  ),
  scenario(
    "as in protobuf, a value that is left out is empty",
    one({ match: [{ condition: "true" }] }),
    get("/"),
    has(""),
  ),
  scenario("as in protobuf, nothing need be there", withAttributes([{ output_attribute: operation }]), get("/"), none),
  scenario(
    "Istio's page breaks a condition within its quotes",
    {
      filters: [
        {
          name: "attribute-gen",
          wasm: "dist/attribute-gen.wasm",
          configuration: `{"attributes": [{"output_attribute": "${operation}", "match": [{"value": "ListBooks",
            "condition": "request.url_path == '/books' && request.method ==
            'GET'"}]}]}`,
        },
      ],
      filterState: [operation],
    },
    get("/books"),
    has("ListBooks"),
  ),
  refusedAttribute(
    "a header that frames the message",
    { phase: "ON_REQUEST", request_header: "Content-Length" },
    /\/attributes\/0\/request_header: expected another header/,
  ),
  refusedAttribute(
    "a template that names the rest with its dots",
    { match: [{ path: { template: "/a/{rest...}" }, value_template: "{rest...}" }] },
    /\/attributes\/0\/match\/0\/value_template: expected text with names/,
  ),
  refused("no configuration", "", /attribute-gen: .*attributes|expected an object/),
  refused(
    "an unknown key",
    { attributes: [{ output_attribute: "a", match: [{ value: "b" }] }], metrics: true },
    /\/metrics: unknown key/,
  ),
  refusedAttribute("an unknown key of an attribute", { matches: [] }, /\/attributes\/0\/matches: unknown key/),
  refusedAttribute(
    "an attribute without a name",
    { output_attribute: "" },
    /\/attributes\/0\/output_attribute: expected a name/,
  ),
  refusedAttribute(
    "a wrong phase",
    { phase: "ON_RESPONSE" },
    /\/attributes\/0\/phase: expected one of "AFTER_RESPONSE" "ON_REQUEST"/,
  ),
  refusedAttribute(
    "a match with two values",
    { match: [{ value: "a", value_expression: "'b'" }] },
    /\/attributes\/0\/match\/0\/value: expected one of value/,
  ),
  refusedAttribute(
    "a bad expression, by Istio's test",
    { match: [{ value: "GetStatus", condition: "if a = b then return 5" }] },
    /\/attributes\/0\/match\/0\/condition: expected a CEL expression.*`if a = b then return 5`/,
  ),
  refusedAttribute(
    "an unknown function",
    { match: [{ value: "v", condition: "request.path.lowerAscii() == 'a'" }] },
    /\/attributes\/0\/match\/0\/condition: expected a CEL expression/,
  ),
  refusedAttribute(
    "a bad value",
    { match: [{ value_expression: "'a" }] },
    /\/attributes\/0\/match\/0\/value_expression: expected a CEL expression/,
  ),
  refusedAttribute(
    "a value that closes a bracket",
    { match: [{ value_expression: "'a') + ('b'" }] },
    /\/attributes\/0\/match\/0\/value_expression: expected a CEL expression/,
  ),
  refusedAttribute(
    "a template with an unknown name",
    { match: [{ path: { template: "/a/{id}" }, value_template: "{ID}" }] },
    /\/attributes\/0\/match\/0\/value_template: expected text with names/,
  ),
  refusedAttribute(
    "a template without a path",
    { match: [{ value_template: "{id}" }] },
    /\/attributes\/0\/match\/0\/value_template: expected text with names/,
  ),
  refusedAttribute(
    "a header behind the response",
    { response_header: "x-a" },
    /\/attributes\/0\/response_header: expected phase "ON_REQUEST"/,
  ),
  refusedAttribute(
    "a bad header",
    { phase: "ON_REQUEST", request_header: "x a" },
    /\/attributes\/0\/request_header: expected the name of a header/,
  ),
  refusedAttribute(
    "a limit of nothing",
    { cardinality: { limit: 0 } },
    /\/attributes\/0\/cardinality\/limit: expected a whole number from 1 to 10000/,
  ),
  refusedAttribute(
    "no methods",
    { match: [{ methods: [], value: "a" }] },
    /\/attributes\/0\/match\/0\/methods: expected at least one method/,
  ),
];
