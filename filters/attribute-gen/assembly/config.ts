// Reads the configuration: Istio's attributegen, and what is ours. This file alone knows the keys; see config.schema.json.
import { filterState, LifeSpan, log, ValueType } from "@proxy-wasm-kit/sdk";
import { ConfigReader, JsonKind } from "@proxy-wasm-kit/sdk/json";
import { PathPattern } from "@proxy-wasm-kit/sdk/rules";
import { Cardinality } from "./cardinality";
import { Condition } from "./condition/condition";
import { Facts } from "./condition/facts";
import { Generator, linkOthers, Match, Phase } from "./generator";
import { ExpressionValue, Literal, Template, ValueSource } from "./value";

/** What decides where a message ends, or who gets it, is not for a value that clients write. */
const FRAMING: StaticArray<string> = [
  "connection",
  "content-length",
  "host",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];

export class Config {
  readonly facts: Facts = new Facts();
  /** Says at level debug what is set. */
  isDebugging: bool = false;
  first: Generator | null = null;
  /** There are attributes of this phase. */
  hasOnRequest: bool = false;
  hasAfterResponse: bool = false;
}

/** Reads the JSON text; logs what is wrong with it and returns null. */
export function readConfig(text: ArrayBuffer): Config | null {
  const reader = ConfigReader.read(withoutBreaks(text));
  const config = new Config();
  if (isGiven(reader, "debug")) config.isDebugging = reader.boolOr("debug", false);
  const isFast = reader.boolOr("fast_path", true);
  const readers: StaticArray<ConfigReader> = isGiven(reader, "attributes") ? reader.objects("attributes") : [];
  let last: Generator | null = null;
  for (let i = 0; i < readers.length; ++i) {
    const generator = readGenerator(unchecked(readers[i]), config, isFast);
    if (last === null) config.first = generator;
    else last.next = generator;
    last = generator;
  }
  if (!reader.finish("attribute-gen")) return null;
  if (readers.length == 0) log.warn("attribute-gen: /attributes: there are none, so that nothing is set");
  return config;
}

function readGenerator(reader: ConfigReader, config: Config, isFast: bool): Generator {
  // Istio reads protobuf's JSON, which has both spellings.
  const key = reader.has("outputAttribute") ? "outputAttribute" : "output_attribute";
  if (key == "outputAttribute" && reader.has("output_attribute")) {
    reader.fail("output_attribute", "output_attribute or outputAttribute", "both");
  }
  const name = reader.string(key);
  if (name.length == 0 || !isVisible(name)) reader.fail(key, "a name in ASCII that can be seen", "something else");
  const generator = new Generator(name, readPhase(reader));
  if (generator.phase == Phase.OnRequest) config.hasOnRequest = true;
  else config.hasAfterResponse = true;
  const list = new MatchList();
  const matches: StaticArray<ConfigReader> = isGiven(reader, "match") ? reader.objectsOrNone("match") : [];
  for (let i = 0; i < matches.length; ++i) list.add(readMatch(unchecked(matches[i]), config.facts, isFast));
  if (reader.has("value_expression")) list.add(new Match(readExpression(reader)));
  generator.matches = list.first;
  linkOthers(list.first);
  if (reader.has("default")) generator.otherwise = reader.bytes("default");
  readOutputs(reader, generator);
  // A name that two attributes set is declared by the first.
  const spans: StaticArray<string> = ["filter_chain", "request", "connection"];
  const span = <LifeSpan>reader.oneOfOr("life_span", spans, LifeSpan.FilterChain);
  filterState.declare(name, ValueType.String, span);
  return generator;
}

/** By name, or by number as in protobuf's JSON. */
function readPhase(reader: ConfigReader): Phase {
  if (!isGiven(reader, "phase")) return Phase.AfterResponse;
  const node = reader.json("phase");
  if (node !== null && node.kind == JsonKind.Number) {
    const number = node.integerOr(-1);
    if (number == 0 || number == 1) return <Phase>number;
  }
  const phase = reader.oneOfOr("phase", ["AFTER_RESPONSE", "ON_REQUEST", "PHASE_UNSPECIFIED"], 0);
  return phase == 1 ? Phase.OnRequest : Phase.AfterResponse;
}

