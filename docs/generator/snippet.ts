/** The test request of a preset in bash: signed by openssl, sent by curl. Made from the preset itself. */
import type { Preset, Provider } from "./sources.ts";

/** A sum in hex, or in base64. */
const hexOf = "openssl dgst -ALGORITHM KEY -r | cut -d ' ' -f 1";
const base64Of = "openssl dgst -ALGORITHM KEY -binary | openssl base64 -A";

export const origin = "https://hooks.example.com";

export function snippetOf(name: string, preset: Preset, provider: Provider): string {
  const { header, prefix = "", list, encoding = "hex", algorithm = "sha256", timestamp, id } = preset;
  const body = provider.body ?? (timestamp?.body_json ? null : '{"event":"test"}');
  const isMs = timestamp?.unit === "ms";
  const key = preset.key?.encoding === "base64" ? '-mac HMAC -macopt "hexkey:$key"' : `-hmac "$${provider.env}"`;
  const sum = (encoding === "hex" ? hexOf : base64Of).replace("ALGORITHM", algorithm).replace("KEY", key);
  const time = "$timestamp";
  const elements = list && [
    ...(list.timestamp ? [`${list.timestamp}${list.pair}${time}`] : []),
    `${list.signature}${list.pair}$signature`,
  ];
  const headers: readonly (readonly [string, string])[] = [
    ["Content-Type", provider.type ?? "application/json"],
    ...(timestamp?.header ? [[timestamp.header, time] as const] : []),
    ...(id ? [[id.header, "$id"] as const] : []),
    [header, elements?.join(list?.separator) ?? `${prefix}$signature`],
  ];
  const lines = [
    `url=${origin}/${name}`,
    ...(id ? [`id=msg_$(openssl rand -hex 16)`] : []),
    ...(timestamp ? [`timestamp=$(date +%s)${isMs ? "000" : ""}`] : []),
    body === null ? `body="{\\"${timestamp?.body_json}\\":$timestamp}"` : `body='${body}'`,
    ...(provider.form
      ? ["# The parameters, sorted by name, decoded, without anything between them.", `form='${provider.form}'`]
      : []),
    ...(preset.key?.encoding === "base64"
      ? [
          `key=$(printf %s "\${${provider.env}#${preset.key.strip_prefix}}" | openssl base64 -d -A | od -An -tx1 | tr -d ' \\n')`,
        ]
      : []),
    `signature=$(printf %s "${textOf(preset.string_to_sign ?? "{body}")}" |`,
    `  ${sum})`,
    'curl -i "$url" \\',
    ...headers.map(([line, value]) => `  -H "${line}: ${value}" \\`),
    '  --data-binary "$body"',
  ];
  return lines.join("\n");
}

/** The string to sign, with the variables of the snippet. */
const textOf = (template: string): string =>
  template
    .replaceAll("{method}", "POST")
    .replace(/\{(\w+)\}(?=\w)/g, "$${$1}")
    .replace(/(?<!\$)\{(\w+)\}/g, "$$$1");
