/** Objects against the schemas of their kinds, as an API server applies them: fields, enumerations, rules in CEL. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import type { ErrorObject, SchemaValidateFunction, ValidateFunction } from "ajv";
import { holds, type Rule } from "./crd-rules.ts";
import { isRecord, type Manifest } from "./document.ts";
import { type Path, type Report, shown, typeOf } from "./finding.ts";
import { didYouMean, nearest } from "./similar.ts";

type Schema = Readonly<Record<string, unknown>>;

let loaded: ReadonlyMap<string, Schema> | null = null;

/** By "group/version/kind". */
function schemas(): ReadonlyMap<string, Schema> {
  if (loaded === null) {
    const text = gunzipSync(readFileSync(new URL("./schemas/crds.json.gz", import.meta.url))).toString();
    loaded = new Map(Object.entries(JSON.parse(text) as Record<string, Schema>));
  }
  return loaded;
}

/** Reports what an API server with these kinds would refuse. Kinds of others are left alone. */
export async function checkAgainstSchema({ value, apiVersion, kind, report }: Manifest): Promise<void> {
  const schema = schemas().get(`${apiVersion}/${kind}`);
  if (schema === undefined) {
    checkKind(apiVersion, kind, report);
    return;
  }
  checkObject(value, report);
  const validate = await validatorOf(`${apiVersion}/${kind}`, schema);
  const { metadata: _, ...given } = value;
  // An API server fills in defaults before it validates.
  const rest = structuredClone(given);
  if (validate(rest)) return;
  for (const error of validate.errors ?? []) {
    const told = messageOf(error, rest);
    if (told !== null) report(told.path, told.message);
  }
}

function checkKind(apiVersion: string, kind: string, report: Report): void {
  const known = [...schemas().keys()].map((name) => {
    const [group, version, kind] = name.split("/");
    return { apiVersion: `${group}/${version}`, group, kind };
  });
  const sameKind = known.filter((each) => each.kind === kind);
  const sameGroup = known.filter(({ group }) => group === apiVersion.split("/")[0]);
  const isSlip =
    nearest(
      apiVersion,
      sameKind.map((each) => each.apiVersion),
    ) !== null;
  if (sameKind.length > 0 && (sameGroup.length > 0 || ours.has(kind) || isSlip)) {
    const versions = sameKind.map((each) => each.apiVersion).join(" or ");
    report(["apiVersion"], `expected ${versions} for ${kind}, found ${shown(apiVersion)}`);
  } else if (sameGroup.length > 0) {
    const kinds = new Set(sameGroup.map((each) => String(each.kind)));
    // This group has more kinds than are known here.
    if (sameGroup[0]?.group === "gateway.envoyproxy.io" && nearest(kind, kinds) === null) return;
    report(["kind"], `${apiVersion} has no kind ${shown(kind)}${didYouMean(kind, kinds)}`);
  }
}

/** Kinds that nobody else has. */
const ours: ReadonlySet<string> = new Set(["EnvoyFilter", "WasmPlugin", "TrafficExtension", "EnvoyExtensionPolicy"]);

/** What every object has, whatever its kind. */
export function checkObject(value: Manifest["value"], report: Report): void {
  const { metadata } = value;
  if (!isRecord(metadata)) {
    report(["metadata"], `expected an object with a name, found ${typeOf(metadata)}`);
    return;
  }
  const { name, generateName, namespace, labels, annotations } = metadata;
  for (const key of Object.keys(metadata))
    if (!metadataKeys.includes(key))
      report(["metadata", key], `metadata has no field ${shown(key)}${didYouMean(key, metadataKeys)}`);
  if (name === undefined && generateName === undefined) report(["metadata"], "expected a name, found none");
  if (name !== undefined && !isName(name))
    report(
      ["metadata", "name"],
      `expected a name of a-z, 0-9, "-" and "." that begins and ends with a letter or number, found ${shown(name)}`,
    );
  if (namespace !== undefined && !(isName(namespace) && !namespace.includes(".")))
    report(["metadata", "namespace"], `expected the name of a namespace, found ${shown(namespace)}`);
  for (const [key, map] of Object.entries({ labels, annotations })) {
    if (map === undefined) continue;
    if (!isRecord(map)) report(["metadata", key], `expected an object of texts, found ${typeOf(map)}`);
    else
      for (const [name, text] of Object.entries(map))
        if (typeof text !== "string")
          report(["metadata", key, name], `expected a text, in quotes, found ${typeOf(text)}`);
        else if (!isKey(name) || (key === "labels" && !/^(([a-z0-9][-\w.]{0,61})?[a-z0-9])?$/i.test(text)))
          report(
            ["metadata", key, name],
            `expected ${isKey(name) ? "a label's value" : `a key of ${key}`}: letters, numbers, "-", "_" and ".", at most 63`,
          );
  }
}

const metadataKeys = (
  "name generateName namespace labels annotations finalizers ownerReferences uid resourceVersion generation " +
  "creationTimestamp deletionTimestamp deletionGracePeriodSeconds selfLink managedFields"
).split(" ");

