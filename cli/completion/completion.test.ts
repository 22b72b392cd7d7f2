/** What real shells offer with the scripts of `pwk completion`; a shell that is not there is skipped. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { createProgram } from "../program.ts";
import { pwk } from "../test/pwk.ts";
import { completionScript, type Shell, shells } from "./index.ts";

const program = createProgram();
const folder = mkdtempSync(join(tmpdir(), "pwk-completion-"));
mkdirSync(join(folder, "files"));
writeFileSync(join(folder, "files", "a.wasm"), "");
for (const shell of shells) writeFileSync(join(folder, shell), completionScript(shell, program));
afterAll(() => rmSync(folder, { recursive: true }));

/** What stands on the line behind `pwk`; the last one is being written. Returns what is offered, without descriptions. */
const offers: Readonly<Record<Shell, (...words: string[]) => string[]>> = {
  bash(...words) {
    const ask = `source ${folder}/bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _pwk; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const offered = shellLines("bash", ["--norc", "-uc", ask, "bash", "pwk", ...words]);
    // Bash's own part: files, where nothing is offered.
    return offered.length > 0 ? offered : ["files/"].filter((name) => name.startsWith(words.at(-1) ?? ""));
  },
  zsh(...words) {
    writeFileSync(join(folder, "offers"), "");
    shellLines("zsh", ["-f", "-c", atTerminal], `pwk ${words.join(" ")}`);
    return readFileSync(join(folder, "offers"), "utf8").split("\n").filter(Boolean);
  },
  fish: (...words) =>
    shellLines("fish", [
      "--no-config",
      "-c",
      `source ${folder}/fish; complete -C $argv[1]`,
      `pwk ${words.join(" ")}`,
    ]).map((line) => line.split("\t")[0] ?? ""),
};

/** zsh completes at a terminal only: its line editor gets a line as if it were typed, and writes down what is offered. */
const zshrc = `
autoload -U compinit && compinit -u -D
source $PWK_FOLDER/zsh
compadd() {
  # These fill arrays, and offer nothing.
  if [[ \${@[1,(i)(-|--)]} == *-(O|A|D)\\ * ]]; then builtin compadd "$@"; return; fi
  local -a hits
  builtin compadd -A hits "$@"
  (( $#hits )) && print -rl -- $hits >> $PWK_FOLDER/offers
}
zle-line-init() { BUFFER=$PWK_LINE; CURSOR=$#BUFFER; zle complete-word; exit }
zle -N zle-line-init
`;
writeFileSync(join(folder, ".zshrc"), zshrc);
const atTerminal = "zmodload zsh/zpty; zpty shell zsh -d -i; while zpty -r shell piece; do :; done";

function shellLines(shell: string, args: readonly string[], line = ""): string[] {
  const own = { TERM: "dumb", ZDOTDIR: folder, PWK_FOLDER: folder, PWK_LINE: line };
  const env = { ...process.env, ...own };
  const output = execFileSync(shell, args, { encoding: "utf8", cwd: folder, timeout: 20_000, env });
  return output.split("\n").filter((each) => each !== "");
}

describe.each(shells)("%s", (shell) => {
  const isMissing = spawnSync(shell, ["--version"]).error !== undefined;
  if (isMissing) console.warn(`skipping the completion of ${shell}: apt-get install ${shell}`);
  const complete = offers[shell];

  test.skipIf(isMissing)("commands, and those below them", () => {
    expect(complete("")).toEqual(expect.arrayContaining(["init", "build", "request", "completion", "help"]));
    expect(complete("pu").sort()).toEqual(["pull", "push"]);
    expect(complete("manifest", "envoyf")).toEqual(["envoyfilter"]);
    expect(complete("completion", "").sort()).toEqual(["bash", "fish", "zsh"]);
  });

  test.skipIf(isMissing)("options of the command that stands there, wherever it stands", () => {
    expect(complete("init", "--t")).toEqual(["--template"]);
    expect(complete("request", "dist/a.wasm", "--eng")).toEqual(["--engine"]);
    expect(complete("manifest", "envoyfilter", "build", "--sel")).toEqual(["--selector"]);
    expect(complete("request", "--templ")).toEqual([]);
  });

  test.skipIf(isMissing)("values that an option may have", () => {
    const names = ["attribute", "auth", "callout", "http", "tcp"];
    expect(complete("init", "--template", "").sort()).toEqual(names);
    expect(complete("request", "a.wasm", "--engine", "e")).toEqual(["envoy"]);
    expect(complete("doctor", "-o", "").sort()).toEqual(["json", "text"]);
  });

  test.skipIf(isMissing)("files where they belong", () => {
    const isFolder = expect.stringMatching(/^files\/?$/);
    expect(complete("request", "fil")).toEqual([isFolder]);
    expect(complete("request", "--config", "fil")).toEqual([isFolder]);
  });

  test("pwk completion prints it", async () => {
    const script = completionScript(shell, program);
    expect(await pwk("completion", shell)).toEqual({ code: 0, stdout: `${script}\n`, stderr: "" });
  });
});

test("bash offers files when we offer nothing", () => {
  expect(completionScript("bash", program)).toContain("complete -o default -F _pwk pwk");
});

test("pwk completion knows no other shell", async () => {
  const { code, stderr } = await pwk("completion", "tcsh");
  expect([code, stderr]).toEqual([2, expect.stringContaining("Allowed choices are bash, zsh, fish")]);
});
