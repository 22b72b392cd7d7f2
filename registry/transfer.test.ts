/** What goes to a registry and comes from it, in which requests. */
import { afterEach, describe, expect, test } from "vitest";
import { mediaTypes } from "./image.ts";
import {
  cut,
  first,
  type Instead,
  sampleImage as image,
  named,
  plain,
  startRegistry,
  status,
} from "./test/memory-registry.ts";
import { indexOf, moduleDigest, refused } from "./test/sample.ts";
import { answer, type ScriptedServer, startServer } from "./test/scripted-server.ts";
import { type Progress, pull, push } from "./transfer.ts";

const layer = moduleDigest(image);
const layerBytes = image.blobs.get(layer) ?? new Uint8Array();
const servers: ScriptedServer[] = [];
afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())));

async function registry(instead?: Instead): Promise<ScriptedServer> {
  const server = await startRegistry(image, instead);
  servers.push(server);
  return server;
}

describe("push", () => {
  test("sends what is not there, and the manifest last", async () => {
    const { host, asked } = await registry();
    await push(named(host), image, plain);
    const methods = asked.map(({ method, url }) => `${method} ${url.replace(/sha256:.*/, "D")}`);
    const blob = ["HEAD /v2/filters/sample/blobs/D", "POST /v2/filters/sample/blobs/uploads/"];
    const upload = "PUT /v2/upload?state=a%2Fb%3D&digest=D";
    expect(methods).toEqual([...blob, upload, ...blob, upload, "PUT /v2/filters/sample/manifests/1"]);
    expect(asked.at(-1)?.body).toEqual(Buffer.from(image.manifest));
    expect(asked.at(-1)?.headers["content-type"]).toBe(mediaTypes.ociManifest);
    expect(asked.at(-2)?.headers["content-length"]).toBe(String(layerBytes.length));
    expect(asked.at(-2)?.body).toEqual(Buffer.from(layerBytes));
  });

  test("sends nothing twice", async () => {
    const { host, asked } = await registry();
    await push(named(host), image, plain);
    asked.length = 0;
    const told: Progress[] = [];
    await push(named(host, ":2"), image, { ...plain, onProgress: (progress) => told.push(progress) });
    expect(asked.map(({ method }) => method)).toEqual(["HEAD", "HEAD", "PUT"]);
    expect(told.map(({ kind }) => kind)).toEqual(["there", "there"]);
  });

  test("begins an upload anew when it fails, and waits as the registry asks", async () => {
    const pauses: number[] = [];
    const { host, asked } = await registry(
      first(/^PUT .*digest=/, status(503), status(429, { "retry-after": "7" }), cut),
    );
    const told: Progress[] = [];
    const pause = async (ms: number) => pauses.push(ms);
    await push(named(host), image, { ...plain, pause, onProgress: (progress) => told.push(progress) });
    expect(asked.filter(({ method }) => method === "POST")).toHaveLength(5);
    expect(pauses).toHaveLength(3);
    expect(pauses[0]).toBeGreaterThanOrEqual(500);
    expect(pauses[1]).toBe(7000);
    expect(told.filter(({ kind }) => kind === "retry")).toHaveLength(3);
  });

  test("gives up when it goes on, and when the wait would be long", async () => {
    const { host, asked } = await registry((_, response) => status(502)({} as never, response));
    await expect(push(named(host), image, plain)).rejects.toThrow("502 (tried 5 times)");
    expect(asked).toHaveLength(5);
    const busy = await registry(status(429, { "retry-after": "3600" }));
    await expect(push(named(busy.host), image, plain)).rejects.toThrow(
      "429: too many requests (it asks to wait for 3600 s)",
    );
  });

  test.each([
    ["a manifest", /manifests/],
    ["a blob", /^PUT .*digest=/],
  ])("%s that the registry stores as something else is a failure", async (_, matches) => {
    const other = status(201, { "docker-content-digest": `sha256:${"0".repeat(64)}` });
    const { host } = await registry(first(matches, other, other));
    await expect(push(named(host), image, plain)).rejects.toThrow(/expected the digest sha256:.*it has changed/);
  });

  test("what Istio would refuse never reaches the registry", async () => {
    const { host, asked } = await registry();
    for (const make of Object.values(refused))
      await expect(push(named(host), await make(), plain)).rejects.toThrow("expected");
    await expect(push(named(host, `@${image.digest}`), image, plain)).rejects.toThrow("expected a tag");
    await expect(push(named(host, `:1@sha256:${"0".repeat(64)}`), image, plain)).rejects.toThrow(
      "expected an image of",
    );
    expect(asked).toEqual([]);
  });
});

