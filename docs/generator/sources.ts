/** What the pages are made of: the filter's presets and schema, and a table of facts that are written by hand. */
import { readFile } from "node:fs/promises";
import { transform } from "esbuild";
import { parse } from "yaml";

/** A scheme in the grammar of the configuration. */
export interface Preset {
  readonly header: string;
  readonly prefix?: string;
  readonly list?: {
    readonly separator: string;
    readonly pair: string;
    readonly signature: string;
    readonly timestamp?: string;
  };
  readonly encoding?: "hex" | "base64";
  readonly algorithm?: string;
  readonly string_to_sign?: string;
  readonly timestamp?: {
    readonly element?: string;
    readonly header?: string;
    readonly body_json?: string;
    readonly unit?: "s" | "ms";
    readonly tolerance_seconds?: number;
  };
  readonly id?: { readonly header: string };
  readonly key?: { readonly encoding?: string; readonly strip_prefix?: string };
}

/** Of providers.yaml, which says what each is. */
export interface Provider {
  readonly title: string;
  readonly env: string;
  readonly source: string;
  readonly key: string;
  readonly rotate?: string;
  readonly notes?: readonly string[];
  readonly handshake?: { readonly methods: readonly string[]; readonly what: string };
  readonly body?: string;
  readonly form?: string;
  readonly type?: string;
}

/** Of canonical.yaml. */
export interface Canonical {
  readonly title: string;
  readonly source: string;
  readonly sends: readonly string[];
  readonly notes: readonly string[];
  readonly rule?: Readonly<Record<string, unknown>>;
  readonly sign: string;
  /** The filter signs by it too. */
  readonly signs?: boolean;
}

export interface Sources {
  readonly presets: ReadonlyMap<string, Preset>;
  readonly providers: Readonly<Record<string, Provider>>;
  readonly canonical: Readonly<Record<string, Canonical>>;
  // biome-ignore lint/suspicious/noExplicitAny: JSON Schema has no end of shapes.
  readonly schema: any;
}

/** Throws when a preset has no facts, or facts have no scheme. */
export async function readSources(): Promise<Sources> {
  const presets = await readPresets();
  const providers: Sources["providers"] = parse(await readFile("docs/generator/providers.yaml", "utf8"));
  const canonical: Sources["canonical"] = parse(await readFile("docs/generator/canonical.yaml", "utf8"));
  const schema = JSON.parse(await readFile("filters/hmac-auth/config.schema.json", "utf8"));
  const { canonicalRule, awsRule } = schema.$defs;
  const named = [...canonicalRule.properties.scheme.enum, awsRule.properties.scheme.const];
  expectSame("providers.yaml", Object.keys(providers), [...presets.keys()]);
  expectSame("canonical.yaml", Object.keys(canonical), named);
  return { presets, providers, canonical, schema };
}

function expectSame(file: string, found: readonly string[], expected: readonly string[]): void {
  const missing = expected.filter((name) => !found.includes(name));
  const tooMany = found.filter((name) => !expected.includes(name));
  if (missing.length === 0 && tooMany.length === 0) return;
  throw new Error(
    `docs/generator/${file}: expected the schemes of the filter; missing: ${missing}; not its: ${tooMany}`,
  );
}

/** presets.ts is AssemblyScript that is TypeScript too: it is run, so that there is no second reading of it. */
async function readPresets(): Promise<Map<string, Preset>> {
  const source = await readFile("filters/hmac-auth/assembly/presets.ts", "utf8");
  const { code } = await transform(source, { loader: "ts", format: "esm" });
  const { PRESETS } = await import(/* @vite-ignore */ `data:text/javascript,${encodeURIComponent(code)}`);
  const presets = new Map<string, Preset>();
  for (let at = 0; at < PRESETS.length; at += 2) presets.set(PRESETS[at], JSON.parse(PRESETS[at + 1]));
  return presets;
}
