// Reads the configuration; this file and header-config.ts alone know its keys. See config.schema.json.
import { HeaderEntries } from "@proxy-wasm-kit/sdk";
import { ConfigReader } from "@proxy-wasm-kit/sdk/json";
import { HostList, lowerHostPattern, Rules } from "@proxy-wasm-kit/sdk/rules";
import { readHeaderLines, readHeaderName, readHeaderNames, readHeaderValue } from "./header-config";
import { readMap } from "./map-config";
import { HeaderLine, Settings } from "./settings";
import { endsInSuffix } from "./suffix";

/** The header that says of a request that it is mirrored. */
export class Marker {
  constructor(
    readonly name: ArrayBuffer,
    /** Null: any. */
    private value: ArrayBuffer | null,
  ) {}

  isOn(line: HeaderEntries): bool {
    if (!line.nameEquals(this.name)) return false;
    const value = this.value;
    if (value === null) return true;
    const size = value.byteLength;
    return line.valueSize == size && memory.compare(line.valuePtr, changetype<usize>(value), size) == 0;
  }
}

export class Config {
  /** Null: the suffix says it. */
  marker: Marker | null = null;
  /** False where the mirror appends none: no host is touched for its end. */
  stripsSuffix: bool = true;
  /** Hosts that end in the suffix by right. */
  exceptions: HostList | null = null;
  /** Tells upstream of mirroring. */
  shadowHeader: HeaderLine | null = null;
  setsForwardedHost: bool = false;
  setsOriginalHost: bool = false;

  constructor(readonly rules: Rules<Settings>) {}
}

/** Reads the JSON text, or nothing at all; logs what is wrong with it, without any value, and returns null. */
export function readConfig(text: ArrayBuffer): Config | null {
  const reader = ConfigReader.read(text.byteLength == 0 ? String.UTF8.encode("{}") : text);
  const config = new Config(Rules.read<Settings>(reader, new Settings(), readSettings));
  config.marker = readMarker(reader);
  config.stripsSuffix = reader.boolOr("strip_suffix", true);
  if (!config.stripsSuffix && config.marker === null) {
    reader.fail("strip_suffix", "true, as without marker the suffix says what is mirrored", "");
  }
  config.exceptions = HostList.read(reader, "exceptions", isException, 'a host that ends in "-shadow"');
  config.shadowHeader = readShadowHeader(reader, config.marker);
  config.setsForwardedHost = reader.oneOfOr("x_forwarded_host", ["keep", "set"], 0) == 1;
  config.setsOriginalHost = reader.oneOfOr("x_envoy_original_host", ["keep", "set"], 0) == 1;
  if (!reader.finish("shadow-host")) return null;
  return config;
}

/** The keys that rules have too. */
function readSettings(reader: ConfigReader, base: Settings): Settings {
  const settings = new Settings();
  settings.map = readMap(reader, base.map);
  settings.refusesUnmapped = reader.oneOfOr("unmapped", ["keep", "refuse"], base.refusesUnmapped ? 1 : 0) == 1;
  settings.refusesUnsafeMethods = reader.boolOr("refuse_unsafe_methods", base.refusesUnsafeMethods);
  settings.removeHeaders = readHeaderNames(reader, "remove_headers", base.removeHeaders);
  settings.replaceHeaders = readHeaderLines(reader, "replace_headers", base.replaceHeaders);
  return settings;
}

function readMarker(reader: ConfigReader): Marker | null {
  if (!reader.has("marker")) return null;
  const marker = reader.object("marker");
  const name = readHeaderName(marker, "");
  const text = readHeaderValue(marker, "");
  let value: ArrayBuffer | null = null;
  if (marker.has("value")) value = String.UTF8.encode(text);
  return new Marker(name, value);
}

function readShadowHeader(reader: ConfigReader, marker: Marker | null): HeaderLine | null {
  if (!reader.has("shadow_header")) return null;
  const header = reader.object("shadow_header");
  const bytes = readHeaderName(header, "x-shadow");
  const name = String.UTF8.decode(bytes);
  if (marker !== null && name == String.UTF8.decode(marker.name)) {
    header.fail("name", "another header than the marker", "");
  }
  return new HeaderLine(name, bytes, readHeaderValue(header, "true"));
}

/** Another one would be an exception from nothing. */
function isException(ptr: usize, size: i32): bool {
  return lowerHostPattern(ptr, size) && endsInSuffix(ptr, size);
}
