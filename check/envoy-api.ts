/** Envoy's API as istiod knows it: every message that may stand in an EnvoyFilter, by its full name. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import {
  createFileRegistry,
  type DescExtension,
  type DescMessage,
  type FileRegistry,
  fromBinary,
  fromJson,
  type JsonValue,
  toJson,
} from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";

let loaded: FileRegistry | null = null;

/** A fifth of a second, once. */
function registry(): FileRegistry {
  if (loaded === null) {
    const bytes = gunzipSync(readFileSync(new URL("./schemas/envoy-api.binpb.gz", import.meta.url)));
    loaded = createFileRegistry(fromBinary(FileDescriptorSetSchema, bytes));
  }
  return loaded;
}

export const findMessage = (name: string): DescMessage | undefined => registry().getMessage(name);

/** Throws when there is none of this name. */
export function message(name: string): DescMessage {
  const found = findMessage(name);
  if (found === undefined) throw new Error(`Envoy's API has no ${name}`);
  return found;
}

/** A value in the one form that protobuf's JSON writes, as istiod and Envoy print it. Throws when it is no such message. */
export function canonical(type: DescMessage, value: unknown): unknown {
  const options = { registry: registry() };
  return toJson(type, fromJson(type, value as JsonValue, { ...options, ignoreUnknownFields: true }), options);
}

export function extension(name: string): DescExtension {
  const found = registry().getExtension(name);
  if (found === undefined) throw new Error(`Envoy's API has no option ${name}`);
  return found;
}

/** Names of all messages, for suggestions. */
export function* messageNames(): Generator<string> {
  for (const type of registry()) if (type.kind === "message") yield type.typeName;
}
