/** `pwk completion`: for shells. */
import { Argument, Command } from "commander";
import { bashCompletion } from "../completion.ts";

export const completion = (): Command =>
  new Command("completion")
    .description("Print the script with which a shell completes pwk's commands, options and their values.")
    .addArgument(new Argument("<shell>", "which shell").choices(["bash"]))
    .addHelpText(
      "after",
      `
Examples:
  source <(pwk completion bash)
  pwk completion bash > ~/.local/share/bash-completion/completions/pwk`,
    )
    .action((_shell: string, _options: unknown, command: Command) => {
      process.stdout.write(`${bashCompletion(command.parent ?? command)}\n`);
    });
