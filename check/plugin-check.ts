/** A plugin against the filter that it delivers: what the filter says of itself, its schema, and the module itself. */
import { createHash } from "node:crypto";
import { basename } from "node:path/posix";
import { type GuestLog, Host, LoadError, LogLevel, loadModule, PluginRefused } from "@proxy-wasm-kit/host";
import type { ErrorObject, ValidateFunction } from "ajv";
import { type Manifest, recordOf } from "./document.ts";
import { type Severity, shown } from "./finding.ts";
import type { CheckOptions, KnownFilter, KnownModule } from "./options.ts";
import { type Plugin, withCode } from "./plugin.ts";
import { didYouMean } from "./similar.ts";

export async function checkPlugin(
  plugin: Plugin,
  manifests: readonly Manifest[],
  options: CheckOptions,
  trials: Trials,
): Promise<void> {
  const { filters = [] } = options;
  const module = moduleOf(plugin, manifests, options.modules ?? []);
  const filter =
    filters.find(({ rootId }) => rootId === plugin.rootId) ??
    filters.find(({ name }) => name === plugin.name || name === module?.name);
  if (filter !== undefined) checkMetadata(plugin, filter);
  const hasSchema = filter?.schema !== undefined && plugin.rootId === filter.rootId;
  const fits = hasSchema ? await checkSchema(plugin, filter.schema as object) : true;
  if (module === null) return;
  checkDigest(plugin, module);
  // What the schema has refused the filter refuses too, in other words.
  if (!fits) return;
  const key = createHash("sha256").update(module.bytes).update(JSON.stringify(plugin)).digest("hex");
  const { name, typedConfig, isNetwork, report, places } = plugin;
  const refused = await once(trials, `host ${key}`, () => load(plugin, module, options));
  if (refused !== null) {
    report(places[refused.place], refused.message, refused.severity);
    return;
  }
  if (typedConfig === null || isNetwork) return;
  const tried = { name, typed_config: withCode(typedConfig, inlineCode(module)) };
  const variables = hostVariables(plugin, options);
  const refusal = await once(trials, `envoy ${key}`, async () => options.tryFilter?.(tried, variables));
  if (typeof refusal === "string") report(places.code, `Envoy refuses it: ${refusal}`);
}

function checkMetadata(
  { rootId, report, places, configuration, allowsStopIteration, cannotAllowStopIteration }: Plugin,
  filter: KnownFilter,
): void {
  if (rootId !== undefined && rootId !== filter.rootId)
    report(
      places.rootId,
      `expected ${shown(filter.rootId)}, the root ID of ${filter.name}, found ${shown(rootId)}${didYouMean(rootId, [filter.rootId])}`,
    );
  if (allowsStopIteration) return;
  const values = recordOf(parsed(configuration));
  for (const { feature, unless = {} } of filter.needs) {
    if (
      feature !== "allow_on_headers_stop_iteration" ||
      Object.entries(unless).some(([key, value]) => values[key] === value)
    )
      continue;
    const instead = Object.entries(unless).map(([key, value]) => `"${key}: ${value}"`);
    const or = instead.length === 0 ? "" : `, or give it a configuration with ${instead.join(" or ")}`;
    const way = cannotAllowStopIteration ?? "write allow_on_headers_stop_iteration: true beside root_id";
    report(
      places.rootId,
      `${filter.name} needs ${feature}, as it holds the headers until it has seen the body: ${way}${or}`,
    );
  }
}

const parsed = (configuration: Uint8Array | undefined): unknown => {
  try {
    return configuration === undefined ? undefined : JSON.parse(Buffer.from(configuration).toString());
  } catch {
    return undefined;
  }
};

const validators = new WeakMap<object, ValidateFunction>();

async function validatorOf(schema: object): Promise<ValidateFunction> {
  const known = validators.get(schema);
  if (known !== undefined) return known;
  const { $schema = "2020-12" } = schema as { $schema?: unknown };
  const isNewest = String($schema).includes("2020-12");
  // Only now, as commands that check nothing would start later for it.
  const Validator = isNewest ? (await import("ajv/dist/2020.js")).Ajv2020 : (await import("ajv")).Ajv;
  const validate = new Validator({ allErrors: true, verbose: true, strict: false, logger: false }).compile(schema);
  validators.set(schema, validate);
  return validate;
}

/** True when it fits, or when the module itself has to say it. */
async function checkSchema({ configuration, report, places }: Plugin, schema: object): Promise<boolean> {
  const value = parsed(configuration);
  if (value === undefined) return true;
  const validate = await validatorOf(schema);
  if (validate(value)) return true;
  const told = new Set<string>();
  for (const error of (validate.errors ?? []).sort((a, b) => b.instancePath.length - a.instancePath.length)) {
    const place = error.instancePath + (error.params.additionalProperty ?? "");
    // The alternatives of a choice all say what they miss: the deepest says most.
    if ([...told].some((each) => each.startsWith(place))) continue;
    told.add(place);
    report(places.configuration, `the filter's schema: ${schemaMessage(error)}`);
  }
  return false;
}

