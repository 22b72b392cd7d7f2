/** All generated pages, by path. */
import { canonicalPage, presetPage } from "./recipe.ts";
import { referenceOf } from "./reference.ts";
import { readSources, type Sources } from "./sources.ts";

const folder = "docs/hmac-auth";

export async function pages(): Promise<ReadonlyMap<string, string>> {
  const sources = await readSources();
  const { presets, providers, canonical, schema } = sources;
  const all = new Map<string, string>([
    [`${folder}/README.md`, index(sources)],
    [`${folder}/configuration.md`, referenceOf(schema)],
  ]);
  for (const [name, preset] of presets) {
    const provider = providers[name];
    if (provider) all.set(`${folder}/${name}.md`, presetPage(name, preset, provider));
  }
  for (const [name, scheme] of Object.entries(canonical)) all.set(`${folder}/${name}.md`, canonicalPage(name, scheme));
  return all;
}

function index({ presets, providers, canonical }: Sources): string {
  const webhooks = [...presets].map(([name, { header, timestamp, id }]) => {
    const signs = [id && "id", timestamp && "time"].filter(Boolean).join(", ");
    const unsigned = providers[name]?.handshake?.methods.map((method) => `\`${method}\``).join(", ") ?? "";
    return `| [${providers[name]?.title}](${name}.md) | \`${name}\` | \`${header}\` | ${signs} | ${unsigned} |`;
  });
  return [
    "# Recipes for hmac-auth",
    "",
    "What each sender sends, the configuration, the command that makes the EnvoyFilter, a test request, and how to change the key.",
    "These pages are made by `npm run docs:hmac-auth` from the filter's presets and its schema; a test runs what they tell. The filter",
    "itself: [filters/hmac-auth](../../filters/hmac-auth/README.md). Every key: [configuration.md](configuration.md).",
    "",
    "## Webhooks",
    "",
    "| sender | `scheme` | header | also signed | handshake, unsigned |",
    "|---|---|---|---|---|",
    ...webhooks,
    "",
    "- Where neither time nor id is signed, a request that was captured stays valid until the key changes; see `replay`.",
    "- `whsec_` means two things: Stripe's keys have it as a part, those of Standard Webhooks and Svix are base64 behind it.",
    "- Handshakes come unsigned when an address is registered: a rule lets them through, and the application answers.",
    "- Another sender: spell the [scheme](configuration.md#schemes-of-your-own) out.",
    "",
    "## Clients that sign",
    "",
    "| scheme | `scheme` |",
    "|---|---|",
    ...Object.entries(canonical).map(([name, { title }]) => `| [${title}](${name}.md) | \`${name}\` |`),
    "",
    "For clients of your own choose `rfc9421`: it is the standard, and signs what it says it signs.",
    "",
  ].join("\n");
}
