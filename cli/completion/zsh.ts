/** The script with which zsh completes `pwk`, with descriptions; to be sourced, or to lie in a folder of `fpath` as _pwk. */
import type { Completion } from "./definitions.ts";

export function zshCompletion(all: readonly Completion[]): string {
  const paths = all.filter(({ path }) => path !== "").map(({ path }) => quoted(path));
  const values = all.flatMap(({ path, options }) =>
    options
      .filter(({ takesValue }) => takesValue)
      .map(({ flags, choices }) => {
        const pattern = flags.map((flag) => quoted(`${path} ${flag}`)).join("|");
        const offer = choices.length === 0 ? "_files" : `compadd -- ${choices.map(quoted).join(" ")}`;
        return `    (${pattern}) ${offer}; return ;;`;
      }),
  );
  const lists = all.map(({ path, words, options }) => {
    const flags = options.flatMap((option) => option.flags.map((flag) => described(flag, option.description)));
    const names = words.map(({ name, description }) => described(name, description));
    return `    (${quoted(path)})\n      options=(${flags.join(" ")})\n      commands=(${names.join(" ")}) ;;`;
  });
  return `#compdef pwk
# zsh completion for pwk: source <(pwk completion zsh)
_pwk() {
  local at= i
  local -a options commands
  for ((i = 2; i < CURRENT; i++)); do
    case "$at \${words[i]}" in
    (${paths.join("|")}) at="$at \${words[i]}" ;;
    esac
  done
  case "$at \${words[CURRENT - 1]}" in
${values.join("\n")}
  esac
  case "$at" in
${lists.join("\n")}
  esac
  if [[ \${words[CURRENT]} == -* ]]; then
    _describe -o option options
  elif (( $#commands )); then
    _describe command commands
  else
    _files
  fi
}
if [[ $funcstack[1] == _pwk ]]; then _pwk "$@"; else compdef _pwk pwk; fi`;
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** As _describe takes it. */
const described = (name: string, description: string): string =>
  quoted(`${name.replaceAll(":", "\\:")}${description === "" ? "" : `:${description}`}`);
