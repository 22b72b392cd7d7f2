import { expect, test } from "vitest";
import { createProgram } from "./program.ts";
import { referenceOf } from "./reference.ts";

test("docs/cli.md is what the commands say of themselves", async () => {
  await expect(referenceOf(createProgram())).toMatchFileSnapshot("../docs/cli.md");
});
