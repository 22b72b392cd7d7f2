/** Environments as a Helm chart: templates with what they share, and the values of each. */
import type { Resource } from "../resources/metadata.ts";
import { toFlow, toYaml } from "../yaml.ts";
import { compare, type Difference, isEnvironmentLabel, isNamespace, type Path } from "./compare.ts";
import { type Files, fileOf, filesOf, namespaceOf } from "./files.ts";
import { isFields } from "./merge.ts";
import type { RenderedDelivery } from "./render.ts";

/** By the name of a resource. */
type Values = Record<string, Readonly<Record<string, unknown>>>;

/** `helm template . -f values-<environment>.yaml` gives its resources. */
export function helmFiles(all: readonly RenderedDelivery[]): Files {
  const resources = new Map(all.flatMap((each) => each.resources.map((resource) => [fileOf(resource), resource])));
  const names = valueNames([...resources.values()]);
  const values: Values[] = all.map(environmentValues);
  const templates = [...resources.keys()].map((path) => {
    const each = all.map((rendered) => rendered.resources.find((resource) => fileOf(resource) === path));
    return [`templates/${path}`, template(names.get(path) ?? path, each, values)] as const;
  });
  const isSame = (name: string, key: string) =>
    values.every((each) => JSON.stringify(valueAt(each, name, key)) === JSON.stringify(valueAt(values[0], name, key)));
  // The names stand there even when nothing is the same everywhere: templates ask for what is below.
  const none = Object.fromEntries([ofAll, ...names.values()].map((name) => [name, {}]));
  const defaults = { ...none, ...pick(values[0] ?? {}, isSame) };
  const [first] = all;
  const chart = { apiVersion: "v2", name: first?.name ?? "", version: "0.1.0", type: "application" };
  return new Map([
    ["Chart.yaml", toYaml([chart])],
    ["values.yaml", toYaml([defaults])],
    ...all.flatMap(({ environment }, i) =>
      environment === null
        ? []
        : [[`values-${environment}.yaml`, toYaml([pick(values[i] ?? {}, (name, key) => !isSame(name, key))])] as const],
    ),
    ...templates,
    ...all.flatMap((rendered) => besides(rendered)),
  ]);
}

/** Under a name of its own, what is said of every resource. */
const ofAll = "environment";

function environmentValues(rendered: RenderedDelivery): Values {
  const namespace = namespaceOf(rendered);
  const { environment } = rendered;
  return {
    [ofAll]: { ...(environment !== null && { name: environment }), ...(namespace !== undefined && { namespace }) },
  };
}

const valueAt = (values: Values | undefined, name: string, key: string): unknown => values?.[name]?.[key];

const pick = (values: Values, isWanted: (name: string, key: string) => boolean): Values =>
  Object.fromEntries(
    Object.entries(values).flatMap(([name, fields]) => {
      const wanted = Object.entries(fields).filter(([key]) => isWanted(name, key));
      return wanted.length === 0 ? [] : [[name, Object.fromEntries(wanted)]];
    }),
  );

/** Patches of pods are no part of a release. */
const besides = (rendered: RenderedDelivery): readonly (readonly [string, string])[] =>
  [...filesOf(rendered)]
    .filter(([path]) => path.includes("/"))
    .map(([path, text]) => [rendered.environment === null ? path : `${rendered.environment}/${path}`, text]);

/** By file: "hmacAuth", and with the kind where several have the name. */
function valueNames(resources: readonly Resource[]): ReadonlyMap<string, string> {
  const plain = [ofAll, ...resources.map(({ metadata }) => camelCase(metadata.name))];
  const names = new Map<string, string>();
  for (const resource of resources) {
    const name = camelCase(resource.metadata.name);
    const isAlone = plain.filter((each) => each === name).length === 1;
    names.set(fileOf(resource), free(isAlone ? name : `${name}${resource.kind}`, [...names.values()]));
  }
  return names;
}

interface Hole {
  readonly token: string;
  /** Of the values, and in them. */
  readonly name: string;
  readonly key: string;
  readonly difference: Difference;
  readonly isJson: boolean;
}

/** The key of `environment` that has what differs here. */
function generalKey({ path, values: found }: Difference, values: readonly (Values | undefined)[]): string | undefined {
  const key = isNamespace(path) ? "namespace" : isEnvironmentLabel(path) ? "name" : undefined;
  if (key === undefined) return undefined;
  return found.every((value, i) => value === valueAt(values[i], ofAll, key)) ? key : undefined;
}

