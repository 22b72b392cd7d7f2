/** Scripts with which shells complete `pwk`. */
import type { Command } from "commander";
import { bashCompletion } from "./bash.ts";
import { completionsOf } from "./definitions.ts";
import { fishCompletion } from "./fish.ts";
import { zshCompletion } from "./zsh.ts";

const scripts = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion };
export type Shell = keyof typeof scripts;
export const shells = Object.keys(scripts) as readonly Shell[];

/** Without a newline at its end. */
export const completionScript = (shell: Shell, program: Command): string => scripts[shell](completionsOf(program));