function schemaMessage({ instancePath, keyword, params, message, parentSchema }: ErrorObject): string {
  const where = instancePath === "" ? "the configuration" : instancePath;
  if (keyword === "additionalProperties" || keyword === "unevaluatedProperties") {
    const key = String(params.additionalProperty ?? params.unevaluatedProperty);
    return `${where} has no key ${shown(key)}${didYouMean(key, Object.keys(recordOf(parentSchema?.properties)))}`;
  }
  if (keyword === "enum")
    return `${where} must be one of ${(params.allowedValues as unknown[]).map(String).join(", ")}`;
  return `${where} ${message}`;
}

/** By what the manifest says of it: its bytes, its file, its image, the plugin's name. */
export function moduleOf(
  { code, name, rootId }: Plugin,
  manifests: readonly Manifest[],
  modules: readonly KnownModule[],
): KnownModule | null {
  if (code?.kind === "inline") return { name: rootId ?? name, bytes: code.bytes };
  if (code?.kind === "file") {
    const key = basename(code.path);
    for (const { kind, value } of manifests) {
      const text = kind === "ConfigMap" ? recordOf(value.binaryData)[key] : undefined;
      if (typeof text === "string") return { name: basename(key, ".wasm"), bytes: Buffer.from(text, "base64") };
    }
  }
  const names = [fileName(code), rootId, name];
  for (const each of names) {
    const found = modules.find((module) => module.name === each);
    if (found !== undefined) return found;
  }
  return null;
}

function fileName(code: Plugin["code"]): string | undefined {
  if (code?.kind === "file") return basename(code.path, ".wasm");
  if (code?.kind !== "url") return undefined;
  return basename(code.url.replace(/[?#].*$/, ""), ".wasm").replace(/[:@].*$/, "");
}

/** Which of the two digests it is that a manifest names. */
function checkDigest({ code, report, places }: Plugin, { name, bytes }: KnownModule): void {
  if (code?.kind !== "url" || !code.sha256) return;
  const digest = createHash("sha256").update(bytes).digest("hex");
  if (code.url.startsWith("oci:") && code.sha256 === digest)
    report(
      places.sha256,
      "expected the digest of the image, which pwk push prints, found that of the module: the agent refuses it, and requests get 403",
    );
  if (/^https?:.*\.wasm$/.test(code.url) && code.sha256 !== digest)
    report(places.sha256, `is not the digest of the ${name}.wasm that lies here, which is ${digest}`, "warning");
}

const inlineCode = ({ bytes }: KnownModule) => ({ local: { inline_bytes: Buffer.from(bytes).toString("base64") } });

/** What the filter reads of the proxy's environment; a placeholder for what is not known here. */
export const hostVariables = (
  { hostEnvironment }: Plugin,
  { environment = {} }: CheckOptions,
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    hostEnvironment.map((key) => [
      key,
      (Object.hasOwn(environment, key) ? environment[key] : undefined) ?? placeholder,
    ]),
  );

/** What was tried in a run, as many manifests deliver one filter alike. */
export type Trials = Map<string, Promise<unknown>>;

function once<T>(trials: Trials, key: string, attempt: () => Promise<T>): Promise<T> {
  const known = trials.get(key) as Promise<T> | undefined;
  const made = known ?? attempt();
  trials.set(key, made);
  return made;
}

interface Refusal {
  readonly place: "code" | "configuration";
  readonly message: string;
  readonly severity: Severity;
}

/** As the proxy would: into a host, with its configuration. Null when it has been taken. */
async function load(
  plugin: Plugin,
  { name, bytes }: KnownModule,
  { environment = {} }: CheckOptions,
): Promise<Refusal | null> {
  const { rootId = "", configuration, isNetwork } = plugin;
  const unknown = plugin.hostEnvironment.filter((key) => environment[key] === undefined);
  const variables = { ...hostVariables(plugin, { environment }), ...plugin.environment };
  const logs: GuestLog[] = [];
  try {
    const module = await loadModule(bytes);
    const given = configuration === undefined ? {} : { configuration };
    const spec = { name: plugin.name, rootId, module, environment: variables, ...given };
    const options = { logLevel: LogLevel.Warn, onLog: (log: GuestLog) => void logs.push(log) };
    await Host.start(isNetwork ? { ...options, networkPlugins: [spec] } : { ...options, plugins: [spec] });
    return null;
  } catch (error) {
    if (!(error instanceof PluginRefused || error instanceof LoadError)) throw error;
    const said = logs.filter(({ level }) => level >= LogLevel.Error).map(({ message }) => message);
    const words = [...new Set(said)].join("; ") || error.message;
    const missing = unknown.find((key) => words.includes(key));
    if (missing === undefined) {
      const place = error instanceof LoadError ? "code" : "configuration";
      return { place, message: `${name}.wasm refuses it: ${words}`, severity: "error" };
    }
    const unsure = `not tried to its end, as the value of ${missing} is not known here: ${words}`;
    const message = `${unsure}; give it in the environment of this command`;
    return { place: "configuration", message, severity: "warning" };
  }
}

/** Hex, base64 and text; 32 bytes as hex. */
const placeholder = "0123456789abcdef".repeat(4);
