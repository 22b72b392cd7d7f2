/** The reference of the configuration, from its JSON Schema: a table for each kind of object. */

// biome-ignore lint/suspicious/noExplicitAny: JSON Schema has no end of shapes.
type Schema = any;

/** Headings of what the schema keeps under `$defs`. */
const titles: Readonly<Record<string, string>> = {
  allowRule: "Rules that let through",
  templateRule: "Rules of webhooks",
  canonicalRule: "Rules of clients that sign",
  awsRule: "Rules of aws-sigv4",
  match: "match",
  scheme: "Schemes of your own",
  keys: "keys",
  key: "A key",
  consumer: "A consumer",
  replay: "replay",
};

export function referenceOf(schema: Schema): string {
  const forms: string[] = schema.oneOf.map(({ required }: { required: string[] }) => required.map(code).join(" and "));
  const order = Object.keys(titles);
  const defs = Object.entries(schema.$defs).sort(([one], [other]) => order.indexOf(one) - order.indexOf(other));
  const unknown = defs.filter(([name]) => !order.includes(name));
  if (unknown.length > 0)
    throw new Error(`docs/generator/reference.ts: expected a heading for ${unknown.map(([name]) => name)}`);
  const sections = defs.map(([name, def]) => section(titles[name] ?? name, def));
  return [
    "# Configuration of hmac-auth",
    "",
    "Made from [config.schema.json](../../filters/hmac-auth/config.schema.json), which editors understand. Unknown keys and wrong",
    "types are refused when Envoy loads the configuration; its log has the path, never the value.",
    "",
    `There are ${forms.length} forms, of which a configuration has one: ${forms.join("; or ")}.`,
    "",
    "## At the top",
    "",
    ...table(schema),
    ...sections,
    "",
  ].join("\n");
}

function section(title: string, def: Schema): string {
  if (def.properties === undefined) return ["", `## ${title}`, "", sentence(def)].join("\n");
  return ["", `## ${title}`, "", ...(def.description ? [def.description, ""] : []), ...table(def)].join("\n");
}

const sentence = (def: Schema): string => `${capital(typeOf(def))}. ${def.description ?? ""}`.trim();

function table(object: Schema): string[] {
  return ["| key | value | default | meaning |", "|---|---|---|---|", ...rows(object, "")];
}

/** Objects without a name of their own are told in the table of what has them. */
function rows(object: Schema, before: string): string[] {
  return Object.entries<Schema>(object.properties).flatMap(([name, property]) => {
    const isRequired = object.required?.includes(name);
    const fallback = property.default === undefined ? "" : code(JSON.stringify(property.default));
    const own = `| ${code(before + name)} | ${typeOf(property)} | ${isRequired ? "required" : fallback} | ${cell(property.description ?? "")} |`;
    const nested = property.properties ? property : property.items?.properties ? property.items : null;
    return nested ? [own, ...rows(nested, `${before}${name}${nested === property ? "." : "[]."}`)] : [own];
  });
}

function typeOf(schema: Schema): string {
  if (schema.$ref !== undefined) return linkTo(schema.$ref);
  if (schema.const !== undefined) return code(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((value: unknown) => code(String(value))).join(", ");
  if (schema.oneOf !== undefined && schema.type === undefined) return schema.oneOf.map(typeOf).join("; or ");
  if (schema.type === "array") {
    const most = schema.maxItems === undefined ? "" : `${schema.minItems ?? 0} to ${schema.maxItems}, `;
    return `list: ${most}${schema.items.properties ? "objects" : typeOf(schema.items)}`;
  }
  if (schema.type === "integer") return `${schema.minimum} to ${schema.maximum}`;
  return { string: "text", boolean: "true, false" }[schema.type as string] ?? schema.type;
}

function linkTo(ref: string): string {
  const name = ref.replace("#/$defs/", "");
  const title = titles[name] ?? name;
  return `[${title.toLowerCase()}](#${title.toLowerCase().replaceAll(" ", "-")})`;
}

const code = (text: string): string => `\`${cell(text)}\``;
const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", " ");
const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);
