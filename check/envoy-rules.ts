/**
 * What Envoy asks of fields besides their types, by options of the fields in its API.
 * Source: github.com/bufbuild/protoc-gen-validate validate/validate.proto.
 */
import { type DescField, type DescMessage, getOption, hasOption, isFieldSet, type Message } from "@bufbuild/protobuf";
import { type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";
import { RE2JS } from "@bufbuild/re2";
import { goSeconds } from "./duration.ts";
import { extension } from "./envoy-api.ts";
import { shown } from "./finding.ts";

type Rules = Readonly<Record<string, unknown>>;

interface FieldRules {
  /** For a field that is a message. */
  readonly message: Rules;
  /** Such as "string", and what is asked of one. */
  readonly kind: string;
  readonly rules: Rules;
}

function rulesOf(field: DescField): FieldRules | null {
  const option = extension("validate.rules");
  if (!hasOption(field, option)) return null;
  const { message, ...others } = setFields(option.message, getOption(field, option) as Message);
  const [[kind, rules] = ["", {}]] = Object.entries(others);
  return { message: (message ?? {}) as Rules, kind, rules: rules as Rules };
}

/** The fields that are set, by their names; others read as their defaults. */
function setFields(type: DescMessage | undefined, value: Message): Rules {
  const fields = (type?.fields ?? []).filter((field) => isFieldSet(value, field));
  return Object.fromEntries(
    fields.map((field) => {
      const inner: unknown = reflect(type as DescMessage, value, false).get(field);
      if (field.fieldKind !== "message") return [field.name, inner];
      return [field.name, setFields(field.message, (inner as ReflectMessage).message)];
    }),
  );
}

/** What a field that is not there should be: none, or how it is told. */
export function requiredProblems(field: DescField): readonly string[] {
  const found = rulesOf(field);
  if (found === null) return [];
  const { message, kind, rules } = found;
  if (message.required === true || rules.required === true) return [""];
  const least = Number(leastOf(rules));
  if (kind === "string" || kind === "bytes") return least > 0 ? [`, not empty`] : [];
  return kind === "repeated" && least > 0 ? [`, at least ${least}`] : [];
}

const leastOf = (rules: Rules) => rules.min_len ?? rules.min_bytes ?? rules.min_items ?? rules.min_pairs ?? 0;

/** Names of those of a message's oneofs of which one field must be there. */
export function requiredOneofs(type: DescMessage): ReadonlySet<string> {
  const option = extension("validate.required");
  return new Set(
    type.oneofs.filter((oneof) => hasOption(oneof, option) && getOption(oneof, option)).map((o) => o.name),
  );
}

/** What is wrong with a field's value, one line each. A value of the wrong type is told elsewhere. */
export function fieldProblems(field: DescField, value: unknown): readonly string[] {
  const found = rulesOf(field);
  if (found === null) return [];
  const { kind, rules } = found;
  if (kind === "string" || kind === "bytes") return typeof value === "string" ? textProblems(rules, value) : [];
  if (kind === "repeated") return Array.isArray(value) ? lengthProblems(rules, value.length) : [];
  if (kind === "map") return lengthProblems(rules, Object.keys(value as object).length);
  if (kind === "duration") return typeof value === "string" ? durationProblems(rules, value) : [];
  const number = typeof value === "object" ? Number.NaN : Number(value);
  return Number.isNaN(number) ? [] : numberProblems(rules, number, value);
}

function lengthProblems(rules: Rules, length: number): string[] {
  const [least, most] = [
    Number(leastOf(rules)),
    Number(rules.max_items ?? rules.max_pairs ?? Number.POSITIVE_INFINITY),
  ];
  if (length < least) return [`expected at least ${least}, found ${length}`];
  return length > most ? [`expected at most ${most}, found ${length}`] : [];
}

function textProblems(rules: Rules, value: string): string[] {
  const problems: string[] = [];
  const [least, most] = [Number(leastOf(rules)), Number(rules.max_len ?? rules.max_bytes ?? Number.POSITIVE_INFINITY)];
  if (value.length < least)
    problems.push(least === 1 ? 'expected a text, found ""' : `expected at least ${least} characters`);
  if (Buffer.byteLength(value) > most) problems.push(`expected at most ${most} bytes, found more`);
  if (typeof rules.prefix === "string" && !value.startsWith(rules.prefix))
    problems.push(`expected a text that begins with ${shown(rules.prefix)}, found ${shown(value)}`);
  const names = rules.in === undefined ? [] : [...(rules.in as Iterable<unknown>)].map(String);
  if (names.length > 0 && !names.includes(value))
    problems.push(`expected one of ${names.join(", ")}, found ${shown(value)}`);
  if (typeof rules.pattern === "string" && rules.pattern !== "" && !RE2JS.compile(rules.pattern).test(value))
    problems.push(`expected a text that matches ${rules.pattern}, found ${shown(value)}`);
  return problems;
}

function numberProblems(rules: Rules, number: number, value: unknown): string[] {
  const bound = (key: string) => (rules[key] === undefined ? undefined : Number(rules[key]));
  const [gt, gte, lt, lte] = ["gt", "gte", "lt", "lte"].map(bound);
  const isGood =
    (gt === undefined || number > gt) &&
    (gte === undefined || number >= gte) &&
    (lt === undefined || number < lt) &&
    (lte === undefined || number <= lte);
  if (isGood) return [];
  const least = gte ?? (gt === undefined ? undefined : `more than ${gt}`);
  const most = lte ?? (lt === undefined ? undefined : `less than ${lt}`);
  return [`expected ${[least, most].filter((each) => each !== undefined).join(" to ")}, found ${shown(value)}`];
}

function durationProblems(rules: Rules, value: string): string[] {
  const seconds = (each: unknown) => {
    const { seconds = 0n, nanos = 0 } = each as { seconds?: bigint; nanos?: number };
    return Number(seconds) + nanos / 1e9;
  };
  const number = goSeconds(value);
  if (number === null) return [];
  if (rules.gt !== undefined && number <= seconds(rules.gt))
    return [`expected more than ${seconds(rules.gt)}s, found ${shown(value)}`];
  if (rules.gte !== undefined && number < seconds(rules.gte))
    return [`expected at least ${seconds(rules.gte)}s, found ${shown(value)}`];
  return [];
}
