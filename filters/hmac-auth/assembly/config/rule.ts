// Reads one rule: the requests it is for, its scheme and keys, and what else it asks.
import { ConfigReader, JsonKind } from "@proxy-wasm-kit/sdk/json";
import { Match } from "@proxy-wasm-kit/sdk/rules";
import { Higress } from "../canonical/higress";
import { isCanonical } from "../canonical/schemes";
import { Key } from "../key";
import { LazyCounter, RuleMetrics } from "../metrics";
import { presetOf } from "../presets";
import { ReplayStore } from "../replay";
import { RequestMatch, Rule } from "../rule";
import { Scheme } from "../scheme";
import { Coverage } from "../template/template";
import { TemplateScheme } from "../template/template-scheme";
import { readCanonical, readName } from "./canonical";
import { KeyFormat, readSecrets } from "./keys";
import { Config, Mode } from "./settings";
import { readTemplate } from "./template";

/** Where the whole body must be in memory at once, this is the limit unless another is set. */
const WHOLE_BODY_BYTES: u32 = 262144;

/** What a rule takes over from the top when it does not say it itself. */
export class RuleDefaults {
  maxBodyBytes: u32 = 1048576;
  /** Whether the configuration says it. */
  hasMaxBodyBytes: bool = false;
  publicBaseUrl: ArrayBuffer = new ArrayBuffer(0);
  hidesCredentials: bool = false;
  signsWithAll: bool = false;

  /** The same keys at the top and in rules. */
  static read(reader: ConfigReader, base: RuleDefaults): RuleDefaults {
    const own = new RuleDefaults();
    own.hasMaxBodyBytes = base.hasMaxBodyBytes || reader.has("max_body_bytes");
    own.maxBodyBytes = <u32>reader.integerOr("max_body_bytes", 1, i32.MAX_VALUE, base.maxBodyBytes);
    own.publicBaseUrl = readBaseUrl(reader, base.publicBaseUrl);
    own.hidesCredentials = reader.boolOr("hide_credentials", base.hidesCredentials);
    own.signsWithAll = reader.oneOfOr("sign_with", ["first", "all"], base.signsWithAll ? 1 : 0) == 1;
    return own;
  }
}

export class RuleReader {
  constructor(
    private config: Config,
    private top: RuleDefaults,
  ) {}

  read(reader: ConfigReader, index: i32): Rule {
    const id = reader.stringOr("id", index.toString());
    if (id.length == 0) reader.fail("id", "an id", "an empty one");
    const match = this.readMatch(reader);
    if (reader.has("action")) {
      reader.oneOf("action", ["allow"]);
      return new Rule(id, match, null, "");
    }
    const own = RuleDefaults.read(reader, this.top);
    const node = reader.json("scheme");
    if (node === null) {
      reader.fail("scheme", 'a scheme, or "action"', "nothing");
      reader.giveUp();
      return new Rule(id, match, null, "");
    }
    const isNamed = node.kind == JsonKind.String;
    const name = isNamed ? reader.string("scheme") : "";
    const scheme = this.readScheme(reader, name, isNamed, own, "rule " + id);
    const rule = new Rule(id, match, scheme, isNamed ? name : "own");
    rule.maxBodyBytes = own.maxBodyBytes;
    rule.hidesCredentials = own.hidesCredentials;
    if (scheme === null) return rule;
    if (!own.hasMaxBodyBytes && needsWholeBody(scheme)) rule.maxBodyBytes = WHOLE_BODY_BYTES;
    if (this.config.mode == Mode.Sign && !scheme.canSign) reader.fail("scheme", "one that signs", "one that does not");
    if (isCanonical(name) && this.config.mode == Mode.Sign && own.signsWithAll) {
      reader.fail("sign_with", '"first", as the scheme sends one signature', "");
    }
    if (isCanonical(name)) rule.anonymousConsumer = readName(reader, "anonymous_consumer");
    rule.replay = readReplay(reader, id, scheme);
    this.count(rule, scheme);
    return rule;
  }

  private readMatch(reader: ConfigReader): RequestMatch | null {
    const match = reader.objectOrNone("match");
    if (!reader.has("match")) return null;
    this.config.lines.hasRules = true;
    const path = this.readPath(match, "path");
    const prefix = this.readPath(match, "path_prefix");
    return new RequestMatch(Match.read(match, this.config.lines.facts), path, prefix);
  }

  private readPath(match: ConfigReader, key: string): ArrayBuffer | null {
    if (!match.has(key)) return null;
    const path = match.bytes(key);
    if (!isPath(path)) match.fail(key, 'a path such as "/v1/" without query', "");
    return path;
  }

