/** The pages of hmac-auth's documentation are those that the sources make, and what they tell is true. */
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type HeaderLine, hostEngine } from "@proxy-wasm-kit/testing";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { pages } from "./pages.ts";

const folder = "docs/hmac-auth";
const all = await pages();
let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "pwk-docs-"));
});
afterAll(() => rm(scratch, { recursive: true }));

test.each([...all])("%s is up to date; else run npm run docs:hmac-auth", async (path, text) => {
  expect(await readFile(path, "utf8")).toBe(text);
});

test.each([...all])("%s has no hole", (_path, text) => {
  expect(text).not.toMatch(/\[object|undefined|NaN/);
});

test("no page is left of a scheme that is gone", async () => {
  expect((await readdir(folder)).map((name) => join(folder, name)).sort()).toEqual([...all.keys()].sort());
});

test("links lead to pages and headings that are there", async () => {
  const anchors = (text: string) => [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = ""]) => slug(title));
  for (const [path, text] of all) {
    for (const [, target = ""] of text.matchAll(/\]\(([^)]*)\)/g)) {
      if (/^https?:/.test(target)) continue;
      const [file = "", anchor] = target.split("#");
      const linked = await readFile(file === "" ? path : join(folder, file), "utf8");
      if (anchor !== undefined) expect(anchors(linked), `${path}: ${target}`).toContain(anchor);
    }
  }
});

const slug = (title: string) =>
  title
    .toLowerCase()
    .replace(/[^\w -]/g, "")
    .replaceAll(" ", "-");

const schema = JSON.parse(await readFile("filters/hmac-auth/config.schema.json", "utf8"));
const isConfiguration = new Ajv2020({ strict: true, strictRequired: false }).compile(schema);

/** A page's blocks, by what they are. */
function blocksOf(text: string) {
  const blocks = [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language, block = ""]) => ({
    language,
    block,
  }));
  const bash = (word: string) =>
    blocks.find(({ language, block }) => language === "bash" && block.includes(word))?.block;
  return {
    configuration: blocks.find(({ language }) => language === "yaml")?.block ?? "",
    manifest: bash("pwk manifest") ?? "",
    openssl: bash("openssl dgst") ?? "",
    sign: bash("pwk sign"),
  };
}

const key = (isBase64: boolean) =>
  isBase64 ? "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" : "a key of the documentation, long enough";

/** Runs a script in bash with the page's tools at hand: pwk is ours, and curl prints what it is given. */
async function bash(script: string, env: Readonly<Record<string, string>>): Promise<string> {
  const tools = `set -euo pipefail
    npx() { shift; ${process.execPath} cli/bin/pwk.mjs "$@"; }
    curl() { printf '%s\\0' "$@"; }\n`;
  return (await promisify(execFile)("bash", ["-c", tools + script], { env: { ...process.env, ...env } })).stdout;
}

/** The request that curl was told to send. */
function requestOf(said: string) {
  const words = said.split("\0").slice(0, -1);
  const headers: HeaderLine[] = [];
  let body = "";
  let url = new URL("http://nowhere");
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? "";
    if (word === "-H") {
      const [name = "", ...rest] = (words[++at] ?? "").split(": ");
      headers.push([name.toLowerCase(), rest.join(": ")]);
    } else if (word.startsWith("--data-")) body = words[++at] ?? "";
    else if (word.startsWith("https://")) url = new URL(word);
  }
  return { method: "POST", authority: url.host, path: url.pathname + url.search, headers, body };
}

const recipes = [...all].filter(([path]) => !/README|configuration/.test(path));
describe.each(recipes)("%s", (_path, text) => {
  const { configuration, manifest, openssl, sign } = blocksOf(text);
  const variable = /env: (\w+)/.exec(configuration)?.[1] ?? "";
  const env = { [variable]: key(text.includes("base64 -d")) };
  const config = parse(configuration);

  async function send(request: ReturnType<typeof requestOf>) {
    const filters = [{ name: "hmac-auth", wasm: "dist/hmac-auth.wasm", configuration: config, environment: env }];
    const proxy = await hostEngine.start({ filters });
    try {
      const { outcome, details } = await proxy.send(request);
      // The page tells to watch this counter.
      const counter = /`(hmac_auth\.key\.\S+)`/.exec(text)?.[1] ?? "";
      const counted = (await proxy.metrics())[counter];
      return `${outcome} ${details}${counted ? ", counted" : ""}`;
    } finally {
      await proxy.close();
    }
  }

  test("the configuration is what the schema describes", () => {
    expect(isConfiguration(config), JSON.stringify(isConfiguration.errors)).toBe(true);
  });

  test("the filter takes what openssl signs, and nothing else", async () => {
    const request = requestOf(await bash(openssl, env));
    expect(await send(request)).toBe("forwarded via_upstream, counted");
    expect(await send({ ...request, body: request.body.replace(/[7st]/, "8") })).toMatch(/^local hmac_auth:/);
    const wrong = requestOf(await bash(openssl, { [variable]: `${env[variable]?.slice(0, -1)}A` }));
    expect(await send(wrong)).toBe("local hmac_auth:signature_mismatch");
  });

  const [first] = config.rules;
  if (first.action !== undefined) {
    test("a handshake passes, other methods do not", async () => {
      const unsigned = { authority: "hooks.example.com", path: first.match.path, headers: [], body: "" };
      expect(await send({ ...unsigned, method: first.match.methods?.[0] })).toBe("forwarded via_upstream");
      expect(await send({ ...unsigned, method: "POST" })).toBe("local hmac_auth:missing_signature");
    });
  }

  test("the manifest is made", async () => {
    const config = join(scratch, "hmac-auth.yaml");
    await writeFile(config, configuration);
    const script = manifest.replace("hmac-auth.yaml", config).replace(/ > \S+/, "");
    const resource = parse(await bash(script, {}));
    expect(resource.kind).toBe("EnvoyFilter");
    expect(JSON.stringify(resource)).toContain(variable);
  });

  if (sign !== undefined) {
    test("the filter takes what pwk sign prints", async () => {
      const command = await bash(sign, env);
      expect(command).not.toContain(env[variable]);
      expect(await send(requestOf(await bash(command, {})))).toBe("forwarded via_upstream, counted");
    });
  }
});