/** The template of one resource; puts what differs into the values of the environments. */
function template(name: string, resources: readonly (Resource | undefined)[], values: readonly Values[]): string {
  const there = resources.flatMap((resource, i) => (resource === undefined ? [] : [i]));
  const holes: Hole[] = [];
  const mark = markNotIn(JSON.stringify(resources));
  const put = (i: number, key: string, value: unknown) => {
    const environment = values[i];
    if (environment !== undefined) environment[name] = { ...environment[name], [key]: value };
  };
  const { shared } = compare(
    there.map((i) => resources[i]),
    isValue,
    (difference) => {
      const general = generalKey(
        difference,
        there.map((i) => values[i]),
      );
      if (general !== undefined) {
        holes.push({ token: `${mark}${holes.length}_`, name: ofAll, key: general, difference, isJson: false });
        return holes.at(-1)?.token;
      }
      const key = keyOf(
        difference.path,
        holes.map((hole) => hole.key),
      );
      // Helm drops nulls of values, and its toJson writes characters that its own YAML reader refuses.
      const isJson = difference.values.some((value) => hasNull(value) || hasUnprintable(value));
      for (const [at, value] of difference.values.entries())
        if (value !== undefined) put(there[at] ?? 0, key, isJson ? toFlow(value) : value);
      holes.push({ token: `${mark}${holes.length}_`, name, key, difference, isJson });
      return holes.at(-1)?.token;
    },
  );
  let text = toYaml([shared as object]).replaceAll("{{", '{{ "{{" }}');
  for (const { token, name: of, key, difference, isJson } of holes) {
    const place = `.Values.${of}.${key}`;
    const isEmpty = difference.values.includes("");
    const value = isEmpty ? place : `required "${of}.${key} is missing: -f values-<environment>.yaml" ${place}`;
    const expression = `{{ ${value}${isJson ? "" : " | toJson"} }}`;
    const isOptional = difference.values.includes(undefined);
    text = isOptional
      ? text.replace(new RegExp(`^.*${token}$`, "m"), (line) => conditional(`hasKey .Values.${of} "${key}"`, line))
      : text;
    text = text.replace(token, () => expression);
  }
  if (there.length === resources.length) return text;
  for (const i of resources.keys()) put(i, "enabled", there.includes(i));
  return `${conditional(`.Values.${name}.enabled`, text.trimEnd())}\n`;
}

const conditional = (condition: string, text: string) => `{{- if ${condition} }}\n${text}\n{{- end }}`;

/** What people want to set even where all environments have the same. */
const isValue = (path: Path): boolean => {
  const text = path.filter((each) => typeof each === "string").join("/");
  return [
    /^metadata\/namespace$/,
    /^spec\/(workloadSelector\/labels|selector\/matchLabels|targetRefs)$/,
    /^spec\/(.*\/)?(ur[il]|sha256|pluginConfig)$/,
    /\/config\/configuration\/value$/,
    /^spec\/wasm\/config$/,
  ].some((each) => each.test(text));
};

/** Words that say little by themselves have the one before them. */
const vague = ["value", "name", "numerator", "labels"];

function keyOf(path: Path, taken: readonly string[]): string {
  const words = path.filter((each) => typeof each === "string");
  if (words.at(-2) === "configuration") return free("configuration", taken);
  const from = vague.includes(words.at(-1) ?? "") ? -2 : -1;
  return free(camelCase(words.slice(from).join("-")), taken);
}

/** With a number behind it where another has it. */
const free = (key: string, taken: readonly string[], count = 1): string => {
  const wanted = count === 1 ? key : `${key}${count}`;
  return taken.includes(wanted) ? free(key, taken, count + 1) : wanted;
};

/** Names in Go templates are letters and digits, no digit first. */
const camelCase = (text: string): string => {
  const words = text.split(/[^A-Za-z0-9]+/).filter(Boolean);
  const joined = words.map((word, i) => (i === 0 ? word : word.charAt(0).toUpperCase() + word.slice(1))).join("");
  return /^\d/.test(joined) ? `n${joined}` : joined;
};

/** A word of YAML that is nowhere in the text. */
const markNotIn = (text: string, mark = "PWK_VALUE_"): string =>
  text.includes(mark) ? markNotIn(text, `${mark}_`) : mark;

const hasNull = (value: unknown): boolean =>
  value === null ||
  (Array.isArray(value) ? value.some(hasNull) : isFields(value) && Object.values(value).some(hasNull));

const hasUnprintable = (value: unknown): boolean => value !== undefined && toFlow(value) !== JSON.stringify(value);