  private readScheme(
    reader: ConfigReader,
    name: string,
    isNamed: bool,
    own: RuleDefaults,
    where: string,
  ): Scheme | null {
    const hasTolerance = reader.has("tolerance_seconds");
    const tolerance = reader.integerOr("tolerance_seconds", 1, 999999999999, 0);
    const validatesBody = reader.boolOr("validate_body", true);
    const lines = this.config.lines;
    if (isNamed && isCanonical(name)) {
      return readCanonical(reader, name, lines, tolerance, validatesBody, own.publicBaseUrl, where);
    }
    const preset = isNamed ? presetOf(name) : "";
    const text = isNamed ? ConfigReader.read(String.UTF8.encode(preset)) : reader.object("scheme");
    if (text.isAbsent) {
      if (isNamed) reader.fail("scheme", "a preset, or a scheme that is spelled out", "another name");
      reader.giveUp();
      return null;
    }
    const template = readTemplate(text, lines, tolerance, own.publicBaseUrl);
    if (hasTolerance && !template.hasTime) reader.fail("tolerance_seconds", "a scheme with a time", "one without");
    template.validatesBody = validatesBody;
    template.signsWithAll = own.signsWithAll;
    const isSigning = this.config.mode == Mode.Sign;
    if (isSigning && own.signsWithAll && template.list === null) {
      reader.fail("sign_with", 'a "list", as several signatures need one', "none");
    }
    const secrets = readSecrets(reader, KeyFormat.read(text.objectOrNone("key")), where);
    const keys = new StaticArray<Key>(secrets.length);
    for (let i = 0; i < secrets.length; ++i) {
      const secret = unchecked(secrets[i]);
      unchecked((keys[i] = new Key(secret.id, template.algorithm, secret.bytes)));
    }
    return new TemplateScheme(template, keys);
  }

  /** What is counted of the rule and of its keys. */
  private count(rule: Rule, scheme: Scheme): void {
    rule.metrics = new RuleMetrics(rule.id);
    const keys = scheme.keys;
    this.config.keyCount += keys.length;
    for (let i = 0; i < keys.length; ++i) {
      const key = unchecked(keys[i]);
      const name = "hmac_auth.key." + rule.id + "." + key.id + ".verified";
      key.verified = new LazyCounter(name).define();
    }
  }
}

/** The body is parsed, not only hashed. */
function needsWholeBody(scheme: Scheme): bool {
  if (scheme instanceof Higress) return true;
  if (!(scheme instanceof TemplateScheme)) return false;
  const template = (scheme as TemplateScheme).template;
  return template.coverage == Coverage.Form || template.bodyField !== null;
}

function readReplay(reader: ConfigReader, ruleId: string, scheme: Scheme): ReplayStore | null {
  const replay = reader.objectOrNone("replay");
  if (!reader.has("replay")) return null;
  const seconds = replay.integer("window_seconds", 1, 999999999);
  const untimed = replay.boolOr("untimed", false);
  if (!scheme.isUnique && !untimed) {
    replay.fail("untimed", "true, as the scheme signs no time: the same event sent again is refused", "");
  }
  return new ReplayStore(ruleId, <u64>seconds * 1000);
}

/** "https://hooks.example.com": http or https, an authority, and nothing behind it. */
function readBaseUrl(reader: ConfigReader, base: ArrayBuffer): ArrayBuffer {
  const url = reader.bytesOr("public_base_url", base);
  if (!reader.has("public_base_url")) return base;
  const ptr = changetype<usize>(url);
  const size = url.byteLength;
  let at = isAt(ptr, size, "https://") ? 8 : isAt(ptr, size, "http://") ? 7 : size;
  // An empty name, or an empty port.
  let isUrl = at < size && load<u8>(ptr + at) != 0x3a && load<u8>(ptr + size - 1) != 0x3a;
  let isAddress = false;
  let isPort = false;
  for (; at < size; ++at) {
    const byte = load<u8>(ptr + at);
    if (byte <= 0x20 || byte >= 0x7f || byte == 0x2f || byte == 0x3f || byte == 0x23 || byte == 0x40) isUrl = false;
    if (isPort && (byte < 0x30 || byte > 0x39)) isUrl = false;
    // An IPv6 address has colons of its own, within brackets.
    if (byte == 0x5b || byte == 0x5d) isAddress = byte == 0x5b;
    isPort = isPort || (byte == 0x3a && !isAddress);
  }
  if (!isUrl) reader.fail("public_base_url", 'a URL such as "https://hooks.example.com" without path', "");
  return url;
}

function isAt(ptr: usize, size: i32, text: string): bool {
  if (size < text.length) return false;
  for (let i = 0; i < text.length; ++i) if (load<u8>(ptr + i) != text.charCodeAt(i)) return false;
  return true;
}

/** As in the SDK's "paths": from "/", in ASCII that can be seen, without query and fragment. */
function isPath(path: ArrayBuffer): bool {
  const ptr = changetype<usize>(path);
  if (path.byteLength == 0 || load<u8>(ptr) != 0x2f) return false;
  for (let i = 0; i < path.byteLength; ++i) {
    const byte = load<u8>(ptr + i);
    if (byte <= 0x20 || byte >= 0x7f || byte == 0x23 || byte == 0x3f) return false;
  }
  return true;
}
