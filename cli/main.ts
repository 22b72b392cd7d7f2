/** The program `pwk`. */
import { InvalidPlan } from "@proxy-wasm-kit/deliver";
import { RegistryFailure } from "@proxy-wasm-kit/registry";
import { CommanderError } from "commander";
import { Failure } from "./failure.ts";
import { createProgram } from "./program.ts";

/** Runs the command line; returns the exit code (see program.ts). */
async function main(args: readonly string[]): Promise<number> {
  try {
    await createProgram().parseAsync(args, { from: "user" });
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

// Whoever reads may have seen enough, such as `head`; what is left to do would be seen by nobody.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});

process.exitCode = await main(process.argv.slice(2));
