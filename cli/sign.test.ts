/** `pwk sign`: what it signs is what the filter verifies; its errors say which option is at fault, and never a key. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { ManualClock } from "@proxy-wasm-kit/host";
import { type HeaderLine, hostEngine } from "@proxy-wasm-kit/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { canonicalSchemes, presets } from "./signing.ts";
import { pwk, run } from "./test/pwk.ts";

const wasm = "dist/hmac-auth.wasm";
const at = 1_700_000_000;
const text = "a key of the tests, long enough";
const keyOf = (scheme: string) =>
  ["standard-webhooks", "svix"].includes(scheme) ? "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" : text;
const origin = "https://hooks.example.com";
const path = "/hook?x=1";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pwk-sign-"));
});
afterAll(() => rm(folder, { recursive: true }));

interface Sent {
  readonly scheme: string;
  readonly headers: readonly HeaderLine[];
  readonly body: string;
  readonly method?: string;
}

/** What the filter says of it, with the clock at `at`. */
const verdict = ({ scheme, ...request }: Sent) =>
  verdictBy({ scheme, public_base_url: origin, keys: [{ value: keyOf(scheme) }] }, request);

async function verdictBy(rule: unknown, { headers, body, method = "POST" }: Omit<Sent, "scheme">) {
  const proxy = await hostEngine.start({
    filters: [{ name: "hmac-auth", wasm, configuration: { rules: [rule] } }],
    clock: new ManualClock(new Date(at * 1000)),
  });
  try {
    return (await proxy.send({ method, path, authority: "hooks.example.com", headers, body })).details;
  } finally {
    await proxy.close();
  }
}

/** What a shell gives to curl. */
async function sentBy(commandLine: string) {
  const script = `curl() { printf '%s\\0' "$@"; }\n${commandLine}`;
  const given = (await promisify(execFile)("bash", ["-c", script])).stdout.split("\0").slice(0, -1);
  const headers = given.flatMap((word, index): HeaderLine[] => {
    const [name = "", ...rest] = word.split(": ");
    return given[index - 1] === "-H" ? [[name, rest.join(": ")]] : [];
  });
  return { given, headers, body: given.at(-1) ?? "" };
}

const bodies: Readonly<Record<string, string>> = {
  twilio: "To=%2B1&From=a+b",
  linear: JSON.stringify({ webhookTimestamp: at * 1000 }),
};
const typeOf = (scheme: string) => (scheme === "twilio" ? "application/x-www-form-urlencoded" : "application/json");
const usual = (scheme: string) => ["--scheme", scheme, "--url", origin + path, "--now", String(at)];

describe("what it signs, the filter verifies", () => {
  test.each(presets)("%s", async (scheme) => {
    const body = bodies[scheme] ?? '{"it":"happened"}';
    const args = ["sign", ...usual(scheme), "--key", "env:THE_KEY", "--body", body];
    const { code, stdout, stderr } = await run(args, { env: { THE_KEY: keyOf(scheme) } });
    expect([code, stderr]).toEqual([0, ""]);
    const added = stdout
      .trimEnd()
      .split("\n")
      .map((line): HeaderLine => {
        const [name = "", ...rest] = line.split(": ");
        return [name, rest.join(": ")];
      });
    const headers: HeaderLine[] = [["content-type", typeOf(scheme)], ...added];
    expect(await verdict({ scheme, headers, body })).toBe("via_upstream");
    const changed = { scheme, headers, body: body.replace(/[ab1]/, "c") };
    expect(await verdict(changed)).toMatch(/^hmac_auth:(signature_mismatch|missing_timestamp)/);
  });

  test.each(canonicalSchemes)("%s, by its consumer", async (scheme) => {
    const given = ["--header", "Date: Thu, 01 Jan 1970 00:00:00 GMT", "--header", "x-a: 1"];
    const scope = scheme === "aws-sigv4" ? { region: "eu-central-1", service: "execute-api" } : {};
    const options = Object.entries(scope).flatMap(([name, value]) => [`--${name}`, value]);
    const args = [...usual(scheme), "--id", "k-alice", "--key", `value:${text}`, "--body", "{}", ...given, ...options];
    const { stdout } = await pwk("sign", ...args, "--curl");
    const { headers, body } = await sentBy(stdout);
    expect(headers).toContainEqual(["x-a", "1"]);
    const rule = { scheme, ...scope, consumers: [{ name: "alice", key_id: "k-alice", keys: [{ value: text }] }] };
    expect(await verdictBy(rule, { headers, body })).toBe("via_upstream");
    expect(await verdictBy(rule, { headers, body: "{ }" })).toBe("hmac_auth:digest_mismatch");
  });

  test("as a command line of curl, quoted for a shell", async () => {
    const body = `it's "$HOME" \`x\`\n`;
    const args = ["--key", `value:${text}`, "--body", body, "--method", "PUT", "--header", "X-A: it's"];
    const { stdout } = await pwk("sign", ...usual("hubspot-v3"), ...args, "--curl");
    const { given, headers } = await sentBy(stdout);
    expect(given).toEqual(expect.arrayContaining(["-X", "PUT", origin + path, "--data-raw", body, "x-a: it's"]));
    expect(await verdict({ scheme: "hubspot-v3", headers, body, method: "PUT" })).toBe("via_upstream");
  });

  test("as JSON, with the bytes of a file, the key in another file", async () => {
    await writeFile(join(folder, "key"), `${Buffer.from(text).toString("hex")}\n`);
    await writeFile(join(folder, "body"), Uint8Array.of(0, 255));
    const files = ["--key", `file:${join(folder, "key")}`, "--body", `@${join(folder, "body")}`];
    const args = ["sign", ...usual("github"), ...files, "--key-encoding", "hex", "-o", "json"];
    // printf '\0\377' | openssl dgst -sha256 -hmac 'a key of the tests, long enough'
    const mac = "edd1d89795cf1f56418f808616a7e332a3f6ecd6d00c1223aca3051530ef0561";
    expect(JSON.parse((await pwk(...args)).stdout)).toEqual({
      scheme: "github",
      method: "POST",
      url: origin + path,
      headers: [["x-hub-signature-256", `sha256=${mac}`]],
    });
  });

  test("bodies above the buffers of a proxy", async () => {
    await writeFile(join(folder, "large"), Buffer.alloc(3_000_000, "x"));
    const { code } = await pwk("sign", ...usual("github"), "--key", `value:${text}`, "--body", `@${folder}/large`);
    expect(code).toBe(0);
  });
});

