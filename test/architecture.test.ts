/** Which folder may import which, and what keeps the host fit for a browser. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect, test } from "vitest";

/** Our folders that the files of a folder may import, besides their own. Test files may import more: they prove things. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  sdk: [],
  filters: ["sdk"],
  examples: ["sdk"],
  host: [],
  envoy: [],
  testing: ["host", "envoy"],
  deliver: [],
  registry: [],
  check: ["host"],
  istio: ["envoy"],
  cli: ["host", "envoy", "testing", "deliver", "registry", "check", "istio"],
  demo: ["testing", "deliver"],
  bench: ["sdk", "envoy"],
  test: ["sdk", "host", "envoy", "testing", "deliver", "registry", "check", "istio"],
};

const packages: Readonly<Record<string, string>> = {
  "@proxy-wasm-kit/sdk": "sdk",
  "@proxy-wasm-kit/proxy-runtime": "sdk",
  "@solo-io/proxy-runtime": "sdk",
  "@proxy-wasm-kit/host": "host",
  "@proxy-wasm-kit/envoy": "envoy",
  "@proxy-wasm-kit/testing": "testing",
  "@proxy-wasm-kit/deliver": "deliver",
  "@proxy-wasm-kit/registry": "registry",
  "@proxy-wasm-kit/check": "check",
  "@proxy-wasm-kit/istio": "istio",
  "proxy-wasm-kit": "cli",
};

interface Import {
  readonly file: string;
  readonly specifier: string;
}

function importsOf(folder: string): Import[] {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    // Templates are projects of their own.
    .filter((file) => /\.(ts|mjs)$/.test(file) && !/(^|\/)(node_modules|dist|templates)\//.test(file));
  return files.flatMap((file) => {
    const text = readFileSync(file, "utf8");
    const found = text.matchAll(/^\s*(?:import|export)\b[^"';]*?(?:from\s*)?"([^"]+)"|\bimport\("([^"]+)"\)/gm);
    return [...found].map((match) => ({ file, specifier: match[1] ?? match[2] ?? "" }));
  });
}

/** The folder of ours that an import leads to; undefined for packages of others and for the file's own folder. */
function target({ file, specifier }: Import): string | undefined {
  const own = file.split("/")[0];
  const path = specifier.startsWith(".") ? normalize(join(dirname(file), specifier)) : undefined;
  const name = /^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? "";
  const folder = path === undefined ? packages[name] : path.split("/")[0];
  return folder === own || folder === ".." ? undefined : folder;
}

const isTest = ({ file }: Import) => /\.test\.ts$|\/test\//.test(file);
const show = ({ file, specifier }: Import) => `${file} imports ${specifier}`;

test.each(Object.entries(allowed))("%s imports nothing of ours but: %j", (folder, others) => {
  const wrong = importsOf(folder)
    .filter((found) => !isTest(found))
    .filter((found) => {
      const to = target(found);
      return to !== undefined && !others.includes(to);
    });
  expect(wrong.map(show)).toEqual([]);
});

test("folders are imported through their index, not past it", () => {
  const deep = Object.keys(allowed)
    .flatMap(importsOf)
    .filter(({ specifier }) => /^@proxy-wasm-kit\/(?!sdk|istio\/go-build$)[^/]+\/./.test(specifier))
    .concat(
      Object.keys(allowed)
        .flatMap(importsOf)
        .filter((found) => !isTest(found) && found.specifier.startsWith("..") && target(found)),
    );
  expect(deep.map(show)).toEqual([]);
});

test("one filter does not import another", () => {
  const wrong = importsOf("filters").filter(
    ({ file, specifier }) =>
      specifier.startsWith(".") &&
      !normalize(join(dirname(file), specifier)).startsWith(file.split("/").slice(0, 2).join("/")),
  );
  expect(wrong.map(show)).toEqual([]);
});

test("the host needs no Node module", () => {
  const wrong = importsOf("host").filter(
    (found) => !isTest(found) && !found.file.startsWith("host/node/") && /^node:/.test(found.specifier),
  );
  expect(wrong.map(show)).toEqual([]);
});
