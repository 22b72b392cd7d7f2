/** The script with which bash completes `pwk`: it has everything in it, so that it starts no program. */
import type { Completion } from "./definitions.ts";

export function bashCompletion(all: readonly Completion[]): string {
  const paths = all.filter(({ path }) => path !== "").map(({ path }) => JSON.stringify(path));
  const values = all.flatMap(({ path, options }) =>
    options
      .filter(({ takesValue }) => takesValue)
      .map(({ flags, choices }) => {
        const pattern = flags.map((flag) => JSON.stringify(`${path} ${flag}`)).join(" | ");
        return `    ${pattern}) words=${JSON.stringify(choices.join(" "))} ;;`;
      }),
  );
  const lists = all.map(({ path, words, options }) => {
    const flags = options.flatMap((option) => option.flags).join(" ");
    const names = words.map(({ name }) => name).join(" ");
    return `      ${JSON.stringify(path)}) options=${JSON.stringify(flags)} commands=${JSON.stringify(names)} ;;`;
  });
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
${lists.join("\n")}
    esac
    if [[ $cur == -* ]]; then words=$options; else words=$commands; fi
    ;;
  esac
  # Nothing of ours: bash offers files.
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _pwk pwk`;
}
