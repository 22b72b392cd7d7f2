#!/usr/bin/env node
/**
 * `npm test`: everything that takes seconds. What needs programs that take minutes to build or packages to install runs when it is
 * required: PWK_REQUIRE_ENGINES with istio or kube, PWK_REQUIRE_SLOW=1, PWK_REQUIRE_PROJECTS=1. Arguments go to vitest.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const { PWK_REQUIRE_ENGINES = "", PWK_REQUIRE_SLOW, PWK_REQUIRE_PROJECTS } = process.env;
const required = PWK_REQUIRE_ENGINES.split(",");
const projects = [
  ...["unit", "host", "envoy"],
  ...(required.includes("istio") || required.includes("kube") ? ["istio"] : []),
  ...(PWK_REQUIRE_SLOW === "1" ? ["slow"] : []),
  ...(PWK_REQUIRE_PROJECTS === "1" ? ["projects"] : []),
];
const args = ["run", ...projects.flatMap((project) => ["--project", project]), ...process.argv.slice(2)];
const vitest = fileURLToPath(new URL("vitest.mjs", import.meta.resolve("vitest/package.json")));
const { status } = spawnSync(process.execPath, [vitest, ...args], { stdio: "inherit" });
process.exitCode = status ?? 1;
