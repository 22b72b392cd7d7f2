/**
 * A value in protobuf's JSON form against the message it is to be. Unknown fields are refused, at any depth, which istiod only
 * warns of. Source: protobuf.dev/programming-guides/json; the rules of fields are those of protoc-gen-validate.
 */
import type { DescEnum, DescField, DescMessage, ScalarType } from "@bufbuild/protobuf";
import { isRecord } from "./document.ts";
import { goSeconds, protobufSeconds } from "./duration.ts";
import { findMessage, messageNames } from "./envoy-api.ts";
import { fieldProblems, requiredOneofs, requiredProblems } from "./envoy-rules.ts";
import { type Path, type Report, shown, typeOf } from "./finding.ts";
import { scalarProblem } from "./scalar.ts";
import { didYouMean } from "./similar.ts";

export interface MessageOptions {
  /** A piece that is merged into a whole: what is missing may be in that. */
  readonly isPart?: boolean;
  /** In a TypedStruct, which Envoy reads and not istiod. */
  readonly isStruct?: boolean;
  /** Fields and oneofs that may be missing, as someone fills them before Envoy sees them: "message.field". */
  readonly filled?: readonly string[];
}

/** Reports what Envoy would not take. */
export function checkMessage(type: DescMessage, value: unknown, report: Report, options: MessageOptions = {}): void {
  check(type, value, [], report, options);
}

function check(type: DescMessage, value: unknown, path: Path, report: Report, options: MessageOptions): void {
  const known = wellKnown[type.typeName];
  if (known !== undefined) {
    known(value, path, report, options);
    return;
  }
  if (!isRecord(value)) {
    report(path, `expected an object, ${type.name}, found ${typeOf(value)}`);
    return;
  }
  const seen = new Map<DescField, string>();
  for (const [key, inner] of Object.entries(value)) {
    const field = type.fields.find(({ name, jsonName }) => name === key || jsonName === key);
    if (field === undefined) {
      const names = type.fields.map(({ name }) => name);
      report([...path, key], `${type.name} has no field ${JSON.stringify(key)}${didYouMean(key, names)}`);
      continue;
    }
    const other = seen.get(field);
    if (other !== undefined)
      report([...path, key], `expected this field once, found it as ${JSON.stringify(other)} too`);
    if (inner === null) continue; // as if it were not there
    seen.set(field, key);
    checkField(field, inner, [...path, key], report, options);
  }
  checkOneofs(type, seen, path, report, options);
  if (options.isPart === true) return;
  for (const field of type.fields)
    if (
      !seen.has(field) &&
      field.oneof === undefined &&
      options.filled?.includes(`${type.typeName}.${field.name}`) !== true
    )
      for (const problem of requiredProblems(field)) report(path, `expected ${field.name}${problem}, found none`);
}

function checkOneofs(
  type: DescMessage,
  seen: ReadonlyMap<DescField, string>,
  path: Path,
  report: Report,
  { isPart = false, filled = [] }: MessageOptions,
): void {
  for (const oneof of type.oneofs) {
    if (filled.includes(`${type.typeName}.${oneof.name}`)) continue;
    const given = oneof.fields.filter((field) => seen.has(field)).map((field) => seen.get(field));
    const names = oneof.fields.map(({ name }) => name).join(", ");
    if (given.length > 1) report(path, `expected one of ${names}, found ${given.join(" and ")}`);
    if (given.length === 0 && !isPart && requiredOneofs(type).has(oneof.name))
      report(path, `expected ${oneof.fields.length === 1 ? "" : "one of "}${names}, found none`);
  }
}

function checkField(field: DescField, value: unknown, path: Path, report: Report, options: MessageOptions): void {
  if (field.fieldKind === "list") {
    if (!Array.isArray(value)) {
      report(path, `expected a list, found ${typeOf(value)}`);
      return;
    }
    for (const [i, item] of value.entries()) checkSingle(field, item, [...path, i], report, options);
  } else if (field.fieldKind === "map") {
    if (!isRecord(value)) {
      report(path, `expected an object, found ${typeOf(value)}`);
      return;
    }
    for (const [key, item] of Object.entries(value)) checkSingle(field, item, [...path, key], report, options);
  } else {
    checkSingle(field, value, path, report, options);
  }
  for (const problem of fieldProblems(field, value)) report(path, problem);
}

/** What a field holds, or each of its items. */
function checkSingle(
  field: { readonly message?: DescMessage; readonly enum?: DescEnum; readonly scalar?: ScalarType } | DescField,
  value: unknown,
  path: Path,
  report: Report,
  options: MessageOptions,
): void {
  if (field.message) check(field.message, value, path, report, options);
  else if (field.enum) checkEnum(field.enum, value, path, report);
  else if (field.scalar !== undefined) {
    const problem = scalarProblem(field.scalar, value);
    if (problem !== null) report(path, problem);
  }
}

