/** Filters whose root ID, needs and schema are known: those of this folder, and those that the command brings along. */
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import type { KnownFilter } from "@proxy-wasm-kit/check";
import { describeFilter, readyFilterNames } from "../filter.ts";

export async function knownFilters(): Promise<KnownFilter[]> {
  const here = existsSync("filter.yaml") ? ["."] : [];
  const inFolder = existsSync("filters") ? (await readdir("filters")).sort() : [];
  const names = new Set([
    ...here,
    ...inFolder.filter((name) => existsSync(`filters/${name}/filter.yaml`)),
    ...(await readyFilterNames()),
  ]);
  const filters: KnownFilter[] = [];
  for (const each of names) {
    const { name, filter, schema } = await describeFilter(each);
    const needs = filter?.needs ?? [];
    const given = typeof schema?.value === "object" && schema.value !== null ? { schema: schema.value } : {};
    filters.push({ name, rootId: filter?.rootId ?? name, needs, ...given });
  }
  return filters;
}