test("a registry that names no place for an upload is told so", async () => {
  for (const headers of [{}, { location: "http://" }]) {
    const { host } = await registry(first(/^POST/, status(202, headers)));
    await expect(push(named(host), image, plain)).rejects.toThrow("names no place for an upload");
  }
});

describe("pull", () => {
  test("gets the image by tag and by digest", async () => {
    const { host } = await registry();
    for (const rest of [":1", `@${image.digest}`]) {
      const pulled = await pull(named(host, rest), plain);
      expect(pulled.digest).toBe(image.digest);
      expect([...pulled.blobs.keys()]).toEqual([...image.blobs.keys()]);
    }
  });

  test("goes on where the connection broke", async () => {
    const half = Math.floor(layerBytes.length / 2);
    const { host, asked } = await registry(
      first(
        new RegExp(`GET .*${layer}`),
        (_, response) => {
          response.writeHead(200, { "content-length": String(layerBytes.length) });
          response.write(layerBytes.subarray(0, half), () => response.destroy());
          return true;
        },
        ({ headers }, response) => {
          const from = Number(/bytes=(\d+)-/.exec(headers.range ?? "")?.[1]);
          answer(response, 206, {}, layerBytes.subarray(from));
          return true;
        },
      ),
    );
    expect((await pull(named(host), plain)).digest).toBe(image.digest);
    expect(asked.at(-1)?.headers.range).toBe(`bytes=${half}-`);
  });

  test("begins anew where the registry cannot go on", async () => {
    const { host } = await registry(
      first(new RegExp(`GET .*${layer}`), (_, response) => {
        response.writeHead(200, { "content-length": String(layerBytes.length) });
        response.write(layerBytes.subarray(0, 10), () => response.destroy());
        return true;
      }),
    );
    expect((await pull(named(host), plain)).blobs.get(layer)).toEqual(Buffer.from(layerBytes));
  });

  test.each([
    ["a blob", new RegExp(`GET .*${layer}`), ":1", "x".repeat(layerBytes.length), "expected content of digest"],
    ["a longer blob", new RegExp(`GET .*${layer}`), ":1", "x".repeat(layerBytes.length + 1), "the registry sends more"],
    ["a shorter blob", new RegExp(`GET .*${layer}`), ":1", "x", `expected ${layerBytes.length} bytes, found 1`],
    ["a manifest by digest", /manifests/, `@${image.digest}`, "{}", "expected content of digest"],
    ["a manifest that is none", /manifests/, ":1", "{}", "/layers: expected the layers"],
    ["a manifest that is no JSON", /manifests/, ":1", "<html>", "expected a JSON object"],
  ])("%s that is not what it should be is refused", async (_, matches, rest, body, message) => {
    const { host } = await registry(first(matches, status(200, { "content-type": mediaTypes.ociManifest }, body)));
    await expect(pull(named(host, rest), plain)).rejects.toThrow(message);
  });

  test("of an index it takes linux/amd64, and says when there is none", async () => {
    const index = (...platforms: (readonly [string, string])[]): Instead =>
      first(/manifests\/1$/, (_, response) => {
        answer(response, 200, { "content-type": mediaTypes.ociIndex }, indexOf(image, ...platforms));
        return true;
      });
    const good = await registry(index(["linux", "arm64"], ["linux", "amd64"]));
    expect((await pull(named(good.host), plain)).digest).toBe(image.digest);
    expect(good.asked[1]?.url).toBe(`/v2/filters/sample/manifests/${image.digest}`);
    const bad = await registry(index(["wasi", "wasm"]));
    await expect(pull(named(bad.host), plain)).rejects.toThrow("expected an image for linux/amd64, found wasi/wasm");
  });

  test("a redirect to another host is followed without the credentials", async () => {
    const storage = await startServer((_, response) => answer(response, 200, {}, layerBytes));
    servers.push(storage);
    const { host, asked } = await registry((request, response) => {
      if (request.headers.authorization === undefined) {
        answer(response, 401, { "www-authenticate": 'Basic realm="x"' });
        return true;
      }
      if (!request.url.includes(layer)) return false;
      answer(response, 307, { location: `http://${storage.host}/blob?signature=x` });
      return true;
    });
    const credentials = async () => ({
      secret: { kind: "password", username: "me", password: "s3cret" } as const,
      source: "a test",
    });
    expect((await pull(named(host), { ...plain, credentials })).digest).toBe(image.digest);
    expect(asked.at(-1)?.headers.authorization).toMatch(/^Basic /);
    expect(storage.asked.map(({ headers }) => headers.authorization)).toEqual([undefined]);
  });
});
