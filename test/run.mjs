#!/usr/bin/env node
/**
 * `npm test`: everything that takes seconds. What needs programs that take minutes to build or packages to install runs when it is
 * required: PWK_REQUIRE_ENGINES with istio or kube, PWK_REQUIRE_PROJECTS=1. Arguments go to vitest.
 */
import { spawnSync } from "node:child_process";

const { PWK_REQUIRE_ENGINES = "", PWK_REQUIRE_PROJECTS = "" } = process.env;
const required = PWK_REQUIRE_ENGINES.split(",");
const projects = [
  ...["unit", "host", "envoy"],
  ...(required.includes("istio") || required.includes("kube") ? ["istio"] : []),
  ...(PWK_REQUIRE_PROJECTS === "1" ? ["projects"] : []),
];
const args = ["run", ...projects.flatMap((project) => ["--project", project]), ...process.argv.slice(2)];
const { status } = spawnSync("vitest", args, { stdio: "inherit", shell: process.platform === "win32" });
process.exitCode = status ?? 1;