test("its schemes are those of the filter", async () => {
  const { $defs } = JSON.parse(await readFile("filters/hmac-auth/config.schema.json", "utf8"));
  expect(presets).toEqual($defs.templateRule.properties.scheme.oneOf[0].enum);
  const canonical = [...$defs.canonicalRule.properties.scheme.enum, $defs.awsRule.properties.scheme.const];
  expect([...canonicalSchemes].sort()).toEqual(canonical.sort());
});

describe("it says which option is at fault, and never a key", () => {
  const key = ["--key", "value:secret-text, long enough"];
  const body = ["--body", "{}"];
  test.each([
    [["--scheme", "nope", ...key, ...body], 2, /--scheme.*'nope' is invalid\. Allowed choices are github, .*aws-sigv4/],
    [[...key, ...body], 2, /required option '--scheme <name>' not specified/],
    [["--scheme", "github", ...body], 2, /required option '--key <source>' not specified/],
    [["--scheme", "github", "--key", "secret-text", ...body], 1, /--key: expected env:NAME, file:PATH or value:TEXT/],
    [["--scheme", "github", "--key", "env:NO_SUCH", ...body], 1, /--key: the environment has no NO_SUCH/],
    [["--scheme", "github", "--key", "file:nowhere", ...body], 1, /--key: nowhere cannot be read/],
    [["--scheme", "github", "--key", "value: ", ...body], 1, /--key: expected a key, found an empty or blank one/],
    [["--scheme", "github", ...key, "--key-encoding", "hex", ...body], 1, /--key: expected/],
    [["--scheme", "github", ...key, "--key-encoding", "rot13", ...body], 2, /Allowed choices are utf8/],
    [["--scheme", "svix", "--key", "value:whpk_secret-text", ...body], 1, /--key: .* of another kind/],
    [["--scheme", "github", ...key, "--body", "@nowhere"], 1, /--body: nowhere cannot be read/],
    [["--scheme", "github", ...key], 1, /github: the request cannot be signed \(empty_body\): give the body/],
    [
      ["--scheme", "linear", ...key, ...body],
      1,
      /linear: .* \((missing|malformed)_timestamp\): the time is in the body/,
    ],
    [["--scheme", "twilio", ...key, ...body, "--content-type", "text/x"], 1, /twilio needs bodySHA256/],
    [["--scheme", "github", ...key, ...body, "--url", "/x"], 2, /expected a URL such as/],
    [["--scheme", "github", ...key, ...body, "--now", "x"], 2, /expected a time such as/],
    [["--scheme", "github", ...key, ...body, "--header", "Host: x"], 1, /--header: the host is that of --url/],
    [["--scheme", "github", ...key, ...body, "--id", "x"], 1, /--id: github has none/],
    [["--scheme", "kong", ...key, ...body], 1, /--id: expected one, as kong needs it/],
    [["--scheme", "aws-sigv4", "--id", "x", ...key], 1, /--region: expected one/],
    [["--scheme", "github", ...key, ...body, "--module", "no.wasm"], 1, /--module: no\.wasm cannot be read.*pwk build/],
  ])("%j", async (args, code, message) => {
    const outcome = await pwk("sign", ...args);
    expect([outcome.code, outcome.stdout]).toEqual([code, ""]);
    expect(outcome.stderr).toMatch(message);
    expect(outcome.stderr).not.toContain("secret-text");
    expect(outcome.stderr).not.toMatch(/^\s+at /m);
  });

  test("a short key is warned of", async () => {
    const { code, stderr } = await pwk("sign", "--scheme", "github", "--key", "value:short", ...body);
    expect([code, stderr]).toEqual([0, "pwk: --key: it has less than 16 bytes\n"]);
  });
});
