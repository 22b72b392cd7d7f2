import { expect, test } from "vitest";
import { Failure } from "../failure.ts";
import { attributeConfiguration } from "./attribute.ts";

type Match = { readonly path?: Readonly<Record<string, string>>; readonly condition?: string; readonly value: string };

const configurationOf = (api: object, basePaths?: readonly string[]) =>
  attributeConfiguration(
    { file: "api.yaml", pointer: "", value: api, root: api },
    { attribute: "operation", phase: "ON_REQUEST", ...(basePaths && { basePaths }) },
  ) as { readonly attributes: readonly [{ readonly match: readonly Match[] }] };

/** Paths or conditions in their order. */
const order = (api: object, basePaths?: readonly string[]) =>
  configurationOf(api, basePaths).attributes[0].match.map(({ path, condition }) =>
    path === undefined ? condition : Object.values(path)[0],
  );

const paths = (...all: readonly string[]) => Object.fromEntries(all.map((path) => [path, { get: {} }]));
const api = (more: object) => ({ openapi: "3.1.0", ...more });

test("an operation becomes a path, a method and its operationId, or without one its method and path", () => {
  const items = { get: { operationId: "list" }, post: {}, summary: "Items", parameters: [] };
  expect(configurationOf(api({ paths: { "/items": items } }))).toEqual({
    attributes: [
      {
        output_attribute: "operation",
        phase: "ON_REQUEST",
        match: [
          { path: { exact: "/items" }, methods: ["GET"], value: "list" },
          { path: { exact: "/items" }, methods: ["POST"], value: "POST /items" },
        ],
      },
    ],
  });
});

test("concrete paths come first, then what is more specific from the left, whatever the order of the file", () => {
  const all = ["/{x}/{y}", "/a/{y}/c", "/a/{y}/{z}", "/{x}/b", "/a/{y}", "/b", "/a/{y}.json", "/a/v{y}.json", "/a/b"];
  const wanted = [
    ...["/b", "/a/b"],
    "request.url_path.matches('^/a/v[^/]+[.]json$')",
    "request.url_path.matches('^/a/[^/]+[.]json$')",
    ...["/a/{y}", "/a/{y}/c", "/a/{y}/{z}", "/{x}/b", "/{x}/{y}"],
  ];
  expect(order(api({ paths: paths(...all) }))).toEqual(wanted);
  expect(order(api({ paths: paths("/a/b", "/b", ...all.toReversed()) })).slice(2)).toEqual(wanted.slice(2));
});

test.each<[string, object, readonly string[]]>([
  ["none", api({ paths: paths("/a") }), ["/a"]],
  ["of a URL", api({ servers: [{ url: "https://x.example:8443/v1/" }], paths: paths("/a") }), ["/v1/a"]],
  [
    "of several",
    api({ servers: [{ url: "/v1" }, { url: "//x/v2?y" }, { url: "/v1/" }], paths: paths("/a") }),
    ["/v1/a", "/v2/a"],
  ],
  ["of an empty list", api({ servers: [], paths: paths("/a") }), ["/a"]],
  [
    "with variables",
    api({
      servers: [{ url: "{host}/{v}", variables: { host: { default: "//x" }, v: { enum: ["1", "2"], default: "1" } } }],
      paths: paths("/a"),
    }),
    ["/1/a", "/2/a"],
  ],
  [
    "of a path, and of an operation",
    api({
      servers: [{ url: "/v1" }],
      paths: { "/a": { servers: [{ url: "/v2" }], get: {}, put: { servers: [{ url: "/v3" }] } } },
    }),
    ["/v2/a", "/v3/a"],
  ],
  ["of Swagger", { swagger: "2.0", basePath: "/v2", paths: paths("/a") }, ["/v2/a"]],
  ["of Swagger, without quotes", { swagger: 2, basePath: "/", paths: paths("/a") }, ["/a"]],
])("the path before all paths: %s", (_, document, wanted) => expect(order(document)).toEqual(wanted));

test("base paths that are told are instead of all servers", () => {
  const document = api({ servers: [{ url: "nowhere" }], paths: { "/a": { get: {}, servers: [{ url: "/x" }] } } });
  expect(() => order(document)).toThrow("--base-path");
  expect(order(document, ["/b", ""])).toEqual(["/b/a", "/a"]);
});

