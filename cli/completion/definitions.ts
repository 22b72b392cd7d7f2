/** What there is to complete, out of the commands' definitions. */
import type { Command } from "commander";

export interface Completion {
  /** Names behind `pwk`, such as " manifest mirror". */
  readonly path: string;
  /** Commands below it; else the values that its argument may have. */
  readonly words: readonly Word[];
  readonly options: readonly OptionCompletion[];
}

export interface Word {
  readonly name: string;
  /** One line. */
  readonly description: string;
}

export interface OptionCompletion {
  /** Such as -o and --output. */
  readonly flags: readonly string[];
  readonly description: string;
  readonly takesValue: boolean;
  /** Empty: anything, such as a file. */
  readonly choices: readonly string[];
}

/** The program, its commands, and those below them. */
export const completionsOf = (program: Command): readonly Completion[] => below(program, "");

function below(command: Command, path: string): Completion[] {
  const help = command.createHelp();
  const children = help.visibleCommands(command).map((child) => word(child.name(), child.description()));
  const [{ argChoices = [] } = {}] = command.registeredArguments;
  const own = {
    path,
    words: [...children, ...argChoices.map((choice) => word(choice, ""))],
    options: help.visibleOptions(command).map(({ short, long, required, description, argChoices: choices = [] }) => ({
      flags: [short, long].filter((flag) => flag !== undefined),
      description: firstLine(description),
      takesValue: required,
      choices: required ? choices : [],
    })),
  };
  // The command "help" is commander's own, and has nothing to complete.
  return [own, ...command.commands.flatMap((child) => below(child, `${path} ${child.name()}`))];
}

const word = (name: string, description: string): Word => ({ name, description: firstLine(description) });
const firstLine = (text: string): string => text.split("\n")[0] ?? "";
