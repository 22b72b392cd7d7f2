/** Lines and columns of what is wrong in a file. */
import { InvalidEntry, type InvalidPlan } from "@proxy-wasm-kit/deliver";
import { isAlias, isMap, isPair, isScalar, isSeq, type Node } from "yaml";
import type { YamlFile } from "../configuration.ts";
import { Failure } from "../failure.ts";

/** "pwk.yaml, line 3, column 5", of the first path that the file has, else of the nearest above it. */
export function placeOf(file: YamlFile, paths: readonly string[]): string {
  const found = paths.map((path) => find(file, path));
  const offset = found.find(({ isWhole }) => isWhole)?.offset ?? found[0]?.offset ?? 0;
  const { line, col } = file.lines.linePos(offset);
  return `${file.name}, line ${Math.max(line, 1)}, column ${Math.max(col, 1)}`;
}

/** The problems of a plan with the places of what the file says of it. */
export function inFile(file: YamlFile, error: InvalidPlan, environment: string | null): Failure {
  const of = environment === null ? "" : ` (environment ${environment})`;
  const lines = error.problems.map((problem) => {
    const [, path = "", text = ""] = /^(\/[^:]*|): (.*)$/s.exec(problem) ?? [null, "", problem];
    const full = error instanceof InvalidEntry ? entryPath(file, error.at, path) : path;
    return `${placeOf(file, [full])}: ${full}: ${text}${of}`;
  });
  return new Failure(lines.join("\n"));
}

/** Where the entry's setting stands: nearest first, and the entry itself for what stands nowhere. */
function entryPath(file: YamlFile, at: readonly string[], path: string): string {
  const shared = at.find((layer) => /^\/[a-zA-Z]+\/\d+$/.test(layer)) ?? at.at(-1) ?? "";
  const top = /^\/[^/]+/.exec(path)?.[0] ?? "";
  const isThere = (wanted: string) => at.toReversed().find((layer) => find(file, `${layer}${wanted}`).isWhole);
  return `${isThere(path) ?? isThere(top) ?? shared}${path}`;
}

interface Found {
  readonly offset: number;
  readonly isWhole: boolean;
}

/** Follows a path whose keys may have slashes, escaped or not. */
function find({ document }: YamlFile, path: string): Found {
  let node: unknown = document.contents;
  let offset = offsetOf(node) ?? 0;
  let rest = path;
  while (rest !== "") {
    if (isAlias(node)) node = node.resolve(document);
    const step = isMap(node) ? inMap(node.items, rest) : isSeq(node) ? inList(node.items, rest) : undefined;
    if (step === undefined) return { offset, isWhole: false };
    offset = step.offset ?? offset;
    node = step.node;
    rest = step.rest;
  }
  return { offset, isWhole: true };
}

function inMap(items: readonly unknown[], path: string) {
  for (const pair of items) {
    if (!isPair(pair) || !isScalar(pair.key)) continue;
    const key = String(pair.key.value);
    const written = [key, key.replaceAll("~", "~0").replaceAll("/", "~1")].find(
      (each) => path === `/${each}` || path.startsWith(`/${each}/`),
    );
    if (written === undefined) continue;
    return { node: pair.value, offset: offsetOf(pair.key), rest: path.slice(written.length + 1) };
  }
  return undefined;
}

function inList(items: readonly unknown[], path: string) {
  const [all = "", index = ""] = /^\/(\d+)(?=\/|$)/.exec(path) ?? [];
  const node = items[Number(index)];
  return all === "" || node === undefined ? undefined : { node, offset: offsetOf(node), rest: path.slice(all.length) };
}

const offsetOf = (node: unknown): number | undefined => (node as Node | null)?.range?.[0];
