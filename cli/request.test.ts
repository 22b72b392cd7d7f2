/** `pwk request` as what tests hmac-auth from outside: every way to give a configuration, a body, a time and a key. */
import { createHmac } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pwk, run } from "./test/pwk.ts";

const wasm = "dist/hmac-auth.wasm";
const key = "a key of the tests, long enough";
const hex = (text: string | Uint8Array) => createHmac("sha256", key).update(text).digest("hex");
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pwk-request-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(name: string, content: string | Uint8Array): Promise<string> {
  await writeFile(join(folder, name), content);
  return join(folder, name);
}

async function request(...args: string[]) {
  const { code, stdout, stderr } = await pwk("request", wasm, ...args, "-o", "json");
  expect(stderr).toBe("");
  return { code, ...JSON.parse(stdout) };
}

const fields = { signing_key: key, signature_header: "x-signature" };
const json = JSON.stringify(fields);
const signed = ["-H", `x-signature: ${hex("hello")}`, "--data-binary", "hello"];

describe("a configuration is", () => {
  const ways: Readonly<Record<string, () => Promise<string>>> = {
    "JSON text": async () => json,
    "YAML text": async () => `signing_key: ${key}\nsignature_header: x-signature\n`,
    "a JSON file": () => file("a.json", json),
    "a file behind @": async () => `@${await file("b.json", json)}`,
    "a YAML file": () => file("c.yaml", `signing_key: ${key} # comment\nsignature_header: x-signature\n`),
    "a YAML file in JSON's brackets": () => file("d.yml", `{signing_key: "${key}", signature_header: x-signature}`),
    "a file of any name, with a blank in it": () => file("my config", json),
  };
  test.each(Object.entries(ways))("%s", async (_name, way) => {
    expect(await request("--config", await way(), ...signed)).toMatchObject({ code: 0, outcome: "forwarded" });
  });

  test("standard input", async () => {
    const { stdout } = await run(["request", wasm, "--config", "-", ...signed, "-o", "json"], { input: json });
    expect(JSON.parse(stdout)).toMatchObject({ outcome: "forwarded" });
  });

  test("the full form", async () => {
    const rules = [
      { match: { path_prefix: "/open/" }, action: "allow" },
      { scheme: "github", keys: [{ env: "GITHUB_SECRET" }] },
    ];
    const common = ["--config", JSON.stringify({ rules }), "--env", `GITHUB_SECRET=${key}`, "--data-binary", "hello"];
    const line = `X-Hub-Signature-256: sha256=${hex("hello")}`;
    expect(await request("/hook", ...common, "-H", line)).toMatchObject({ outcome: "forwarded" });
    expect(await request("/hook", ...common)).toMatchObject({ details: "hmac_auth:missing_signature", status: 401 });
    expect(await request("/open/x", ...common)).toMatchObject({ outcome: "forwarded" });
  });

  const broken: Readonly<Record<string, () => Promise<string>>> = {
    "JSON text": async () => '{"signing_key": "secret-text"',
    "JSON with a comma too many": async () => '{"signing_key": "secret-text", "signature_header": "x",}',
    "a JSON file": () => file("broken.json", "secret-text"),
    "a file that begins as JSON": () => file("broken", ' {"signing_key"'),
    "JSON that is no UTF-8": () => file("latin1.json", Buffer.from('{"signing_key": "\xff"}', "latin1")),
    "a list": async () => "[1]",
    nothing: async () => "",
    "an empty file": () => file("empty.yaml", ""),
    "YAML that is one text": () => file("text.yaml", "secret-text\n"),
  };
  test.each(Object.entries(broken))("for the filter to refuse: %s", async (_name, way) => {
    const { code, outcome, configError } = await request("--config", await way(), ...signed);
    expect({ code, outcome }).toEqual({ code: 1, outcome: null });
    expect(configError).toMatch(/^hmac-auth: /);
    expect(configError).not.toContain("secret-text");
  });

  test.each([
    ["no-such.yaml", /--config: no-such\.yaml cannot be read/],
    ["@no such.yaml", /--config: no such\.yaml cannot be read/],
    ["signing_key: [secret-text", /--config, line 1, column \d+: expected YAML or JSON, found a mistake/],
  ])("not %j", async (text, message) => {
    const { code, stdout, stderr } = await pwk("request", wasm, "--config", text, "-o", "json");
    expect([code, stdout, stderr]).toEqual([1, "", expect.stringMatching(message)]);
    expect(stderr).not.toContain("secret-text");
  });
});