/** RFC 1123. */
const isName = (name: unknown): name is string =>
  typeof name === "string" && name.length <= 253 && /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(name);

/** "name" or "domain/name". */
const isKey = (key: string): boolean => {
  const [name = "", domain = "a", ...rest] = key.split("/").reverse();
  return rest.length === 0 && isName(domain) && /^([a-z0-9][-\w.]{0,61})?[a-z0-9]$/i.test(name);
};

const validators = new Map<string, ValidateFunction>();

async function validatorOf(name: string, schema: Schema): Promise<ValidateFunction> {
  const known = validators.get(name);
  if (known !== undefined) return known;
  const int32 = { type: "number", validate: (value: number) => Math.abs(value + 0.5) < 2 ** 31 } as const;
  const formats = { int32, int64: true, "date-time": true, byte: true, double: true } as const;
  // Only now, as commands that check nothing would start later for it.
  const { Ajv } = await import("ajv");
  const ajv = new Ajv({ allErrors: true, verbose: true, strict: false, useDefaults: true, formats });
  // Behind the others, which fill in what the rules read.
  ajv.addKeyword({ keyword: rulesKeyword, errors: true, post: true, validate: rulesValidator });
  const validate = ajv.compile(closed(schema) as object);
  validators.set(name, validate);
  return validate;
}

const rulesKeyword = "x-kubernetes-validations";

const rulesValidator: SchemaValidateFunction = (rules: readonly Rule[], self: unknown) => {
  const problems = rules.filter((rule) => !holds(rule, self));
  rulesValidator.errors = problems.map(({ message = "a rule of the schema does not hold" }) => ({
    keyword: rulesKeyword,
    message,
    params: {},
  }));
  return problems.length === 0;
};

/** An API server's strict decoding refuses fields that the schema does not name. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (!isRecord(schema)) return schema;
  const inner = Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [key, key === "enum" ? value : closed(value)]),
  );
  const isOpen = schema["x-kubernetes-preserve-unknown-fields"] === true || schema.additionalProperties !== undefined;
  if (schema.type !== "object" || !isRecord(schema.properties) || isOpen) return withNull(inner);
  const top = isRecord(schema.properties.spec) ? { apiVersion: {}, kind: {} } : {};
  return withNull({ ...inner, properties: { ...top, ...(inner.properties as object) }, additionalProperties: false });
}

const withNull = (schema: Schema): Schema =>
  schema.nullable === true && typeof schema.type === "string" ? { ...schema, type: [schema.type, "null"] } : schema;

/** Null for what another error tells better. */
function messageOf(error: ErrorObject, value: unknown): { readonly path: Path; readonly message: string } | null {
  const path = error.instancePath
    .split("/")
    .slice(1)
    .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
  const at = (message: string, ...more: Path) => ({ path: [...path, ...more], message });
  const { data, params, parentSchema = {} } = error;
  // Inside of a choice only the choice itself is told.
  if (/\/(oneOf|anyOf|not)\//.test(error.schemaPath)) return null;
  switch (error.keyword) {
    case "additionalProperties": {
      const key = String(params.additionalProperty);
      const names = Object.keys(parentSchema.properties ?? {});
      const named = path.findLast((name) => !/^\d+$/.test(name));
      const where = named ?? (isRecord(value) ? String(value.kind) : "the object");
      return at(`${where} has no field ${shown(key)}${didYouMean(key, names)}`, key);
    }
    case "enum": {
      const names = (error.schema as unknown[]).map(String);
      return at(`expected one of ${names.join(", ")}, found ${shown(data)}${didYouMean(data, names)}`);
    }
    case "type":
      return at(`expected ${[params.type].flat().map(typeName).join(" or ")}, found ${typeOf(data)}`);
    case "required":
      return at(`expected ${params.missingProperty}, found none`);
    case "pattern":
      return at(`expected a text that matches ${params.pattern}, found ${shown(data)}`);
    case "oneOf":
    case "anyOf":
      // Its type is told.
      if (data === null) return null;
      return at(
        `expected ${choices(error.schema)}, found ${isRecord(data) ? Object.keys(data).join(" and ") || "none" : typeOf(data)}`,
      );
    case "not":
      return null;
    case "format":
      return at(`expected a whole number of 32 bits, found ${shown(data)}`);
    default:
      return at(error.message ?? "does not fit its schema");
  }
}

const typeName = (type: string) =>
  ({
    string: "a text, in quotes",
    array: "a list",
    object: "an object",
    integer: "a whole number",
    boolean: "true or false",
    null: "nothing",
  })[type] ?? `a ${type}`;

/** Istio's choices are "none of these, or exactly one": by the names of the fields. */
function choices(schema: unknown): string {
  const names = (Array.isArray(schema) ? schema : []).flatMap((each) =>
    isRecord(each) ? [each.required ?? each.type].flat() : [],
  );
  return `one of ${names.filter((name) => name !== undefined).join(", ")}`;
}
