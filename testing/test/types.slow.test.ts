/** The types of the package as it is published. */
import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";

test("serve a filter's tests in TypeScript", () => {
  const node = (...args: string[]) => execFileSync(process.execPath, args, { encoding: "utf8" });
  expect(node("build-types.mjs")).toBe("");
  expect(node("node_modules/typescript/bin/tsc", "-p", "testing/test/typed")).toBe("");
}, 180_000);
