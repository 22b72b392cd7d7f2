/** Mistakes in the other kinds. Each is told with its place and what to do. */
import { test } from "vitest";
import { isTold, type Mistake } from "./test/mistake.ts";
import { digest, extensionPolicy, tagsOf, telemetry, trafficExtension, wasmPlugin } from "./test/objects.ts";

const mistakes: readonly Mistake[] = [
  ["no url", wasmPlugin, (o) => delete o.spec.url, "expected url, found none"],
  ["a bad form of sha256", wasmPlugin, (o) => (o.spec.sha256 = "sha256:abc"), "expected a text that matches"],
  ["ftp", wasmPlugin, (o) => (o.spec.url = "ftp://a/b"), "one of [http, https, file, oci]"],
  ["port 0", wasmPlugin, (o) => (o.spec.match[0].ports[0].number = 0), "must be >= 1"],
  [
    "HOST with a value",
    wasmPlugin,
    (o) => (o.spec.vmConfig.env[1].value = "a"),
    "value may only be set when valueFrom is INLINE",
  ],
  [
    "a host and port without scheme",
    wasmPlugin,
    (o) => (o.spec.url = "127.0.0.1:5000/x/attribute-gen:1"),
    "expected oci:// before the host",
  ],
  ["localhost without scheme", wasmPlugin, (o) => (o.spec.url = "localhost:5000/x/attribute-gen:1"), /url/],
  [
    "a repository of one letter",
    wasmPlugin,
    (o) => (o.spec.url = "oci://registry.example/p:1"),
    "two characters or more",
  ],
  [
    "two digests",
    wasmPlugin,
    (o) => (o.spec.url = `oci://registry.example/ab@sha256:${"cd".repeat(32)}`),
    "found another one",
  ],
  ["the module's digest of an image", wasmPlugin, (o) => (o.spec.sha256 = digest), "found that of the module"],
  ["an unknown phase", wasmPlugin, (o) => (o.spec.phase = "AUTH"), "expected one of UNSPECIFIED_PHASE, AUTHN"],
  [
    "Envoy's name of a failure policy",
    wasmPlugin,
    (o) => (o.spec.failStrategy = "FAIL_CLOSED"),
    'did you mean "FAIL_CLOSE"?',
  ],
  ["labels for matchLabels", wasmPlugin, (o) => (o.spec.selector = { labels: { app: "a" } }), 'no field "labels"'],
  ["both selectors", wasmPlugin, (o) => (o.spec.targetRefs = [{ kind: "Gateway", name: "g" }]), "only one of"],
  ["a configuration as text", wasmPlugin, (o) => (o.spec.pluginConfig = '{"a":1}'), "expected an object, found a text"],
  [
    "a configuration that the schema refuses",
    wasmPlugin,
    (o) => (o.spec.pluginConfig = { attributes: [{}] }),
    "the filter's schema",
  ],
  [
    "a root ID that the module lacks",
    wasmPlugin,
    (o) => (o.spec.pluginName = "attributes"),
    "the root ID of attribute-gen",
  ],
  [
    "apiVersion v1",
    wasmPlugin,
    (o) => (o.apiVersion = "extensions.istio.io/v1"),
    "expected extensions.istio.io/v1alpha1",
  ],
  [
    "a filter that needs what a WasmPlugin cannot say",
    wasmPlugin,
    (o) => {
      o.spec.pluginName = "hmac-auth";
      o.spec.url = "oci://registry.example/filters/hmac-auth:1.0";
      o.spec.pluginConfig = { signing_key_env: "K", signature_header: "x" };
    },
    "needs allow_on_headers_stop_iteration",
  ],
  ["wasm and lua", trafficExtension, (o) => (o.spec.lua = { inlineCode: "a" }), "exactly one of wasm or lua"],
  ["neither", trafficExtension, (o) => delete o.spec.wasm, "exactly one of wasm or lua"],
  ["fields of a WasmPlugin", trafficExtension, (o) => (o.spec.url = "oci://a/bc:1"), 'no field "url"'],
  ["UPSERT without value", telemetry, (o) => delete tagsOf(o).request_operation.value, "value must be set"],
  ["REMOVE with value", telemetry, (o) => (tagsOf(o).source_app.value = "1"), "value must not be set"],
  [
    "bad CEL",
    telemetry,
    (o) => (tagsOf(o).request_operation.value = "filter_state['wasm."),
    "expected an expression of CEL",
  ],
  [
    "a property without filter_state",
    telemetry,
    (o) => (tagsOf(o).request_operation.value = "wasm.istio_operationId"),
    "filter_state['wasm.istio_operationId']",
  ],
  [
    "a scheme in Envoy Gateway",
    extensionPolicy,
    (o) => (o.spec.wasm[0].code.image.url = "oci://a/bc:1"),
    "without a scheme",
  ],
  [
    "an unknown field in Envoy Gateway",
    extensionPolicy,
    (o) => (o.spec.wasm[0].rootId = "a"),
    'did you mean "rootID"?',
  ],
  [
    "a target of another kind",
    wasmPlugin,
    (o) => {
      delete o.spec.selector;
      o.spec.targetRefs = [{ group: "gateway.networking.k8s.io", kind: "HTTPRoute", name: "g" }];
    },
    "expected one of Gateway, GatewayClass, Service, ServiceEntry",
  ],
  [
    "a target without its group",
    wasmPlugin,
    (o) => {
      delete o.spec.selector;
      o.spec.targetRefs = [{ kind: "Gateway", name: "g" }];
    },
    'expected "gateway.networking.k8s.io", the group of Gateway',
  ],
  [
    "string() of a filter's property",
    telemetry,
    (o) => (tagsOf(o).request_operation.value = "string(filter_state['wasm.istio_operationId'])"),
    "string() takes no filter_state",
  ],
  [
    "a digest with its algorithm",
    extensionPolicy,
    (o) => (o.spec.wasm[0].code.image.sha256 = `sha256:${digest}`),
    "expected 64 digits",
  ],
  ["an empty list of targets", extensionPolicy, (o) => (o.spec.targetRefs = []), "the object does nothing"],
  [
    "a kind with a slip in Envoy Gateway",
    extensionPolicy,
    (o) => (o.kind = "EnvoyExtensionPolicies"),
    'did you mean "EnvoyExtensionPolicy"?',
  ],
  ["a group with a slip", telemetry, (o) => (o.apiVersion = "telemetry.isto.io/v1"), "expected telemetry.istio.io/v1"],
  ["no kind", telemetry, (o) => (o.kind = ""), "expected apiVersion and kind"],
  ["a label's value with a blank", wasmPlugin, (o) => (o.metadata.labels = { a: "b c" }), "expected a label's value"],
  ["a label's key with two slashes", wasmPlugin, (o) => (o.metadata.labels = { "a/b/c": "d" }), "a key of labels"],
  ["a priority over 32 bits", wasmPlugin, (o) => (o.spec.priority = 1e12), "a whole number of 32 bits"],
  ["an unknown field in a list", wasmPlugin, (o) => (o.spec.match[0].port = 80), 'match has no field "port"'],
  ["no target in Envoy Gateway", extensionPolicy, (o) => delete o.spec.targetRefs, /target/],
];

test.each(mistakes)("%s", (...mistake) => isTold(mistake));
