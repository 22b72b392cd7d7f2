/** The ABI with its scenarios, for a terminal and for docs/. */
import Table from "cli-table3";

export interface Row {
  readonly name: string;
  readonly sdk: string;
  readonly envoyBehaviour: string;
  /** The scenario, or why there is none; "" when one is missing. */
  readonly host: string;
  readonly envoy: string;
}

export interface Abi {
  readonly imports: readonly Row[];
  readonly callbacks: readonly Row[];
}

export function asText({ imports, callbacks }: Abi): string {
  const table = new Table({
    head: ["function", "SDK", "scenario on host", "scenario on envoy"],
    colWidths: [44, 34, 44, 44],
    wordWrap: true,
    style: { head: [], border: [], compact: false },
  });
  for (const { name, sdk, host, envoy } of [...imports, ...callbacks])
    table.push([name, sdk, host, envoy === host && host !== "" ? "the same" : envoy]);
  return table.toString();
}

export const asMarkdown = ({ imports, callbacks }: Abi): string => `# The ABI, function by function

All of ABI 0.2.1: its name in the SDK, what Envoy 1.39 does that the name does not say, and the first scenario of
\`test/scenarios/\` that runs it, on our own host and on Envoy. Written by \`npm run abi -- --write docs/abi.md\`.

## What filters call

${markdownTable(imports)}

## What hosts call

${markdownTable(callbacks)}
`;

const markdownTable = (rows: readonly Row[]): string =>
  [
    ["function", "SDK", "Envoy", "scenario"],
    ["---", "---", "---", "---"],
    ...rows.map((row) => [`\`${row.name}\``, row.sdk, row.envoyBehaviour, scenarioOf(row)]),
  ]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`)
    .join("\n");

const scenarioOf = ({ host, envoy }: Row): string => (host === envoy ? host : `host: ${host}; envoy: ${envoy}`);
