/** The host in a browser: bundled without Node's modules, and behaving there as it does in Node. */
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { build } from "esbuild";
import { expect, test } from "vitest";
import { findChromium, withPage } from "./chromium.ts";
import { story } from "./story.ts";

const bundled = async (entry: string) => {
  const options = { bundle: true, platform: "browser", format: "esm", target: "es2023" } as const;
  const { outputFiles, warnings } = await build({ ...options, entryPoints: [entry], write: false, metafile: true });
  return { text: outputFiles[0]?.text ?? "", warnings };
};

test("the host bundles for browsers, with nothing left out and nothing of Node", async () => {
  const { text, warnings } = await bundled("host/index.ts");
  expect(warnings).toEqual([]);
  expect(text).not.toMatch(/\brequire\(|\bfrom ?"|\bimport\(|\bprocess\.(?!env\b)|\bBuffer\./);
});

const chromium = findChromium();
const isRequired = process.env.PWK_REQUIRE_BROWSER !== undefined;

test.skipIf(chromium === undefined && !isRequired)("hmac-auth in Chromium (apt install chromium)", async () => {
  if (chromium === undefined) throw new Error("Chromium is required here: install it, or name it in CHROMIUM");
  const wasm = await readFile("dist/hmac-auth.wasm");
  const { text } = await bundled("test/browser/page.ts");
  const files: Readonly<Record<string, readonly [type: string, content: string | Uint8Array]>> = {
    "/": ["text/html", '<!doctype html><meta charset="utf-8"><script type="module" src="/page.js"></script>'],
    "/page.js": ["text/javascript", text],
    "/filter.wasm": ["application/wasm", wasm],
  };
  let tell: (story: unknown) => void = () => {};
  const told = new Promise<unknown>((resolve) => {
    tell = resolve;
  });
  const server = createServer(async (request, response) => {
    if (request.method === "POST") {
      const pieces: Buffer[] = [];
      for await (const piece of request) pieces.push(piece);
      tell(JSON.parse(Buffer.concat(pieces).toString()));
    }
    const [type, content] = files[request.url ?? ""] ?? ["text/plain", ""];
    response.writeHead(200, { "content-type": type }).end(content);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    const { port } = server.address() as AddressInfo;
    const inBrowser = await withPage(chromium, `http://127.0.0.1:${port}/`, () => told);
    expect(inBrowser).toEqual(await story(wasm));
    const [answers] = inBrowser as unknown[];
    expect(answers).toMatchObject([{ status: 200 }, { status: 401 }, { status: 200 }]);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
