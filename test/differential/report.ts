/** What the runs have found, for people and for programs; and how far they are. */
import type { Outcome } from "./comparison.ts";
import type { Scenario } from "./scenario.ts";
import type { Part } from "./seen.ts";

export interface Difference {
  /** The runs that showed it. */
  readonly runs: number[];
  /** The smallest that shows it. */
  readonly scenario: Scenario;
  readonly outcome: Outcome;
}

export interface Report {
  readonly seed: number;
  readonly runs: number;
  readonly seconds: number;
  readonly found: readonly Difference[];
}

export const jsonReport = (report: Report): string => JSON.stringify(report, null, 2);

export function summary({ seed, runs, seconds, found }: Report): string {
  const differences = found.length === 1 ? "1 difference" : `${found.length} differences`;
  return `seed ${seed}: ${runs} runs, ${differences}, ${seconds} s`;
}

export function describe({ runs, scenario, outcome }: Difference): string {
  return [
    `run ${runs.join(", ")}: differs`,
    ...scenarioLines(scenario).map((line) => `  ${line}`),
    ...outcome.differs.flatMap((part) => side(part, outcome)),
    `  ${JSON.stringify(scenario)}`,
  ].join("\n");
}

function scenarioLines({ setUp, request, response, steps }: Scenario): string[] {
  return [
    `set-up   ${JSON.stringify(setUp)}`,
    `request  ${JSON.stringify(request)}`,
    `response ${JSON.stringify(response)}`,
    ...steps.map(({ filter, at, call, do: command }) => `filter ${filter} ${at} ${call}: ${JSON.stringify(command)}`),
  ];
}

/** Both lists, with a mark at the lines that the other one does not have. */
function side(part: Part, { host, envoy }: Outcome): string[] {
  const marked = (lines: readonly string[], others: readonly string[]) =>
    lines.map((line) => `    ${others.includes(line) ? " " : ">"} ${line}`);
  return [
    `  ${part} on the host`,
    ...marked(host[part], envoy[part]),
    `  ${part} on Envoy`,
    ...marked(envoy[part], host[part]),
  ];
}

/** On a terminal a line that is rewritten, elsewhere nothing. */
export class Progress {
  readonly #all: number;
  readonly #startedAt = Date.now();
  #shownAt = 0;
  runs = 0;

  constructor(all: number) {
    this.#all = all;
  }

  get seconds(): number {
    return Math.round((Date.now() - this.#startedAt) / 100) / 10;
  }

  ran(found: number): void {
    this.runs++;
    if (!process.stderr.isTTY || Date.now() - this.#shownAt < 100) return;
    this.#shownAt = Date.now();
    process.stderr.write(`\r\x1b[K${this.runs} of ${this.#all} runs, ${found} to look at again`);
  }

  end(): void {
    if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
  }
}
