import { expect, test } from "vitest";
import { mediaTypes } from "./image.ts";
import { moduleOf } from "./module.ts";
import { imageOf, notWasm, refused, sampleModule, unusual } from "./test/sample.ts";

// test/registry holds Istio's own fetcher against the same images.
test.each(Object.entries(unusual))("%s: the module is found", async (_, make) => {
  expect(Buffer.from(await moduleOf(await make()))).toEqual(Buffer.from(sampleModule));
});

test.each(Object.entries(refused))("%s: refused", async (_, make) => {
  await expect(moduleOf(await make())).rejects.toThrow(/^image: .*expected/);
});

test("what is no WebAssembly is refused", async () => {
  await expect(moduleOf(await notWasm())).rejects.toThrow("expected a WebAssembly module");
});

test("content that is not what the manifest names is refused", async () => {
  const image = imageOf(mediaTypes.ociManifest, [[mediaTypes.ociLayer, Uint8Array.of(1)]]);
  const changed = new Map([...image.blobs].map(([digest]) => [digest, Uint8Array.of(2)]));
  await expect(moduleOf({ ...image, blobs: changed })).rejects.toThrow("expected content of digest");
  await expect(moduleOf({ ...image, blobs: new Map() })).rejects.toThrow("found none");
});
