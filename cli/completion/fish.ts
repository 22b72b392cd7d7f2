/** The script with which fish completes `pwk`, with descriptions. */
import type { Completion, OptionCompletion } from "./definitions.ts";

export function fishCompletion(all: readonly Completion[]): string {
  const paths = all.filter(({ path }) => path !== "").map(({ path }) => quoted(path));
  const lines = all.flatMap(({ path, words, options }) => {
    const here = `complete -c pwk -n ${quoted(`__pwk_at ${quoted(path)}`)}`;
    return [
      ...words.map(({ name, description }) => `${here} -f -a ${quoted(name)}${about(description)}`),
      ...options.map((option) => `${here} ${flagsOf(option)}${takes(option)}${about(option.description)}`),
    ];
  });
  return `# fish completion for pwk: pwk completion fish | source
function __pwk_at
  set -l at ''
  for word in (commandline -opc)[2..]
    contains -- "$at $word" ${paths.join(" ")}
    and set at "$at $word"
  end
  test "$at" = "$argv[1]"
end
${lines.join("\n")}`;
}

const flagsOf = ({ flags }: OptionCompletion): string =>
  flags.map((flag) => (flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`)).join(" ");

/** -x: these and no files; -r: anything, so files too. */
const takes = ({ takesValue, choices }: OptionCompletion): string =>
  takesValue ? (choices.length > 0 ? ` -x -a ${quoted(choices.join(" "))}` : " -r") : "";

const about = (description: string): string => (description === "" ? "" : ` -d ${quoted(description)}`);

const quoted = (text: string): string => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
