/** A page for each scheme: what is sent, the configuration, its manifest, a test request, and how to change the key. */
import { stringify } from "yaml";
import { origin, snippetOf } from "./snippet.ts";
import type { Canonical, Preset, Provider } from "./sources.ts";

const generated = "<!-- Made by `npm run docs:hmac-auth`; change docs/generator. -->";
const fenced = (language: string, text: string) => [`\`\`\`${language}`, text.trimEnd(), "```", ""];
/** As the text of a numbered item. */
const indented = (text: string) => text.replace(/^(?=.)/gm, "   ");
const bullets = (items: readonly string[]) => items.map((item) => `- ${item}`);

export function presetPage(name: string, preset: Preset, provider: Provider): string {
  const { title, env, source, key, handshake, notes = [], rotate } = provider;
  const signsUrl = preset.string_to_sign?.includes("{url}") ?? false;
  const configuration = {
    rules: [
      ...(handshake ? [{ match: { path: `/${name}`, methods: handshake.methods }, action: "allow" }] : []),
      {
        id: name,
        match: { path: `/${name}` },
        ...(signsUrl && { public_base_url: origin }),
        scheme: name,
        keys: [{ id: "2026-10", env }],
      },
    ],
  };
  const facts = [
    ...(preset.timestamp || preset.id ? [] : [captured]),
    ...(handshake
      ? [
          `The handshake comes unsigned: ${handshake.what}. The first rule lets it through, with whatever else has this method and path; the application answers.`,
        ]
      : []),
    ...(signsUrl
      ? ["`public_base_url` is what the provider calls; inside of a mesh the proxy sees another scheme."]
      : []),
    ...notes,
  ];
  const type = provider.type === undefined ? "" : ` --content-type ${provider.type}`;
  const body =
    provider.body ??
    (preset.timestamp?.body_json ? `{"${preset.timestamp.body_json}":'$(date +%s)'000}` : '{"event":"test"}');
  return [
    ...heading(`${title}: \`scheme: ${name}\``, source),
    "## What is sent",
    "",
    "| | |",
    "|---|---|",
    ...sentOf(preset).map(([what, value]) => `| ${what} | ${value} |`),
    `| key | ${key} |`,
    "",
    ...(facts.length > 0 ? [...bullets(facts), ""] : []),
    ...configurationOf(configuration, env),
    "## A test request",
    "",
    "Signed by openssl; the variable has the key:",
    "",
    ...fenced("bash", snippetOf(name, preset, provider)),
    "Or by the filter itself:",
    "",
    ...fenced(
      "bash",
      `npx pwk sign --scheme ${name} --key env:${env} --url ${origin}/${name}${type} \\\n  --body '${body}' --curl`,
    ),
    ...rotation(
      [
        { id: "2027-01", env: `${env}_NEW` },
        { id: "2026-10", env },
      ],
      name,
      title,
      rotate,
    ),
  ].join("\n");
}

const api = "https://api.example.com/orders?x=1";

export function canonicalPage(name: string, scheme: Canonical): string {
  const consumer = { name: "alice", key_id: "k-alice", keys: [{ id: "2026-10", env: "ALICE_KEY" }] };
  const configuration = {
    rules: [{ id: name, match: { path_prefix: "/" }, scheme: name, ...scheme.rule, consumers: [consumer] }],
  };
  const { region, service } = scheme.rule ?? {};
  const scope = region === undefined ? "" : ` --region ${region} --service ${service}`;
  const signCommand = `npx pwk sign --scheme ${name} --id k-alice --key env:ALICE_KEY --url '${api}' \\\n  --body '{"amount":7}'${scope} --curl`;
  const [where = "", text = "", time = "", body = ""] = scheme.sends;
  return [
    ...heading(`${scheme.title}: \`scheme: ${name}\``, scheme.source),
    "## What is sent",
    "",
    "| | |",
    "|---|---|",
    `| where | ${where} |`,
    `| signed | ${text} |`,
    `| time | ${time} |`,
    `| body | ${body} |`,
    "",
    ...bullets([
      ...scheme.notes,
      "What must be signed is enforced (`required_components`): less is `insufficient_coverage`. A body that no signed digest covers is refused.",
      "Upstream is told who signed, in `x-hmac-consumer`; what clients send under that name is removed.",
    ]),
    "",
    ...configurationOf(configuration, "ALICE_KEY"),
    "## A test request",
    "",
    "Signed by openssl; the variable has the key:",
    "",
    ...fenced("bash", `url='${api}'\nbody='{"amount":7}'\n${scheme.sign}`),
    ...(scheme.signs ? ["Or by the filter itself:", "", ...fenced("bash", signCommand)] : []),
    ...rotation(
      [
        { id: "2027-01", env: "ALICE_KEY_NEW" },
        { id: "2026-10", env: "ALICE_KEY" },
      ],
      name,
      "the client",
      "A consumer's keys share its key id, so that the client changes nothing else.",
    ),
  ].join("\n");
}

