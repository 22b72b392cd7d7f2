/** What a real bash offers with the script of `pwk completion bash`. */
import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { bashCompletion } from "./completion.ts";
import { createProgram } from "./program.ts";
import { pwk } from "./test/pwk.ts";

const script = bashCompletion(createProgram());

/** The words are what stands on the line; the last one is being written. */
function complete(...words: string[]): string[] {
  const ask = `COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _pwk; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const output = execFileSync("bash", ["--norc", "-uc", `${script}\n${ask}`, "bash", "pwk", ...words], {
    encoding: "utf8",
  });
  return output.split("\n").filter((line) => line !== "");
}

test("commands, and those below them", () => {
  expect(complete("")).toEqual(expect.arrayContaining(["init", "build", "request", "completion", "help"]));
  expect(complete("pu")).toEqual(["push", "pull"]);
  expect(complete("manifest", "envoyf")).toEqual(["envoyfilter"]);
});

test("options of the command that stands there, wherever it stands", () => {
  expect(complete("init", "--t")).toEqual(["--template"]);
  expect(complete("request", "dist/a.wasm", "--eng")).toEqual(["--engine"]);
  expect(complete("manifest", "envoyfilter", "build", "--sel")).toEqual(["--selector"]);
  expect(complete("request", "--template")).toEqual([]);
});

test("values that an option may have", () => {
  expect(complete("init", "--template", "")).toEqual(["http", "auth", "callout", "tcp", "attribute"]);
  expect(complete("request", "a.wasm", "--engine", "e")).toEqual(["envoy"]);
  expect(complete("doctor", "-o", "")).toEqual(["text", "json"]);
});

test("files where they belong: bash offers them when we offer nothing", () => {
  expect(complete("request", "")).toEqual([]);
  expect(complete("request", "--config", "")).toEqual([]);
  expect(script).toContain("complete -o default -F _pwk pwk");
});

test("pwk completion prints it, and knows no other shell", async () => {
  expect(await pwk("completion", "bash")).toEqual({ code: 0, stdout: `${script}\n`, stderr: "" });
  const { code, stderr } = await pwk("completion", "tcsh");
  expect([code, stderr]).toEqual([2, expect.stringContaining("Allowed choices are bash")]);
});
