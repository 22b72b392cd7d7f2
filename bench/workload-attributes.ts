/** Requests that get an attribute by fifty conditions: evaluated in the module, each by Envoy's CEL, or all in Lua. */
import type { Message } from "@proxy-wasm-kit/envoy";
import type { Variant } from "./variants.ts";
import type { Workload } from "./workload.ts";

/** Five operations on each of ten resources, in CEL and in Lua. The request is the last of them. */
const resources = "books shelves authors orders customers invoices payments carts reviews users".split(" ");
const conditions = resources.flatMap((resource) => {
  const [all, one] = [`/api/v1/${resource}`, `^/api/v1/${resource}/[^/]+$`];
  const is = (method: string) => ({
    cel: `request.url_path == '${all}' && request.method == '${method}'`,
    lua: `path == "${all}" and method == "${method}"`,
  });
  const matches = (method: string) => ({
    cel: `request.url_path.matches('${one}') && request.method == '${method}'`,
    lua: `path:match("${one}") and method == "${method}"`,
  });
  return [is("GET"), is("POST"), matches("GET"), matches("PUT"), matches("DELETE")];
});
const path = "/api/v1/users/7f9c2ba4";

const attribute = {
  output_attribute: "operation",
  phase: "ON_REQUEST",
  match: conditions.map(({ cel }, at) => ({ condition: cel, value: `operation${at}` })),
};

const script = `
function envoy_on_request(handle)
  local headers = handle:headers()
  local path = headers:get(":path"):match("^[^?]*")
  local method = headers:get(":method")
  local value
  ${conditions.map(({ lua }, at) => `${at === 0 ? "if" : "elseif"} ${lua} then value = "operation${at}"`).join("\n  ")}
  end
  if value then handle:streamInfo():dynamicMetadata():set("attributes", "operation", value) end
end
`;

const lua: Message = {
  name: "envoy.filters.http.lua",
  typed_config: {
    "@type": "type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua",
    default_source_code: { inline_string: script },
  },
};

const luaVariant: Variant = { filter: "attribute-gen", sdk: "lua", module: null };

export const classified: Workload = {
  filters: ["attribute-gen"],
  conditions: [{ openStreams: 1, bodyBytes: 0 }],
  configurationOf: ({ sdk }) => JSON.stringify({ fast_path: sdk !== "kit-cel", attributes: [attribute] }),
  allowOnHeadersStopIteration: false,
  natives: [luaVariant],
  nativeFilters: ({ sdk }) => (sdk === "lua" ? [lua] : []),
  responseHeaders: [
    {
      header: {
        key: "x-operation",
        value: "%FILTER_STATE(wasm.operation:PLAIN)%%DYNAMIC_METADATA(attributes:operation)%",
      },
    },
  ],
  request: () => Buffer.from(`DELETE ${path}?x=1 HTTP/1.1\r\nhost: bench\r\n\r\n`),
  async check(url, { sdk }) {
    const { headers } = await fetch(`${url.replace(/\/$/, "")}${path}`, { method: "DELETE" });
    const isRight = headers.get("x-operation")?.includes("operation49") ?? false;
    if (isRight !== (sdk !== "bare")) throw new Error(`${sdk} answers ${headers.get("x-operation")}`);
  },
};
