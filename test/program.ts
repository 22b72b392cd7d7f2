/** A program that runs beside tests: its last words are kept, and it ends with this process, however that ends. */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";

const keptLines = 40;
const pollMs = 20;
const patienceMs = 60_000;

/** Leads a process group of its own and kills it, itself included, when its standard input closes: with us at the latest. */
const guard = `
exec 3<&0
"$@" 3<&- </dev/null &
program=$!
(read -r _ <&3; kill -KILL 0) >/dev/null 2>&1 &
guard=$!
trap 'kill -STOP "$program"' USR1
trap 'kill -CONT "$program"' USR2
while wait "$program"; code=$?; kill -0 "$program" 2>/dev/null; do :; done
kill "$guard"
exit "$code"`;

export interface ProgramOptions {
  readonly binary: string;
  readonly args: readonly string[];
  /** Default: that of this process. */
  readonly folder?: string;
  /** Besides that of this process. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Given each line that it says. */
  readonly onLine?: (line: string) => void;
}

export class Program {
  readonly #name: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<string>;
  readonly #lastWords: string[] = [];

  constructor(name: string, { binary, args, folder, environment, onLine = () => {} }: ProgramOptions) {
    this.#name = name;
    this.#child = spawn("sh", ["-c", guard, "guard", binary, ...args], {
      detached: true,
      ...(folder !== undefined && { cwd: folder }),
      env: { ...process.env, ...environment },
    });
    this.#child.stdin?.on("error", () => {});
    for (const output of [this.#child.stdout, this.#child.stderr]) {
      createInterface({ input: output as NodeJS.ReadableStream }).on("line", (line) => {
        if (this.#lastWords.push(line) > keptLines) this.#lastWords.shift();
        onLine(line);
      });
    }
    this.#ended = new Promise((resolve) => {
      this.#child.on("error", (error) => resolve(`could not be started: ${error.message}`));
      this.#child.on("close", (code, signal) => resolve(`ended with ${signal ?? `code ${code}`}`));
    });
  }

  /** Resolves once `condition` holds. Throws when the program ends before, or it takes a minute. */
  async until(what: string, condition: () => Promise<boolean>): Promise<void> {
    const giveUpAt = Date.now() + patienceMs;
    let end: string | undefined;
    const ended = this.#ended.then((words) => {
      end = words;
      return false;
    });
    // Whoever has its port may never answer.
    while (!(await Promise.race([ended, condition().catch(() => false)]))) {
      const failure = end ?? (Date.now() > giveUpAt ? `took more than ${patienceMs / 1000} s` : undefined);
      if (failure !== undefined) {
        throw new Error(`${this.#name} ${failure}; expected: ${what}\n${this.lastWords}`);
      }
      await delay(pollMs);
    }
  }

  /** The end of what it has said. */
  get lastWords(): string {
    return this.#lastWords.join("\n");
  }

  /** It does nothing more, as if the machine hung, until `resume`. */
  pause(): void {
    this.#child.kill("SIGUSR1");
  }

  resume(): void {
    this.#child.kill("SIGUSR2");
  }

  /** Kills it and what it has started; resolves when they are gone. */
  async stop(): Promise<void> {
    this.#child.stdin?.destroy();
    await this.#ended;
  }
}
