/** `pwk completion`: for shells. */
import { Argument, Command } from "commander";
import { completionScript, type Shell, shells } from "../completion/index.ts";

export const completion = (): Command =>
  new Command("completion")
    .description("Print the script with which a shell completes pwk's commands, options and their values.")
    .addArgument(new Argument("<shell>", "which shell").choices(shells))
    .addHelpText(
      "after",
      `
Examples:
  source <(pwk completion bash)
  pwk completion bash > ~/.local/share/bash-completion/completions/pwk
  source <(pwk completion zsh)                                # in ~/.zshrc, behind compinit
  pwk completion fish > ~/.config/fish/completions/pwk.fish`,
    )
    .action((shell: Shell, _options: unknown, command: Command) => {
      process.stdout.write(`${completionScript(shell, command.parent ?? command)}\n`);
    });