test("names of parameters become words, and what a URL cannot have is encoded", () => {
  expect(order(api({ paths: paths("/a/{x-y}/{x.y}/é €/%41") }))).toEqual(["/a/{x_y}/{x_y_}/%C3%A9%20%E2%82%AC/%41"]);
  expect(order(api({ paths: paths("/o'b/{x}(1)\"\\$") }))).toEqual([
    `request.url_path.matches("^/o'b/[^/]+[(]1[)]%22%5C[$]$")`,
  ]);
});

test("a path may be a reference, and add to it", () => {
  const item = { get: { operationId: "b" }, put: { operationId: "c" } };
  const document = api({
    paths: { "/a": { $ref: "#/components/pathItems/x~1y", get: { operationId: "a" } } },
    components: { pathItems: { "x/y": { $ref: "#/x-items/0" } } },
    "x-items": [item],
  });
  expect(configurationOf(document).attributes[0].match.map(({ value }) => value)).toEqual(["a", "c"]);
});

const get = { operationId: "a" };
test.each<[object | string, string]>([
  ["text", 'api.yaml: /: expected an object, found "text"'],
  [{ paths: {} }, "api.yaml: /: expected openapi or swagger with a version, found neither"],
  [{ swagger: "1.2" }, 'api.yaml: /swagger: expected "2.0", found "1.2"'],
  [{ openapi: "4.0.0" }, 'api.yaml: /openapi: expected version 3.0 or 3.1, found "4.0.0"'],
  [api({}), "api.yaml: /paths: expected at least one operation, found none"],
  [api({ paths: [] }), "api.yaml: /paths: expected an object, found a list"],
  [api({ paths: paths("a") }), 'api.yaml: /paths/a: expected a path from "/", found "a"'],
  [api({ paths: paths("/a?x=1") }), "api.yaml: /paths/~1a?x=1: expected a path without query and fragment"],
  [api({ paths: paths("/{a+}") }), "api.yaml: /paths/~1{a+}/get: expected parameters such as {id}"],
  [api({ paths: paths("/{a") }), "api.yaml: /paths/~1{a/get: expected parameters such as {id}"],
  [api({ paths: { "/a": null } }), "api.yaml: /paths/~1a: expected an object, found nothing"],
  [api({ paths: { "/a": { get: null } } }), "api.yaml: /paths/~1a/get: expected an object, found nothing"],
  [
    api({ paths: { "/a": { get: { operationId: 7 } } } }),
    "api.yaml: /paths/~1a/get/operationId: expected text, found 7",
  ],
  [api({ paths: { "/a": { get: { operationId: " " } } } }), "/paths/~1a/get/operationId: expected a name"],
  [api({ paths: { "/a": { get: { $ref: "#/x" } } } }), "/paths/~1a/get: expected an operation: only paths may be"],
  [
    api({ paths: { "/a": { get }, "/b": { get } } }),
    'api.yaml: /paths/~1b/get: expected an operationId of its own, found "a", which /paths/~1a/get has too; rename one of them',
  ],
  [
    api({ paths: { "/a/{x}": { get: {} }, "/a/{y}": { get: {} } } }),
    "api.yaml: /paths/~1a~1{y}/get: expected a path and method of its own, found GET /a/{}, which /paths/~1a~1{x}/get has",
  ],
  [
    api({ paths: { "/a": { $ref: "common.yaml#/a" } } }),
    "api.yaml: /paths/~1a/$ref: expected a reference into this file (#/...); put all into one file first",
  ],
  [api({ paths: { "/a": { $ref: "#/b" } } }), "/paths/~1a/$ref: expected a reference to something that is there"],
  [api({ paths: { "/a": { $ref: "#/paths/~1a" } } }), "/paths/~1a: expected a reference that leads somewhere"],
  [api({ servers: {}, paths: {} }), "api.yaml: /servers: expected a list, found an object"],
  [api({ servers: [{}], paths: {} }), "api.yaml: /servers/0: expected a server with a url, found none"],
  [api({ servers: [{ url: "/{v}" }], paths: {} }), '/servers/0: expected variables with "v", as the url has it'],
  [api({ servers: [{ url: "v1" }], paths: {} }), "/servers/0/url: expected a URL with a host, or a path"],
  [{ swagger: "2.0", basePath: "v2", paths: {} }, '/basePath: expected a path from "/", found "v2"'],
])("%j is refused with the place", (document, message) => {
  const attempt = () => configurationOf(document as object);
  expect(attempt).toThrow(Failure);
  expect(attempt).toThrow(message);
});
