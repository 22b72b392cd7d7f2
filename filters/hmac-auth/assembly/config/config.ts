// Reads the configuration: the two fields, or the full form with rules. This folder alone knows its keys; see
// config.schema.json.
import { Gauge } from "@proxy-wasm-kit/sdk";
import { ConfigReader } from "@proxy-wasm-kit/sdk/json";
import { Algorithm } from "../algorithm";
import { Key } from "../key";
import { RequestLines } from "../lines";
import { Rule } from "../rule";
import { Template } from "../template/template";
import { TemplateScheme } from "../template/template-scheme";
import { readSigningKey } from "./keys";
import { RuleDefaults, RuleReader } from "./rule";
import { Config, Hold, Mode } from "./settings";
import { readHeader } from "./template";

/** Reads the JSON text; logs what is wrong with it, without any value, and returns null. */
export function readConfig(text: ArrayBuffer): Config | null {
  const reader = ConfigReader.read(text);
  const lines = new RequestLines();
  const config = new Config(lines);
  const isFull = reader.has("rules");
  if (!isFull) config.rules = readTwoFields(reader, lines);
  config.mode = <Mode>reader.oneOfOr("mode", ["verify", "sign", "report"], Mode.Verify);
  config.hold = <Hold>reader.oneOfOr("hold", ["headers", "body"], Hold.Headers);
  config.bodyTimeoutMs = <u32>reader.integerOr("body_timeout_ms", 1, 3600000, 15000);
  const defaults = RuleDefaults.read(reader, new RuleDefaults());
  readIdentity(reader, config);
  readRefusal(reader, config);
  if (config.mode == Mode.Sign && config.hold == Hold.Body) {
    reader.fail("hold", '"headers", as signing sets one behind the body', "");
  }
  if (isFull) readRules(reader, config, defaults);
  else applyDefaults(config.rules!, defaults);
  if (!reader.finish("hmac-auth")) return null;
  Gauge.define("hmac_auth_keys").set(isFull ? config.keyCount : 1);
  return config;
}

function readIdentity(reader: ConfigReader, config: Config): void {
  const name = reader.stringOr("identity_header", "x-hmac-consumer");
  if (name.length == 0) return;
  if (reader.has("identity_header")) reader.headerName("identity_header");
  config.identityHeader = name;
  config.identity = config.lines.watch(String.UTF8.encode(name.toLowerCase()));
}

function readRefusal(reader: ConfigReader, config: Config): void {
  const refusal = config.refusal;
  refusal.hasDebugHeaders = reader.boolOr("debug_headers", false);
  const reject = reader.objectOrNone("reject");
  const status = reject.integerOr("status", 400, 403, 401);
  if (status == 402) reject.fail("status", "400, 401 or 403", "");
  refusal.status = <u32>status;
  refusal.realm = reject.stringOr("realm", refusal.realm);
  if (!isQuotable(refusal.realm)) reject.fail("realm", "ASCII that can be seen, without quotes", "");
  refusal.body = reject.stringOr("body", refusal.body);
  refusal.contentType = reject.stringOr("content_type", refusal.contentType);
  if (!isQuotable(refusal.contentType)) reject.fail("content_type", "ASCII that can be seen, without quotes", "");
}

/** Whether the text can stand between quotes in a header. */
function isQuotable(text: string): bool {
  for (let i = 0; i < text.length; ++i) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || code >= 0x7f || code == 0x22 || code == 0x5c) return false;
  }
  return true;
}

function readRules(reader: ConfigReader, config: Config, defaults: RuleDefaults): void {
  config.allowsOthers = reader.oneOfOr("default", ["reject", "allow"], 0) == 1;
  const readers = reader.objects("rules");
  if (readers.length == 0) reader.fail("rules", "at least one rule", "none");
  const reading = new RuleReader(config, defaults);
  let last: Rule | null = null;
  for (let i = 0; i < readers.length; ++i) {
    const rule = reading.read(unchecked(readers[i]), i);
    if (isTaken(config.rules, rule.id))
      unchecked(readers[i]).fail("id", "an id of its own", "one that another rule has");
    if (last === null) config.rules = rule;
    else last.next = rule;
    last = rule;
  }
  refuseBoth(reader, "signing_key");
  refuseBoth(reader, "signing_key_env");
  refuseBoth(reader, "signature_header");
}

function refuseBoth(reader: ConfigReader, key: string): void {
  if (reader.has(key)) reader.fail(key, key + " or rules", "both");
}

function isTaken(first: Rule | null, id: string): bool {
  let rule = first;
  while (rule !== null) {
    if (rule.id == id) return true;
    rule = rule.next;
  }
  return false;
}

/** sha256 over the body, every encoding, every request. */
function readTwoFields(reader: ConfigReader, lines: RequestLines): Rule {
  const key = readSigningKey(reader);
  const template = new Template(lines.watch(readHeader(reader, "signature_header")));
  const keys: StaticArray<Key> = [new Key("", Algorithm.Sha256, key)];
  return new Rule("", null, new TemplateScheme(template, keys), "");
}

function applyDefaults(rule: Rule, defaults: RuleDefaults): void {
  rule.maxBodyBytes = defaults.maxBodyBytes;
  rule.hidesCredentials = defaults.hidesCredentials;
}
