/** The script with which bash completes `pwk`: made of the commands' definitions, so that it starts no program. */
import type { Command } from "commander";

interface Completion {
  /** Names behind `pwk`, such as " manifest mirror". */
  readonly path: string;
  readonly commands: readonly string[];
  readonly options: readonly string[];
  /** What an option takes; empty: anything, such as a file. */
  readonly values: readonly { readonly flags: readonly string[]; readonly choices: readonly string[] }[];
}

export function bashCompletion(program: Command): string {
  const all = completionsOf(program, "");
  const paths = all.filter(({ path }) => path !== "").map(({ path }) => JSON.stringify(path));
  const values = all.flatMap(({ path, values: taken }) =>
    taken.map(({ flags, choices }) => {
      const pattern = flags.map((flag) => JSON.stringify(`${path} ${flag}`)).join(" | ");
      return `    ${pattern}) words=${JSON.stringify(choices.join(" "))} ;;`;
    }),
  );
  const words = all.map(
    ({ path, commands, options }) =>
      `      ${JSON.stringify(path)}) options=${JSON.stringify(options.join(" "))} commands=${JSON.stringify(commands.join(" "))} ;;`,
  );
  return `# bash completion for pwk: source <(pwk completion bash)
_pwk() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]} path= words= options= commands= i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$path \${COMP_WORDS[i]}" in
    ${paths.join(" | ")}) path="$path \${COMP_WORDS[i]}" ;;
    esac
  done
  case "$path $prev" in
${values.join("\n")}
  *)
    case "$path" in
${words.join("\n")}
    esac
    if [[ $cur == -* ]]; then words=$options; else words=$commands; fi
    ;;
  esac
  # Nothing of ours: bash offers files.
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _pwk pwk`;
}

function completionsOf(command: Command, path: string): Completion[] {
  const help = command.createHelp();
  const options = help.visibleOptions(command);
  const children = help.visibleCommands(command);
  const own = {
    path,
    commands: children.map((child) => child.name()),
    options: options.flatMap(({ short, long }) => [short, long].filter((flag) => flag !== undefined)),
    values: options
      .filter(({ required }) => required)
      .map(({ short, long, argChoices = [] }) => ({
        flags: [short, long].filter((flag) => flag !== undefined),
        choices: argChoices,
      })),
  };
  // The command "help" is commander's own, and has nothing to complete.
  return [own, ...command.commands.flatMap((child) => completionsOf(child, `${path} ${child.name()}`))];
}
