/** What is wrong with an entry of a `pwk.yaml`, in that file's words. */
import { InvalidPlan } from "../problems.ts";

/** `at` is where the entry's settings are, nearest last; `problems` begin with a path inside of them. */
export class InvalidEntry extends InvalidPlan {
  readonly at: readonly string[];
  constructor(at: readonly string[], problems: readonly string[]) {
    super(problems);
    this.at = at;
  }
}

/** Runs what looks at an entry's plan. Throws `InvalidEntry` for `InvalidPlan`. */
export function within<T>(at: readonly string[], work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof InvalidPlan && !(error instanceof InvalidEntry))
      throw new InvalidEntry(at, error.problems.map(inFileWords));
    throw error;
  }
}

/** By the beginning of a path in a plan, that in the file; the first that fits. */
const words: readonly (readonly [RegExp, string])[] = [
  [/^\/source(?=[/:])/, "/module"],
  [/^\/modulePath(?=[/:])/, "/module/path"],
  [/^\/workload(\/kind|\/name)?(?=[/:])/, "/workload"],
  [/^\/image(?=[/:])/, "/module/initContainer"],
  [/^\/path(?=[/:])/, "/module/imagePath"],
  [/^\/environment(?=[/:])/, "/env"],
  [/^\/(hostEnvironment|secrets)(?=[/:])/, "/hostEnv"],
  [/^\/virtualHost(?=[/:])/, "/host"],
  [/^\/mirror\/subset(?=[/:])/, "/subset"],
  [/^\/mirror(\/host|\/port)?(?=[/:])/, "/to"],
];

function inFileWords(problem: string): string {
  for (const [plan, file] of words) if (plan.test(problem)) return problem.replace(plan, file);
  return problem;
}
