import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packTar } from "modern-tar";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readLayout, writeLayout } from "./layout.ts";
import { packageModule } from "./package.ts";
import { indexOf, moduleDigest, sampleModule } from "./test/sample.ts";

const image = await packageModule(sampleModule, { variant: "compat", abiVersion: "0.2.1" });
const other = await packageModule(sampleModule, { variant: "oci", abiVersion: "0.2.1" });
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pwk-layout-"));
});
afterAll(() => rm(folder, { recursive: true }));

test.each(["folder", "file.tar", "deep/er/folder"])("%s: what is written is read again", async (name) => {
  const path = join(folder, name);
  await writeLayout(path, image);
  const read = await readLayout(path);
  expect(read.digest).toBe(image.digest);
  expect([...read.blobs.keys()].sort()).toEqual([...image.blobs.keys()].sort());
});

test.each(["again", "again.tar"])("%s: an older image gives way, and nothing of it stays", async (name) => {
  const path = join(folder, "again", name);
  await writeLayout(path, image);
  await writeLayout(path, other);
  expect((await readLayout(path)).digest).toBe(other.digest);
  expect(await readdir(join(folder, "again"))).toContain(name);
  expect((await readdir(join(folder, "again"))).filter((file) => !/^again(\.tar)?$/.test(file))).toEqual([]);
  if (name === "again") expect(await readdir(join(path, "blobs/sha256"))).toHaveLength(other.blobs.size + 1);
});

test("a folder of someone's is left alone", async () => {
  const path = join(folder, "mine");
  await mkdir(path);
  await writeFile(join(path, "a.txt"), "a");
  await expect(writeLayout(path, image)).rejects.toThrow("expected an OCI image layout or nothing to be replaced");
  expect(await readdir(path)).toEqual(["a.txt"]);
  await expect(writeLayout(join(path, "a.txt", "b"), image)).rejects.toThrow(/b: cannot be written: /);
  await expect(readLayout(path)).rejects.toThrow("expected an OCI image layout");
});

test("a part that has changed is refused", async () => {
  const path = join(folder, "changed");
  await writeLayout(path, image);
  const blob = join(path, "blobs", moduleDigest(image).replace(":", "/"));
  const content = await readFile(blob);
  content[100] = (content[100] ?? 0) ^ 1;
  await writeFile(blob, content);
  await expect(readLayout(path)).rejects.toThrow(`expected content of digest ${moduleDigest(image)}`);
  await rm(blob);
  await expect(readLayout(path)).rejects.toThrow("expected an OCI image layout");
});

test("a layout of many images is refused", async () => {
  const path = join(folder, "many");
  await writeLayout(path, image);
  await writeFile(join(path, "index.json"), indexOf(image, ["linux", "amd64"], ["linux", "arm64"]));
  await expect(readLayout(path)).rejects.toThrow("expected the manifest of one image, found 2");
});

test("what is no tar, or one of something else, is refused", async () => {
  const path = join(folder, "no.tar");
  await writeFile(path, "no tar at all".repeat(100));
  await expect(readLayout(path)).rejects.toThrow("expected an OCI image layout");
  await writeFile(path, await packTar([{ header: { name: "a", size: 1, type: "file" }, body: "a" }]));
  await expect(readLayout(path)).rejects.toThrow("it has no oci-layout");
});