describe("the clock stands still", () => {
  const rule = { scheme: "stripe", keys: [{ value: key }] };
  const at = 1_700_000_000;
  const stripe = [
    ...["--config", JSON.stringify({ rules: [rule] }), "--data-binary", "{}"],
    ...["-H", `Stripe-Signature: t=${at},v1=${hex(`${at}.{}`)}`],
  ];
  test.each([
    [String(at + 300), "via_upstream"],
    [`${at + 300}.001`, "hmac_auth:timestamp_too_old"],
    [String(at - 300), "via_upstream"],
    [`${at - 301}.999`, "hmac_auth:timestamp_in_future"],
    [new Date((at + 300) * 1000).toISOString(), "via_upstream"],
    ["2023-11-14T23:18:20.001+01:00", "hmac_auth:timestamp_too_old"],
  ])("at %s: %s", async (now, details) => {
    expect(await request(...stripe, "--now", now)).toMatchObject({ details });
  });
});

describe("a request is sent as it is given", () => {
  test("headers keep their order, repeats and bytes", async () => {
    const lines = ["B: 1", "a: 2", "b: 3", "c:", "d: \t é\u00a0 "].flatMap((line) => ["-H", line]);
    const { upstream } = await request("--config", json, ...signed, ...lines);
    const sent = upstream.headers.filter(([name]: [string]) => /^[a-d]$/.test(name));
    expect(sent).toEqual([
      ["b", "1"],
      ["a", "2"],
      ["b", "3"],
      ["c", ""],
      ["d", "é\u00a0"],
    ]);
  });

  test("headers of a file, longer than a command line can be", async () => {
    const lines = await file("headers", `x-signature: ${"0".repeat(1_000_000)}\r\nx-other: 1\n`);
    const { details } = await request("--config", json, "-H", `@${lines}`, "--data-binary", "hello");
    expect(details).toMatch(/^hmac_auth:malformed_signature$/);
  });

  test("a body of bytes, in pieces, with trailers", async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    const body = ["--data-binary", `@${await file("bytes", bytes)}`, "--chunk", "1,5", "--trailer", "x-t: 1"];
    const result = await request("--config", json, "-H", `x-signature: ${hex(bytes)}`, ...body, "--trailer", "x-t: 2");
    expect(result).toMatchObject({
      outcome: "forwarded",
      upstream: {
        bodyBase64: Buffer.from(bytes).toString("base64"),
        trailers: [
          ["x-t", "1"],
          ["x-t", "2"],
        ],
      },
    });
    const pieces = result.callbacks.filter(({ name }: { name: string }) => name === "proxy_on_request_body");
    expect(pieces.map(({ arguments: [, size] }: { arguments: number[] }) => size).slice(0, 3)).toEqual([1, 6, 256]);
  });

  test.each([
    [["-H", "@nowhere"], 1, /-H: nowhere cannot be read/],
    [["--data-binary", "@nowhere"], 1, /--data-binary: nowhere cannot be read/],
    [["--trailer", "x"], 2, /expected "name: value"/],
    [["--chunk", "1,x"], 2, /expected whole numbers/],
    [["--chunk", ""], 2, /expected whole numbers/],
    [["--now", "12:00"], 2, /expected a time such as .*, or seconds since 1970/],
    [["--now", "-1"], 2, /expected a time such as/],
    [["--now", "99999999999999"], 2, /expected a time such as/],
    [["--env", "NAME"], 2, /expected "NAME=value"/],
    [["--env", "A=1", "--env", "A=2"], 2, /expected A once/],
  ])("but not with %j", async (args, code, message) => {
    const outcome = await pwk("request", wasm, ...args, "-o", "json");
    expect([outcome.code, outcome.stdout, outcome.stderr]).toEqual([code, "", expect.stringMatching(message)]);
    expect(outcome.stderr).not.toMatch(/^\s+at /m);
  });
});
