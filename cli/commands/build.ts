/** `pwk build`: from a filter's folder to its module, by asc and the project's asconfig.json. */
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { basename, join, relative, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { Command } from "commander";
import { Failure, messageOf } from "../failure.ts";
import { bytes, type OutputFormat, outputOption, print } from "../print.ts";
import { withSourceMap } from "../source-map.ts";
import { writeWhole } from "../write-whole.ts";

interface BuildOptions {
  readonly target: string;
  readonly outDir: string;
  readonly coverage: boolean;
  readonly output: OutputFormat;
}

interface Built {
  readonly filter: string;
  readonly module: string;
  readonly bytes: number;
  readonly gzipBytes: number;
}

export const build = (): Command =>
  new Command("build")
    .description("Compile filters to Wasm with asc and the asconfig.json of this folder.")
    .argument("[filters...]", "folders with assembly/index.ts (default: this one, or every one in filters/)")
    .option("--target <name>", "target of asconfig.json", "release")
    .option("--out-dir <folder>", "where the modules go", "dist")
    .option("--coverage", "count what runs, for pwk coverage", false)
    .addOption(outputOption())
    .addHelpText("after", "\nExamples:\n  pwk build\n  pwk build --target debug --out-dir dist/debug filters/hmac-auth")
    .action(async (filters: string[], options: BuildOptions) => {
      await checkTarget(options.target);
      const built: Built[] = [];
      for (const filter of filters.length > 0 ? filters : await findFilters())
        built.push(await buildFilter(filter, options));
      print(options.output, built, asText);
    });

/** asc runs transforms of the command line before those of asconfig.json. */
const countStatements = ["--transform", "@proxy-wasm-kit/sdk/coverage"];

const entryOf = (filter: string) => join(filter, "assembly", "index.ts");

async function findFilters(): Promise<string[]> {
  if (existsSync(entryOf("."))) return ["."];
  const folders = existsSync("filters") ? (await readdir("filters")).sort().map((name) => join("filters", name)) : [];
  const filters = folders.filter((folder) => existsSync(entryOf(folder)));
  if (filters.length === 0)
    throw new Failure("expected a filter in this folder or in filters/, found no assembly/index.ts");
  return filters;
}

async function buildFilter(filter: string, { target, outDir, coverage }: BuildOptions): Promise<Built> {
  const entry = entryOf(filter);
  if (!existsSync(entry)) throw new Failure(`${entry}: expected the filter's entry file, found none`);
  const name = await nameOf(filter);
  const files = await compile(entry, `${name}.wasm`, ["--target", target, ...(coverage ? countStatements : [])]);
  for (const [file, content] of files) await writeWhole("--out-dir", join(outDir, file), content);
  const content = files.get(`${name}.wasm`) ?? new Uint8Array();
  const module = relative(".", join(outDir, `${name}.wasm`));
  return { filter, module, bytes: content.length, gzipBytes: gzipSync(content, { level: 9 }).length };
}

/** A package keeps its name wherever it is checked out; other filters are named as their folders. */
async function nameOf(filter: string): Promise<string> {
  const file = join(filter, "package.json");
  if (!existsSync(file)) return basename(resolve(filter));
  let name: unknown;
  try {
    ({ name } = JSON.parse(await readFile(file, "utf8")) as { name?: unknown });
  } catch (error) {
    throw new Failure(`${file}: expected JSON: ${messageOf(error)}`);
  }
  // Without the scope, which would be a folder.
  return typeof name === "string" && name !== "" ? basename(name) : basename(resolve(filter));
}

/** asc takes a target that is not there for one without options. */
async function checkTarget(target: string): Promise<void> {
  if (!existsSync("asconfig.json")) {
    throw new Failure("asconfig.json: expected asc's configuration in this folder, found none; run pwk at its root");
  }
  const { targets = {} } = JSON.parse(await readFile("asconfig.json", "utf8")) as { targets?: Record<string, unknown> };
  if (Object.hasOwn(targets, target)) return;
  throw new Failure(`--target: expected one of ${Object.keys(targets).join(", ")} (asconfig.json), found ${target}`);
}

/** Compiles; returns the files asc would write, by name. */
async function compile(entry: string, outFile: string, options: readonly string[]): Promise<Map<string, Uint8Array>> {
  // Loaded here because it is slow to load, and other commands do without it.
  const asc = await import("assemblyscript/asc");
  const files = new Map<string, Uint8Array>();
  const messages = asc.createMemoryStream();
  const { error } = await asc.main([relative(".", entry), "--outFile", outFile, ...options], {
    stdout: messages,
    stderr: messages,
    writeFile: (name: string, content: string | Uint8Array) => {
      files.set(name, typeof content === "string" ? new TextEncoder().encode(content) : content);
    },
  });
  if (error !== null) throw new Failure(`${entry}: asc found errors:\n${messages.toString().trim() || error.message}`);
  const [module, map] = [files.get(outFile), files.get(`${outFile}.map`)];
  if (module !== undefined && map !== undefined) {
    files.set(outFile, withSourceMap(module, map));
    files.delete(`${outFile}.map`);
  }
  return files;
}

function asText(built: readonly Built[]): string {
  const width = Math.max(...built.map(({ module }) => module.length));
  return built
    .map(({ module, bytes: size, gzipBytes }) => `${module.padEnd(width)}  ${bytes(size)}  (gzip ${bytes(gzipBytes)})`)
    .join("\n");
}
