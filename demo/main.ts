/**
 * `npm start`: shows the whole way once. Builds nothing itself; runs hmac-auth in a real Envoy (the embedded host where
 * none can be had), sends real requests through it, prints what was expected and seen, writes the Istio manifest.
 * Exits 0 only if all is as expected.
 */
import { createHmac } from "node:crypto";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { envoyFilter, toYaml } from "@proxy-wasm-kit/deliver";
import { type Engine, type Exchange, envoyEngine, hostEngine, type ProxyRequest } from "@proxy-wasm-kit/testing";
import Table from "cli-table3";

const key = "It's a Secret to Everybody";
const header = "X-My-Hmac-Header-SHA256";
const manifestFile = "dist/manifests/hmac-auth.yaml";

const body = '{"action":"opened"}';
const mebibyte = new Uint8Array(1 << 20).fill(0x61);
const pieces = Array.from({ length: 16 }, (_, i) => mebibyte.subarray(i << 16, (i + 1) << 16));
const sign = (content: string | Uint8Array) => createHmac("sha256", key).update(content).digest("hex");

interface Step {
  readonly name: string;
  readonly request: ProxyRequest;
  readonly expected: string;
}

const post = (content: ProxyRequest["body"] & {}, signature?: string): ProxyRequest => ({
  method: "POST",
  path: "/hook",
  headers: signature === undefined ? [] : [[header, signature]],
  body: content,
});

const steps: readonly Step[] = [
  { name: "signed", request: post(body, sign(body)), expected: `200, upstream got ${body.length} bytes` },
  { name: "unsigned", request: post(body), expected: "401 hmac_auth:missing_signature, upstream saw nothing" },
  {
    name: "tampered",
    request: post(body.replace("opened", "closed"), sign(body)),
    expected: "401 hmac_auth:signature_mismatch, upstream saw nothing",
  },
  {
    name: "signed, 1 MiB in chunks",
    request: post(pieces, sign(mebibyte)),
    expected: "200, upstream got 1048576 bytes",
  },
];

async function chooseEngine(): Promise<Engine> {
  try {
    return await envoyEngine();
  } catch (error) {
    console.log(
      `No real Envoy here: ${error instanceof Error ? error.message : error}\nThe embedded host runs the filter instead.\n`,
    );
    return hostEngine;
  }
}

function seen({ status, outcome, details, upstream }: Exchange): string {
  const answer = outcome === "forwarded" ? `${status}` : `${status} ${details}`;
  return `${answer}, upstream ${upstream === null ? "saw nothing" : `got ${upstream.body.length} bytes`}`;
}

const engine = await chooseEngine();
console.log(`hmac-auth in ${engine.title}\n`);
const proxy = await engine.start({
  filters: [
    {
      name: "hmac-auth",
      wasm: "dist/hmac-auth.wasm",
      configuration: { signing_key_env: "HMAC_SIGNING_KEY", signature_header: header },
      environment: { HMAC_SIGNING_KEY: key },
    },
  ],
});
const table = new Table({ head: ["request", "expected", "seen", ""], style: { head: [], border: [] } });
let failures = 0;
try {
  for (const { name, request, expected } of steps) {
    const result = seen(await proxy.send(request));
    if (result !== expected) failures += 1;
    table.push([name, expected, result, result === expected ? "ok" : "DIFFERENT"]);
  }
} finally {
  await proxy.close();
}
console.log(table.toString());

const manifest = envoyFilter({
  name: "hmac-auth",
  namespace: "prod",
  selector: { app: "httpbin" },
  context: "SIDECAR_INBOUND",
  configuration: { signing_key_env: "HMAC_SIGNING_KEY", signature_header: header },
  hostEnvironment: ["HMAC_SIGNING_KEY"],
});
await mkdir("dist/manifests", { recursive: true });
await writeFile(`${manifestFile}.${process.pid}`, toYaml([manifest]));
await rename(`${manifestFile}.${process.pid}`, manifestFile);
console.log(`\nIstio manifest: ${manifestFile}`);
process.exitCode = failures === 0 ? 0 : 1;
