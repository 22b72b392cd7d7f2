/** `pwk init`: where it writes, what it refuses, what it asks. Whether the projects work: test/projects. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { pinnedVersion } from "@proxy-wasm-kit/envoy";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parse } from "yaml";
import { pwk } from "../test/pwk.ts";
import { askTemplate } from "./ask.ts";
import { templates } from "./templates.ts";
import { writeProject } from "./write.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "pwk-init-"));
});
afterEach(() => rm(folder, { recursive: true }));

test.each(Object.keys(templates))("the template %s has its name everywhere, and no placeholder", async (template) => {
  const project = join(folder, "rate-guard");
  const { code, stdout } = await pwk("init", project, "--template", template, "--yes");
  expect([code, stdout]).toEqual([0, expect.stringContaining(`Next: cd ${project} && npm install && npm test`)]);
  const names = await readdir(project, { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  expect(files.map((file) => file.slice(project.length + 1)).sort()).toEqual([
    ".github/workflows/ci.yaml",
    ".gitignore",
    "README.md",
    "asconfig.json",
    "assembly/index.ts",
    "assembly/tsconfig.json",
    "compose.yaml",
    "config.schema.json",
    "envoy.yaml",
    ...(template === "tcp" ? [] : ["filter.yaml"]),
    "package.json",
    ...(template === "tcp" ? [] : ["pwk.yaml"]),
    "test/filter.test.ts",
    "tsconfig.json",
    "vitest.config.ts",
  ]);
  const text = (await Promise.all(files.map((file) => readFile(file, "utf8")))).join("\n");
  expect(text).not.toMatch(/my[-_]filter|ENVOY_VERSION/);
  expect(text).toContain(`envoyproxy/envoy:v${pinnedVersion}`);
  expect(await readdir(folder)).toEqual(["rate-guard"]);
  if (template === "tcp") return;
  const manifest = await pwk("manifest", "envoyfilter", project, "--namespace", "prod", "--selector", "app=web");
  expect([manifest.code, manifest.stdout]).toEqual([0, expect.stringContaining("root_id: rate-guard")]);
  const delivery = await pwk("manifest", "--file", join(project, "pwk.yaml"), "--env", "prod");
  expect([delivery.stderr, delivery.stdout]).toEqual([
    "",
    expect.stringContaining('"oci://registry.example/rate-guard:0.1.0"'),
  ]);
  const [{ configuration }] = parse(await readFile(join(project, "pwk.yaml"), "utf8")).filters;
  const schema = JSON.parse(await readFile(join(project, "config.schema.json"), "utf8"));
  expect(new Ajv2020().validate(schema, configuration)).toBe(true);
});

test("versions are exact, and those that this repository is tested with", async () => {
  await pwk("init", join(folder, "a"));
  const project = JSON.parse(await readFile(join(folder, "a/package.json"), "utf8"));
  const workspace = JSON.parse(await readFile("package.json", "utf8"));
  const { version } = JSON.parse(await readFile("sdk/package.json", "utf8"));
  expect(project.name).toBe("a");
  expect(project.devDependencies).toEqual({
    "@proxy-wasm-kit/sdk": version,
    "@types/node": workspace.devDependencies["@types/node"],
    assemblyscript: workspace.devDependencies.assemblyscript,
    "proxy-wasm-kit": version,
    vitest: workspace.devDependencies.vitest,
  });
});

test("an empty folder is used, and one with a file is left as it is", async () => {
  expect((await pwk("init", folder, "--name", "my-filter")).code).toBe(0);
  const before = await readdir(folder);
  const { code, stdout, stderr } = await pwk("init", folder, "--name", "my-filter");
  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr).toBe(
    `pwk: ${folder}: expected an empty folder, or none yet, found .github, .gitignore, README.md, ...\n`,
  );
  expect(await readdir(folder)).toEqual(before);
});

test("a file is no folder", async () => {
  await writeFile(join(folder, "taken"), "");
  const { code, stderr } = await pwk("init", join(folder, "taken"));
  expect([code, stderr]).toEqual([
    1,
    `pwk: ${join(folder, "taken")}: expected a folder, or nothing yet, found a file\n`,
  ]);
});

test.each([
  [["My Filter"], 1, /expected a folder named like my-filter, found My Filter; give the project's name with --name/],
  [["x", "--name", "a--b"], 2, /--name <name>' argument 'a--b' is invalid. expected small letters/],
  [["x", "--name", "../x"], 2, /is invalid/],
  [["x", "--template", "nope"], 2, /Allowed choices are http, auth, callout, tcp, attribute/],
  [[], 2, /missing required argument 'folder'/],
] as const)("init %j fails, says why, and writes nothing", async ([name, ...more], exitCode, message) => {
  const { code, stderr } = await pwk("init", ...(name === undefined ? [] : [join(folder, name)]), ...more);
  expect(stderr).toMatch(message);
  expect(code).toBe(exitCode);
  expect(await readdir(folder)).toEqual([]);
});

test("what fails half-way leaves nothing behind", async () => {
  const files = new Map([
    ["a", "1"],
    // A folder where there is a file.
    ["a/b", "2"],
  ]);
  const project = join(folder, "my-filter");
  await expect(writeProject(project, files)).rejects.toThrow(`${project}: the project cannot be written: `);
  expect(await readdir(folder)).toEqual([]);
  await mkdir(project);
  await expect(writeProject(project, files)).rejects.toThrow("cannot be written");
  expect([await readdir(folder), await readdir(project)]).toEqual([["my-filter"], []]);
});

test("asks until it gets a template", async () => {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const chosen = askTemplate(input, output);
  input.write("https\ntcp\n");
  expect(await chosen).toBe("tcp");
  expect(String(output.read())).toContain("expected one of http, auth, callout, tcp, attribute, found https");
});

test.each([
  ["an empty line is the first template", "\n", "http"],
  ["an end without an answer is none", "", null],
])("%s", async (_, text, template) => {
  const input = new PassThrough();
  const chosen = askTemplate(input, new PassThrough());
  input.end(text);
  expect(await chosen).toBe(template);
});
