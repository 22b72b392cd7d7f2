/** A row of the tables of mistakes. */
import { expect } from "vitest";
import { type Any, findings } from "./objects.ts";

/** The object that is wrong, what is done to it, and what is said. */
export type Mistake = readonly [
  title: string,
  make: () => Any,
  change: (object: Any) => unknown,
  said: string | RegExp,
];

/** With its place. */
export async function isTold([_title, make, change, said]: Mistake): Promise<void> {
  const object = make();
  change(object);
  const found = await findings([object]);
  expect(found.join("\n")).toMatch(said);
  for (const line of found) expect(line).toMatch(/^\d+: \/?/);
}
