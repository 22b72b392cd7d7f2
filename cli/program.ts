/** The program `pwk` as a value: its commands, which say their own help. */
import { Command } from "commander";
import { commands } from "./commands/index.ts";
import packageJson from "./package.json" with { type: "json" };

export function createProgram(): Command {
  const program = new Command("pwk")
    .description("Build, try and ship Proxy-Wasm filters written in AssemblyScript.")
    .version(packageJson.version)
    .showHelpAfterError("Run with --help to see the options.")
    .exitOverride()
    // `pwk manifest` has options of its own, and commands that have the same ones.
    .enablePositionalOptions()
    .addHelpText(
      "after",
      `
Exit codes:
  0  the command did its job; a request that a filter refuses is a result, too
  1  the input or the machine is at fault, and the message says where and what to do; of pwk test: what vitest says
  2  the command line itself was wrong`,
    );
  for (const create of commands) program.addCommand(inherit(program, create()));
  return program;
}

/** Gives a command and those below it the program's way of failing. */
function inherit(program: Command, command: Command): Command {
  command.copyInheritedSettings(program);
  for (const child of command.commands) inherit(program, child);
  return command;
}
