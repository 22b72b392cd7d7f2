/** The program `pwk`. */
import { InvalidPlan } from "@proxy-wasm-kit/deliver";
import { RegistryFailure } from "@proxy-wasm-kit/registry";
import { Command, CommanderError } from "commander";
import { commands } from "./commands/index.ts";
import { Failure } from "./failure.ts";
import packageJson from "./package.json" with { type: "json" };

/** Runs the command line; returns the exit code (see README.md). */
async function main(args: readonly string[]): Promise<number> {
  const program = new Command("pwk")
    .description("Build, try and ship Proxy-Wasm filters written in AssemblyScript.")
    .version(packageJson.version)
    .showHelpAfterError("Run with --help to see the options.")
    .exitOverride();
  for (const create of commands) program.addCommand(inherit(program, create()));
  try {
    await program.parseAsync(args, { from: "user" });
    // A command may have a result to print and still say that it is no success.
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (isUsers(error)) process.stderr.write(`pwk: ${error.message}\n`);
    else process.stderr.write(`pwk: this should not have happened: ${error instanceof Error ? error.stack : error}\n`);
    return 1;
  }
}

/** Errors that the user can mend, each kind thrown by the folder that finds it. */
const isUsers = (error: unknown): error is Error =>
  [Failure, InvalidPlan, RegistryFailure].some((kind) => error instanceof kind);

/** Gives a command and those below it the program's way of failing. */
function inherit(program: Command, command: Command): Command {
  command.copyInheritedSettings(program);
  for (const child of command.commands) inherit(program, child);
  return command;
}

process.exitCode = await main(process.argv.slice(2));
