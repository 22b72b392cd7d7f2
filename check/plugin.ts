/** A Wasm plugin, whatever the resource that delivers it. */
import { isRecord, listOf, recordOf } from "./document.ts";
import type { Path, Report } from "./finding.ts";

type Fields = Readonly<Record<string, unknown>>;

export interface Plugin {
  readonly name: string;
  /** Undefined when none is given. */
  readonly rootId: string | undefined;
  readonly isNetwork: boolean;
  readonly code: Code | null;
  /** As the filter gets it; undefined when there is none. */
  readonly configuration: Uint8Array | undefined;
  readonly environment: Readonly<Record<string, string>>;
  readonly hostEnvironment: readonly string[];
  readonly allowsStopIteration: boolean;
  /** Why the resource cannot allow it; null when it can. */
  readonly cannotAllowStopIteration: string | null;
  /** As Envoy gets it; null when it is somebody else who writes that. */
  readonly typedConfig: Fields | null;
  readonly report: Report;
  readonly places: { readonly rootId: Path; readonly configuration: Path; readonly code: Path; readonly sha256: Path };
}

export type Code =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "inline"; readonly bytes: Uint8Array }
  | { readonly kind: "url"; readonly url: string; readonly sha256?: string };

const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

/** By the names of protobuf or of its JSON form. */
export const field = (object: Fields, name: string): unknown =>
  object[name] ?? object[name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())];

export const wasmTypes: ReadonlyMap<string, "http" | "network"> = new Map(
  Object.entries({
    "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm": "http",
    "type.googleapis.com/envoy.extensions.filters.network.wasm.v3.Wasm": "network",
  }),
);

/** Out of a filter's `typed_config`; null when it is not one of Wasm. */
export function pluginOfTypedConfig(typedConfig: unknown, name: string, path: Path, report: Report): Plugin | null {
  const { type, config, at } = unwrapped(recordOf(typedConfig), path);
  const kind = wasmTypes.get(type);
  if (kind === undefined || !isRecord(config)) return null;
  const vm = recordOf(field(config, "vm_config"));
  const environment = recordOf(field(vm, "environment_variables"));
  return {
    name: text(config.name) ?? name,
    rootId: text(field(config, "root_id")) || undefined,
    isNetwork: kind === "network",
    code: codeOf(recordOf(vm.code)),
    configuration: configurationOf(config.configuration),
    environment: textsOf(field(environment, "key_values")),
    hostEnvironment: listOf(field(environment, "host_env_keys")).filter((key) => typeof key === "string"),
    allowsStopIteration: field(config, "allow_on_headers_stop_iteration") === true,
    cannotAllowStopIteration: null,
    typedConfig: recordOf(typedConfig),
    report,
    places: {
      rootId: [...at, "root_id"],
      configuration: [...at, "configuration"],
      code: [...at, "vm_config", "code"],
      sha256: [...at, "vm_config", "code", "remote", "sha256"],
    },
  };
}

/** The type that Envoy sees; empty when none is given. */
export const typeOfConfig = (typedConfig: unknown): string =>
  isRecord(typedConfig) && typeof typedConfig["@type"] === "string" ? unwrapped(typedConfig, []).type : "";

/** What is in a `typed_config`, or in its TypedStruct. */
export function unwrapped(typedConfig: Fields, path: Path) {
  const type = String(typedConfig["@type"]);
  if (!type.endsWith(".TypedStruct")) return { type, config: typedConfig.config, at: [...path, "config"] };
  return {
    type: String(field(typedConfig, "type_url")),
    config: recordOf(typedConfig.value).config,
    at: [...path, "value", "config"],
  };
}

/** A filter's `typed_config` with this `code`. */
export function withCode(typedConfig: Fields, code: Fields): Fields {
  if (isRecord(typedConfig.value)) return { ...typedConfig, value: withCode(typedConfig.value, code) };
  const config = recordOf(typedConfig.config);
  const key = config.vmConfig === undefined ? "vm_config" : "vmConfig";
  return { ...typedConfig, config: { ...config, [key]: { ...recordOf(config[key]), code } } };
}

function codeOf(code: Fields): Code | null {
  const [local, remote] = [recordOf(code.local), recordOf(code.remote)];
  const inline = text(field(local, "inline_bytes"));
  if (inline !== undefined) return { kind: "inline", bytes: Buffer.from(inline, "base64") };
  const path = text(local.filename);
  if (path !== undefined) return { kind: "file", path };
  const url = text(recordOf(field(remote, "http_uri")).uri);
  const sha256 = text(remote.sha256);
  return url === undefined ? null : { kind: "url", url, ...(sha256 !== undefined && { sha256 }) };
}

/** What Envoy gives to the filter. Source: envoy source/common/protobuf/utility.h `anyToBytes`. */
function configurationOf(any: unknown): Uint8Array | undefined {
  if (!isRecord(any)) return undefined;
  const type = String(any["@type"]).split("/").at(-1);
  if (type === "google.protobuf.StringValue") return Buffer.from(text(any.value) ?? "");
  if (type === "google.protobuf.BytesValue") return Buffer.from(text(any.value) ?? "", "base64");
  if (type === "google.protobuf.Struct") return Buffer.from(JSON.stringify(any.value ?? {}));
  return undefined;
}

export const textsOf = (value: unknown): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(recordOf(value)).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