const captured =
  "No time is signed: **a request that was captured stays valid** until the key changes. `replay: { window_seconds: 300, untimed: true }` " +
  "refuses the same bytes for a while, and with them what the provider sends again.";

const heading = (title: string, source: string) => [
  generated,
  "",
  `# ${title}`,
  "",
  `Source: <${source}>. All schemes: [README.md](README.md).`,
  "",
];

/** What a preset says, as a table does. */
function sentOf(preset: Preset): [string, string][] {
  const { header, prefix = "", list, encoding = "hex", algorithm = "sha256", string_to_sign: text = "{body}" } = preset;
  const { timestamp, id } = preset;
  const elements = list && [
    ...(list.timestamp ? [`${list.timestamp}${list.pair}<time>`] : []),
    `${list.signature}${list.pair}<signature>`,
  ];
  const where =
    timestamp?.header ??
    (timestamp?.element ? `element \`${timestamp.element}\`` : `\`${timestamp?.body_json}\` of the JSON body`);
  return [
    ["header", `\`${header}: ${elements?.join(list?.separator) ?? `${prefix}<signature>`}\``],
    ["signature", `HMAC with ${algorithm.toUpperCase().replace("SHA", "SHA-")}, in ${encoding}`],
    ["signed", `\`${text}\``],
    ...(id ? [["id", `\`${id.header}\``] as [string, string]] : []),
    [
      "time",
      timestamp
        ? `${timestamp.header ? `\`${where}\`` : where}, in ${timestamp.unit === "ms" ? "milliseconds" : "seconds"}, ${timestamp.tolerance_seconds ?? 300} seconds before and after now`
        : "none",
    ],
  ];
}

function configurationOf(configuration: unknown, env: string): string[] {
  return [
    "## Configuration",
    "",
    "`hmac-auth.yaml`:",
    "",
    ...fenced("yaml", stringify(configuration, { lineWidth: 0 })),
    `The proxy's environment has the key, as \`${env}\`, from a Secret; so it is in no manifest. The EnvoyFilter:`,
    "",
    ...fenced(
      "bash",
      `npx pwk manifest envoyfilter hmac-auth --namespace prod --selector app=web \\\n  --config hmac-auth.yaml --host-env ${env} > envoyfilter.yaml`,
    ),
    "`--context gateway` is for a gateway. Every key is explained in [configuration.md](configuration.md).",
    "",
  ];
}

function rotation(keys: unknown, name: string, sender: string, special?: string): string[] {
  return [
    "## A new key",
    "",
    "1. Put the new key before the old one, and give the proxy both variables (`--host-env` twice):",
    "",
    ...fenced("yaml", stringify({ keys }, { lineWidth: 0 })).map(indented),
    `2. Give the new key to ${sender}.${special === undefined ? "" : ` ${special}`}`,
    `3. When the counter \`hmac_auth.key.${name}.2026-10.verified\` stands still, longer than anything is sent again, remove the old key.`,
    "",
  ];
}
