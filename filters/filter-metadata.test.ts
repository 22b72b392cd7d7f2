/** Every filter has metadata that the manifests can be made with, and that fits what lies beside it. */
import { readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { needsWith, readFilterMetadata } from "@proxy-wasm-kit/deliver";
import { expect, test } from "vitest";
import { parse } from "yaml";

const folders = readdirSync("filters", { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? entry.name : [],
);

test.each(folders)("%s", async (name) => {
  const file = `filters/${name}/filter.yaml`;
  const metadata = readFilterMetadata(parse(await readFile(file, "utf8")), file);
  expect(metadata.name).toBe(name);
  const { properties } = JSON.parse(await readFile(`filters/${name}/${metadata.configuration}`, "utf8"));
  for (const { unless = {} } of metadata.needs ?? []) {
    for (const [key, value] of Object.entries(unless)) expect(properties[key].enum).toContain(value);
    expect(needsWith(metadata, unless)).toEqual([]);
  }
});