function checkEnum({ values }: DescEnum, value: unknown, path: Path, report: Report): void {
  const names = values.map(({ name }) => name);
  if (typeof value === "string" ? names.includes(value) : values.some(({ number }) => number === value)) return;
  report(path, `expected one of ${names.join(", ")}, found ${shown(value)}${didYouMean(value, names)}`);
}

type Check = (value: unknown, path: Path, report: Report, options: MessageOptions) => void;

const scalar =
  (type: ScalarType): Check =>
  (value, path, report) => {
    const problem = scalarProblem(type, value);
    if (problem !== null) report(path, problem);
  };

const text =
  (pattern: RegExp, expected: string): Check =>
  (value, path, report) => {
    if (typeof value !== "string" || !pattern.test(value)) report(path, `expected ${expected}, found ${shown(value)}`);
  };

/** Messages that JSON writes in a form of their own. Numbers are those of `ScalarType`. */
const wellKnown: Readonly<Record<string, Check>> = {
  "google.protobuf.Duration": (value, path, report, { isStruct }) => {
    const seconds = typeof value === "string" ? (isStruct ? protobufSeconds : goSeconds)(value) : null;
    if (seconds === null) report(path, `expected a time such as "10s" or "0.250s", found ${shown(value)}`);
  },
  "google.protobuf.Timestamp": text(/^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d/, "a time as RFC 3339 writes it"),
  "google.protobuf.FieldMask": text(/^[\w.,]*$/, "names of fields, separated by commas"),
  "google.protobuf.DoubleValue": scalar(1),
  "google.protobuf.FloatValue": scalar(2),
  "google.protobuf.Int64Value": scalar(3),
  "google.protobuf.UInt64Value": scalar(4),
  "google.protobuf.Int32Value": scalar(5),
  "google.protobuf.BoolValue": scalar(8),
  "google.protobuf.StringValue": scalar(9),
  "google.protobuf.BytesValue": scalar(12),
  "google.protobuf.UInt32Value": scalar(13),
  "google.protobuf.Value": () => {},
  "google.protobuf.Struct": (value, path, report) => {
    if (!isRecord(value)) report(path, `expected an object, found ${typeOf(value)}`);
  },
  "google.protobuf.ListValue": (value, path, report) => {
    if (!Array.isArray(value)) report(path, `expected a list, found ${typeOf(value)}`);
  },
  "google.protobuf.Any": checkAny,
};

const typeUrl = /^(?:[\w.-]+\/)+([\w.]+)$/;

/** The fields stand beside "@type"; a message with a form of its own stands in `value`. */
function checkAny(value: unknown, path: Path, report: Report, options: MessageOptions): void {
  if (!isRecord(value)) {
    const way = 'such as {"@type": type.googleapis.com/google.protobuf.StringValue, value: "..."}';
    report(path, `expected an object with "@type", ${way}, found ${typeOf(value)}`);
    return;
  }
  const { "@type": url, ...fields } = value;
  if (typeof url !== "string") {
    report(path, `expected "@type", found ${shown(url)}`);
    return;
  }
  const [, name = ""] = typeUrl.exec(url) ?? [];
  const type = findMessage(name);
  if (type === undefined) {
    const urls = function* () {
      for (const each of messageNames()) yield `type.googleapis.com/${each}`;
    };
    report([...path, "@type"], `there is no type ${shown(url)} in Envoy's API${didYouMean(url, urls())}`);
    return;
  }
  if (typedStructs.has(name)) {
    checkTypedStruct(fields, path, report, options);
    return;
  }
  if (wellKnown[name] === undefined) {
    check(type, fields, path, report, options);
    return;
  }
  for (const key of Object.keys(fields))
    if (key !== "value")
      report([...path, key], `${type.name} stands in "value", and has no field ${JSON.stringify(key)}`);
  if (fields.value === undefined) {
    if (name !== "google.protobuf.Empty") report(path, 'expected "value", found nothing');
  } else check(type, fields.value, [...path, "value"], report, options);
}

const typedStructs = new Set(["udpa.type.v1.TypedStruct", "xds.type.v3.TypedStruct"]);

/** A message as a Struct, by the URL of its type: Envoy reads `value` as JSON of that message. */
function checkTypedStruct(
  fields: Readonly<Record<string, unknown>>,
  path: Path,
  report: Report,
  options: MessageOptions,
): void {
  for (const key of Object.keys(fields))
    if (!["type_url", "typeUrl", "value"].includes(key))
      report(
        [...path, key],
        `TypedStruct has no field ${JSON.stringify(key)}${didYouMean(key, ["type_url", "value"])}`,
      );
  const url = fields.type_url ?? fields.typeUrl;
  const [, name = ""] = typeUrl.exec(String(url)) ?? [];
  const type = findMessage(name);
  // Types of Istio's own build of Envoy are written so, as nobody else knows them.
  if (type === undefined) {
    if (typeof url !== "string") report(path, `expected type_url, found ${shown(url)}`);
    return;
  }
  check(type, fields.value ?? {}, [...path, "value"], report, { ...options, isStruct: true });
}
