import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { pwk, run } from "../../cli/test/pwk.ts";

let folder: string;
let file: string;

const text = (port: number) => `
name: shop
defaults: { namespace: prod, selector: { app: web } }
filters: [{ filter: shadow-host, port: ${port} }]
telemetry: [{ name: t }]
environments: { staging: {}, prod: {} }
`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pwk-diff-"));
  file = join(folder, "pwk.yaml");
});
afterAll(() => rm(folder, { recursive: true }));

describe("pwk manifest --diff", () => {
  test("shows what would change in a folder, and says so with --exit-code only", async () => {
    await writeFile(file, text(80));
    const out = join(folder, "manifests");
    await pwk("manifest", "--file", file, "--out", out);
    const diff = (...args: string[]) => pwk("manifest", "--file", file, "--diff", out, ...args);
    expect(await diff("--exit-code")).toEqual({ code: 0, stdout: "nothing would change\n", stderr: "" });

    await writeFile(file, text(8080));
    await rm(join(out, "prod", "telemetry-t.yaml"));
    await writeFile(
      join(out, "staging", "telemetry-old.yaml"),
      await readFile(join(out, "staging", "telemetry-t.yaml")),
    );
    await writeFile(join(out, "staging", "mine.yaml"), "a: b\n");
    const { code, stdout, stderr } = await diff();
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout.match(/^(---|\+\+\+) .*$/gm)).toEqual([
      ...["--- a/prod/envoyfilter-shadow-host.yaml", "+++ b/prod/envoyfilter-shadow-host.yaml"],
      ...["--- /dev/null", "+++ b/prod/telemetry-t.yaml"],
      ...["--- a/staging/envoyfilter-shadow-host.yaml", "+++ b/staging/envoyfilter-shadow-host.yaml"],
      ...["--- a/staging/telemetry-old.yaml", "+++ /dev/null"],
    ]);
    expect(stdout).toMatch(/^- +portNumber: 80\n\+ +portNumber: 8080$/m);
    expect((await diff("--exit-code")).code).toBe(1);
    const changes = JSON.parse((await diff("-o", "json", "--env", "prod")).stdout);
    expect(changes.map(({ path, change }: { path: string; change: string }) => [path, change])).toEqual([
      ["prod/envoyfilter-shadow-host.yaml", "changed"],
      ["prod/telemetry-t.yaml", "added"],
    ]);
  });

  test("shows what would change in one file", async () => {
    await writeFile(file, text(80));
    const out = join(folder, "prod.yaml");
    await pwk("manifest", "--file", file, "--env", "prod", "--out", out);
    await writeFile(file, text(81));
    const { stdout } = await pwk("manifest", "--file", file, "--env", "prod", "--diff", out);
    expect(stdout).toMatch(/^\+ +portNumber: 81$/m);
  });

  test("asks the user's kubectl about the cluster", async () => {
    await writeFile(file, text(80));
    const kubectl = join(folder, "kubectl");
    const asked = join(folder, "asked.yaml");
    const withExit = async (code: number) => {
      await writeFile(
        kubectl,
        `#!/bin/sh\ncat > '${asked}'\ntest ${code} = 1 && echo "+ $*"\necho "error: it is odd" >&2\nexit ${code}\n`,
      );
      await chmod(kubectl, 0o755);
      const env = { PATH: `${folder}${delimiter}${process.env.PATH}` };
      return run(["manifest", "--file", file, "--env", "prod", "--diff", "cluster", "--exit-code"], { env });
    };
    expect(await withExit(1)).toEqual({
      ...{
        code: 1,
        stdout: expect.stringMatching(/^\+ diff --server-side --force-conflicts --filename - /),
        stderr: "",
      },
    });
    const kinds = parseAllDocuments(await readFile(asked, "utf8")).map((document) => document.get("kind"));
    expect(kinds).toEqual(["EnvoyFilter", "Telemetry"]);
    expect(await withExit(0)).toEqual({ code: 0, stdout: "nothing would change\n", stderr: "" });
    expect(await withExit(2)).toMatchObject({
      code: 1,
      stderr: "pwk: --diff cluster: it is odd\n",
    });
  });

  test.each([
    [["--diff", "none"], "--diff: none: expected a file or folder that pwk manifest has written, found none"],
    [["--diff", "none", "--out", "x"], "--diff: writes nothing; leave --out away"],
    [["--exit-code"], "--exit-code: is for --diff, found none"],
    [["--form", "helm"], "--form helm: is for a folder; expected --out or --diff with one"],
    [["--form", "helm", "--out", "x", "--env", "prod"], "--form helm: has all environments; leave --env away"],
  ])("refuses %j", async (args, message) => {
    await writeFile(file, text(80));
    expect(await pwk("manifest", "--file", file, ...args)).toEqual({
      code: 1,
      stdout: "",
      stderr: `pwk: ${message}\n`,
    });
  });
});
