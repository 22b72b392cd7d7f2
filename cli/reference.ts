/** docs/cli.md: what every command says of itself. */
import type { Command } from "commander";

const introduction = `# pwk

What each command's \`--help\` says. Made of the same definitions; \`npx vitest run --project unit cli/reference -u\` writes it anew.

| variable | |
|---|---|
| \`ENVOY_BIN\` | the Envoy that \`--engine envoy\` runs; default: \`envoy\` on the PATH, or one that pip installs |
| \`PWK_CACHE\` | where that one is kept; default: \`~/.cache/proxy-wasm-kit\` |
| \`PWK_ENGINE\` | the engine of \`startProxy\` in tests; \`pwk test\` sets it |
| \`PWK_COVERAGE\` | the folder for what filters ran in tests |
| \`DOCKER_CONFIG\` | the folder of Docker's \`config.json\`, which has credentials for registries; default: \`~/.docker\` |
`;

/** A section for each command, in the order of the program's help. */
export const referenceOf = (program: Command): string => [introduction, ...sections(program, [])].join("\n");

function sections(command: Command, above: readonly string[]): string[] {
  const path = [...above, command.name()];
  const section = `## ${path.join(" ")}\n\n\`\`\`text\n${helpOf(command)}\n\`\`\`\n`;
  return [section, ...command.commands.flatMap((child) => sections(child, path))];
}

/** At a fixed width, as terminals differ. */
function helpOf(command: Command): string {
  let text = "";
  command.configureOutput({
    writeOut: (piece) => {
      text += piece;
    },
    getOutHelpWidth: () => 120,
    getOutHasColors: () => false,
  });
  command.outputHelp();
  return text.trim();
}
