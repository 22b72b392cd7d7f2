/** Projects of `pwk init` with the packages as they would be published: installed, tested, built, and clean to an editor. */
import { execFile } from "node:child_process";
import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { findEnvoy } from "@proxy-wasm-kit/envoy";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const execute = promisify(execFile);
/** What runs the projects: npm, pwk, vitest and asc. */
const node = resolve(process.env.PWK_NODE || process.execPath);
const envoy = await findEnvoy().catch(() => null);
let folder: string;

/** With what it printed in the error when it fails. */
const run = async (cwd: string, program: string, ...args: string[]): Promise<string> => {
  // That of the npm that runs this test says where its workspace is.
  const own = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|NODE_OPTIONS|VITEST|PWK_ENGINE|INIT_CWD)/.test(name),
  );
  const env = {
    ...Object.fromEntries(own),
    PATH: `${dirname(node)}${delimiter}${process.env.PATH}`,
    ...{ API_KEY: "x", NO_COLOR: "1", npm_config_loglevel: "error" },
  };
  try {
    const { stdout, stderr } = await execute(program, args, { cwd, env });
    return stdout + stderr;
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${program} ${args.join(" ")}\n${stdout}${stderr}`);
  }
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pwk-projects-"));
  const packed = JSON.parse(
    await run(
      ".",
      "npm",
      "pack",
      "--json",
      "--silent",
      "-w",
      "@proxy-wasm-kit/sdk",
      "-w",
      "proxy-wasm-kit",
      "--pack-destination",
      folder,
    ),
  ) as { name: string; filename: string }[];
  const first = join(folder, "first");
  await run(".", node, "cli/bin/pwk.mjs", "init", first);
  const file = join(first, "package.json");
  const manifest = JSON.parse(await readFile(file, "utf8")) as { devDependencies: Record<string, string> };
  for (const { name, filename } of packed) manifest.devDependencies[name] = `file:${join(folder, filename)}`;
  await writeFile(file, JSON.stringify(manifest));
  await run(first, "npm", "install", "--prefer-offline", "--no-audit", "--no-fund");
}, 300_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

test("projects run on the Node that is asked for", async () => {
  const { stdout } = await execute(node, ["--version"]);
  expect(await run(folder, "npm", "exec", "--offline", "-c", "node --version")).toBe(stdout);
});

describe.each(["http", "auth", "callout", "tcp", "attribute"])("%s", (template) => {
  const name = `my-${template}`;
  const project = () => join(folder, name);

  test("its own tests pass on every engine there is, with the command line that was installed", async () => {
    const pwk = join(folder, "first/node_modules/.bin/pwk");
    await run(folder, pwk, "init", name, "--template", template);
    await symlink(join(folder, "first/node_modules"), join(project(), "node_modules"));
    const output = await run(project(), "npm", "test");
    expect(output).toContain("engine host");
    expect(output.match(/Tests .* passed/g)).toHaveLength(envoy === null ? 1 : 2);
    expect(output).not.toMatch(/failed|skipped/);
    expect(await readdir(join(project(), "dist"))).toEqual([`${name}.wasm`]);
  }, 120_000);

  test("TypeScript finds nothing wrong, neither with the filter nor with its tests", async () => {
    const tsc = (project: string, cwd: string) =>
      execute(process.execPath, [resolve("node_modules/typescript/bin/tsc"), "--noEmit", "-p", project], { cwd }).then(
        ({ stdout }) => stdout,
        (error: { stdout: string }) => error.stdout,
      );
    // The SDK itself uses what only asc has; an editor shows the errors of open files.
    const errors = (await tsc("assembly", project())).split("\n").filter((line) => line.startsWith("assembly/"));
    expect(errors).toEqual([]);
    expect(await tsc(".", project())).toBe("");
  }, 60_000);

  test.skipIf(envoy === null)("Envoy takes its envoy.yaml", async () => {
    const text = await readFile(join(project(), "envoy.yaml"), "utf8");
    const file = join(project(), "validated.yaml");
    await writeFile(file, text.replace("/etc/pwk/dist", join(project(), "dist")));
    const output = await run(project(), envoy?.binary ?? "", "--mode", "validate", "--config-path", file);
    expect(output).toMatch(/configuration '.*' OK/);
  });
});

test("a module keeps the project's name in a folder of another", async () => {
  const other = join(folder, "checkout");
  await cp(join(folder, "my-http"), other, { recursive: true, verbatimSymlinks: true });
  await rm(join(other, "dist"), { recursive: true });
  await run(other, "npx", "pwk", "build");
  expect(await readdir(join(other, "dist"))).toEqual(["my-http.wasm"]);
}, 60_000);

test("npm create starts the same project", async () => {
  const kit = join(folder, "first/node_modules/proxy-wasm-kit");
  const { version, dependencies } = JSON.parse(await readFile("create/package.json", "utf8"));
  const installed = JSON.parse(await readFile(join(kit, "package.json"), "utf8")).version;
  expect([version, dependencies]).toEqual([installed, { "proxy-wasm-kit": installed }]);
  // Installed beside the packed one, as npm does it.
  const create = join(folder, "first/node_modules/create-proxy-wasm");
  await cp("create", create, { recursive: true });
  await run(folder, node, join(create, "create.mjs"), "my-created", "--template", "tcp");
  const filter = await readFile(join(folder, "my-created/assembly/index.ts"), "utf8");
  expect(filter).toContain('reader.finish("my-created")');
}, 60_000);

test("pwk test passes on the exit code, and names of files", async () => {
  const project = join(folder, "my-http");
  await writeFile(
    join(project, "test/wrong.test.ts"),
    'import { expect, test } from "vitest";\ntest("x", () => expect(process.env.PWK_ENGINE).toBe("envoy"));\n',
  );
  const pwk = (...args: string[]) => run(project, "npx", "pwk", "test", ...args);
  await expect(pwk("--engine", "host")).rejects.toThrow(/expected 'host' to be 'envoy'/);
  expect(await pwk("--engine", "host", "filter.test")).toMatch(/Tests .*3 passed/);
  expect(await pwk("--engine", "host", "filter.test", "--", "--reporter=json")).toContain('"numPassedTests":3');
}, 60_000);
