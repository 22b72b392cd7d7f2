/** A plan that cannot be delivered; `problems` has a line each, such as "/port: expected ..., found ...". */
export class InvalidPlan extends Error {
  override readonly name = "InvalidPlan";
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(problems.map((problem) => `manifest: ${problem}`).join("\n"));
    this.problems = problems;
  }
}

/** One thing that a plan is asked about: no line when it is good. */
export const check = (good: boolean, path: string, expected: string, found: unknown): string[] =>
  good ? [] : [`${path}: expected ${expected}, found ${found === undefined ? "nothing" : JSON.stringify(found)}`];