function readMatch(reader: ConfigReader, facts: Facts, isFast: bool): Match {
  const pattern = reader.has("path") ? reader.object("path") : null;
  const match = new Match(readSource(reader, pattern));
  if (pattern !== null) match.path = PathPattern.read(pattern);
  if (reader.has("methods")) match.methods = readMethods(reader);
  const condition = isGiven(reader, "condition") ? reader.stringOr("condition", "") : "";
  if (condition.length != 0) {
    const compiled = Condition.compile(condition, facts, isFast);
    if (compiled === null) reader.fail("condition", "a CEL expression", "`" + condition + "`");
    else match.condition = compiled;
  }
  return match;
}

/** At most one of the three; none is the empty text, as in protobuf. */
function readSource(reader: ConfigReader, pattern: ConfigReader | null): ValueSource {
  const count = i32(reader.has("value")) + i32(reader.has("value_expression")) + i32(reader.has("value_template"));
  if (count > 1) reader.fail("value", "one of value, value_expression, value_template", "several");
  if (reader.has("value_expression")) return readExpression(reader);
  if (reader.has("value_template")) return readTemplate(reader, pattern);
  const empty = new ArrayBuffer(0);
  return new Literal(isGiven(reader, "value") ? reader.bytesOr("value", empty) : empty);
}

function readExpression(reader: ConfigReader): ValueSource {
  const text = reader.string("value_expression");
  const compiled = ExpressionValue.compile(text);
  if (compiled !== null) return compiled;
  reader.fail("value_expression", "a CEL expression", "`" + text + "`");
  return new Literal(new ArrayBuffer(0));
}

function readTemplate(reader: ConfigReader, pattern: ConfigReader | null): ValueSource {
  const template = Template.parse(reader.string("value_template"));
  const path = pattern === null ? "" : pattern.stringOr("template", "");
  const unknown = template === null ? "" : template.unknownName(String.UTF8.encode(path));
  if (template !== null && unknown === null) return template;
  reader.fail("value_template", "text with names of the path's template in braces", "something else");
  return new Literal(new ArrayBuffer(0));
}

function readMethods(reader: ConfigReader): StaticArray<ArrayBuffer> {
  const names = reader.strings("methods");
  const methods = new StaticArray<ArrayBuffer>(names.length);
  for (let i = 0; i < names.length; ++i) unchecked((methods[i] = String.UTF8.encode(unchecked(names[i]))));
  if (names.length == 0) reader.fail("methods", "at least one method", "none");
  return methods;
}

function readOutputs(reader: ConfigReader, generator: Generator): void {
  const cardinality = reader.objectOrNone("cardinality");
  if (reader.has("cardinality")) {
    const limit = <i32>cardinality.integer("limit", 1, 10000);
    generator.cardinality = new Cardinality(limit, cardinality.bytesOr("overflow", String.UTF8.encode("other")));
  }
  if (reader.has("request_header")) generator.requestHeader = readHeader(reader, "request_header");
  if (reader.has("response_header")) generator.responseHeader = readHeader(reader, "response_header");
  if (generator.phase == Phase.OnRequest) return;
  const expected = 'phase "ON_REQUEST": behind the response no header can be set';
  if (reader.has("request_header")) reader.fail("request_header", expected, "");
  if (reader.has("response_header")) reader.fail("response_header", expected, "");
}

function readHeader(reader: ConfigReader, key: string): string {
  const name = String.UTF8.decode(reader.headerName(key));
  if (FRAMING.includes(name)) reader.fail(key, "another header, not one that frames the message", "");
  return name;
}

/** Whether the key is there; null is protobuf's JSON for a default. */
function isGiven(reader: ConfigReader, key: string): bool {
  const node = reader.json(key);
  return node !== null && node.kind != JsonKind.Null;
}

/** Istio's parser takes a condition that is broken into lines within its quotes; in CEL a blank is as good. */
function withoutBreaks(text: ArrayBuffer): ArrayBuffer {
  const copy = text.slice(0);
  let isInString = false;
  for (let at = changetype<usize>(copy), end = at + copy.byteLength; at < end; ++at) {
    const byte = load<u8>(at);
    if (byte == 0x22) isInString = !isInString;
    else if (byte == 0x5c) ++at;
    else if (isInString && byte < 0x20) store<u8>(at, 0x20);
  }
  return copy;
}

function isVisible(text: string): bool {
  if (text.length > 256) return false;
  for (let i = 0; i < text.length; ++i) {
    const code = text.charCodeAt(i);
    if (code <= 0x20 || code >= 0x7f) return false;
  }
  return true;
}

class MatchList {
  first: Match | null = null;
  private last: Match | null = null;

  add(match: Match): void {
    const last = this.last;
    if (last === null) this.first = match;
    else last.next = match;
    this.last = match;
  }
}
