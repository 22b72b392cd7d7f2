/** The command line as a user meets it: the bundle, its output, its exit codes. `npm test` builds it before. */
import { spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { findEnvoy } from "@proxy-wasm-kit/envoy";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { type Outcome, pwk } from "./test/pwk.ts";

const wasm = "dist/hmac-auth.wasm";
const envoyMissing = await findEnvoy().then(
  () => false,
  () => true,
);
let folder: string;
let config: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pwk-"));
  config = join(folder, "config.yaml");
  await writeFile(config, "signing_key: It's a Secret to Everybody\nsignature_header: X-Hub-Signature-256\n");
});
afterAll(() => rm(folder, { recursive: true }));

const signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
const signed = ["-H", `X-Hub-Signature-256: ${signature}`, "--data-binary", "Hello, World!"];

describe("pwk request", () => {
  test("shows what came of a request", async () => {
    const { code, stdout } = await pwk("request", wasm, "--config", config, "--data-binary", "x");
    expect(code).toBe(0);
    expect(stdout).toContain("401 local (hmac_auth:missing_signature)");
    expect(stdout).toContain("upstream received nothing");
    expect(stdout).toMatch(/proxy_on_request_headers\(2, \d, 0\) = 1 StopIteration/);
  });

  const requests: Readonly<Record<string, readonly string[]>> = {
    "a signed body": [
      "https://hooks.example.com/github?x=1",
      ...signed,
      "-H",
      "X-A: 1",
      "-H",
      "x-a: 2",
      "-H",
      "X-B: é",
    ],
    "a body in pieces with a trailer": [...signed, "--chunk", "1,5", "--trailer", "x-t: 1"],
    "another method, path and host": ["/a/b?c=d", "-X", "PUT", "-H", "Host: other.example", ...signed],
    "HTTP/2": ["--http2", ...signed],
    "no body": [],
    "an empty body": ["--data-binary", ""],
    "a refused configuration": ["--root-id", "x", "--env", "A=b", "--config", "/dev/null"],
  };

  test.skipIf(envoyMissing).each(Object.entries(requests))(
    "gives the same JSON on both engines: %s",
    async (_name, args) => {
      const common = ["request", wasm, "--config", config, ...args, "-o", "json"];
      const [host, envoy] = await Promise.all([
        pwk(...common, "--engine", "host"),
        pwk(...common, "--engine", "envoy"),
      ]);
      // The engine's name, and how the body was cut, are the engine's own.
      const comparable = ({ stdout }: Outcome) => ({ ...JSON.parse(stdout), engine: null, callbacks: null });
      expect(comparable(host)).toEqual(comparable(envoy));
      expect(host.code).toBe(envoy.code);
    },
  );

  test("sends the bytes of a file, and shows bytes that are no text in base64", async () => {
    const bytes = Uint8Array.of(0, 255, 10);
    await writeFile(join(folder, "body"), bytes);
    const mac = createHmac("sha256", "It's a Secret to Everybody").update(bytes).digest("hex");
    const line = `X-Hub-Signature-256: ${mac}`;
    const args = ["--config", config, "-H", line, "--data-binary", `@${join(folder, "body")}`, "-o", "json"];
    expect(JSON.parse((await pwk("request", wasm, ...args)).stdout)).toMatchObject({
      outcome: "forwarded",
      upstream: { bodyBase64: "AP8K" },
    });
  });

  test("shows each call into the filter and out of it, as a tree", async () => {
    const { stdout } = await pwk("request", wasm, "--config", config, "--data-binary", "x", "--trace");
    const times = / {2}[\d.]+ µs$/gm;
    expect(stdout).toMatch(times);
    const tree = stdout.slice(stdout.indexOf("\ntrace\n")).replaceAll(times, "");
    expect(tree).toContain(
      "  hmac-auth#2 proxy_on_request_headers(headers: 6, end: false) → StopIteration\n" +
        "  ├─ proxy_get_header_map_pairs(map: RequestHeaders) → Ok pairs: {:authority: example.com, ",
    );
    expect(tree).toContain("proxy_send_local_response(status: 401, details: hmac_auth:missing_signature, ");
  });

  test.skipIf(envoyMissing)("shows what Envoy tells of calls", async () => {
    const args = ["request", wasm, "--config", config, "--data-binary", "x", "--trace", "--engine", "envoy"];
    const tree = (await pwk(...args)).stdout.split("\ntrace\n")[1];
    expect(tree).toMatch(/^ {2}#2 proxy_on_request_headers\(2, \d+, 0\) → StopIteration$/m);
    expect(tree).toMatch(/^ {2}└─ proxy_send_local_response\(401, [\d, ]+\) → Ok$/m);
  });

  test("gives calls as an array, and as JSON Lines beside the result", async () => {
    const args = ["request", wasm, "--config", config, "-o", "json"];
    const { trace } = JSON.parse((await pwk(...args, "--trace")).stdout);
    expect(trace).toContainEqual(expect.objectContaining({ name: "proxy_on_request_headers", kind: "callback" }));
    const apart = await pwk(...args, "--trace=json");
    expect(JSON.parse(apart.stdout)).not.toHaveProperty("trace");
    const lines = apart.stderr.trim().split("\n");
    expect(lines.map((line) => JSON.parse(line))).toContainEqual(
      expect.objectContaining({ depth: 1, kind: "hostCall", name: "proxy_send_local_response", result: "Ok" }),
    );
  });

  test("shows how a filter came to refuse its configuration", async () => {
    await writeFile(join(folder, "refused.yaml"), 'signing_key: ""\nsignature_header: x\n');
    const { stdout } = await pwk("request", wasm, "--config", join(folder, "refused.yaml"), "--trace");
    expect(stdout).toMatch(/hmac-auth#1 proxy_on_configure\(bytes: \d+\) → false/);
  });

  test("says why a filter refused its configuration, and exits with 1", async () => {
    await writeFile(join(folder, "bad.yaml"), 'signing_key: ""\nsignature_header: x\n');
    const { code, stdout } = await pwk("request", wasm, "--config", join(folder, "bad.yaml"), "-o", "json");
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      outcome: null,
      configError: "hmac-auth: /signing_key: expected a key, found an empty or blank one",
    });
  });

  test.each([
    [["request", "no.wasm"], 1, /module: no\.wasm cannot be read/],
    [["request", wasm, "--config", "no.yaml"], 1, /--config: no\.yaml cannot be read/],
    [["request", wasm, "-H", "nothing"], 2, /expected "name: value"/],
    [["request", wasm, "-H", ":path: /x"], 2, /expected the name of a header/],
    [["request", wasm, "-H", "x: 1\r\ny: 2"], 2, /expected one line/],
    [["request", wasm, "-X", "A B"], 2, /expected a method/],
    [["request", wasm, "--chunk", "0"], 2, /expected whole numbers from 1 on/],
    [["request", wasm, "--now", "yesterday"], 2, /expected a time such as/],
    [["request", wasm, "ftp://x"], 2, /expected a path/],
    [
      ["request", wasm, "--engine", "envoy", "--now", "2026-01-01T00:00:00Z"],
      1,
      /--now: only --engine host can set the clock/,
    ],
    [["request", wasm, "--engine", "nginx"], 2, /Allowed choices are host, envoy/],
    [["request"], 2, /missing required argument/],
    [["nothing"], 2, /unknown command/],
  ])("%j fails with %i and says why", async (args, code, message) => {
    const outcome = await pwk(...args);
    expect(outcome.stderr).toMatch(message);
    expect(outcome.stderr).not.toMatch(/^\s+at /m);
    expect(outcome.code).toBe(code);
  });

  test.each([
    "signing_key: [secret-text\n",
    "signing_key: !abc secret-text\n",
    "signing_key: |secret-text\n",
    "? {secret-text: 1}\n: x\n",
  ])("never shows the text of a configuration that cannot be read: %j", async (text) => {
    await writeFile(join(folder, "broken.yaml"), text);
    const { code, stdout, stderr } = await pwk("request", wasm, "--config", join(folder, "broken.yaml"));
    expect(code).toBe(1);
    expect(stderr).toMatch(/broken\.yaml.*: expected/);
    expect(stdout + stderr).not.toContain("secret-text");
  });

  test.each([
    ["a: .inf\n", "column 4: expected a number that JSON has"],
    ["a: 1e400\n", "column 4: expected a number that JSON has"],
    ["a: 9007199254740993\n", "column 4: expected a whole number of at most 53 bits"],
    ["012: a\n", "column 1: expected keys that are texts"],
    ["~: a\n", "column 1: expected keys that are texts"],
  ])("refuses YAML that would reach the filter as something else: %j", async (text, problem) => {
    await writeFile(join(folder, "other.yaml"), text);
    const { code, stderr } = await pwk("request", wasm, "--config", join(folder, "other.yaml"));
    expect([code, stderr]).toEqual([1, expect.stringContaining(`other.yaml, line 1, ${problem}`)]);
  });

  test("refuses a configuration that is no UTF-8", async () => {
    await writeFile(join(folder, "latin1.yaml"), Buffer.from("signing_key: k\xff\n", "latin1"));
    const { code, stderr } = await pwk("request", wasm, "--config", join(folder, "latin1.yaml"));
    expect([code, stderr]).toEqual([1, expect.stringContaining("expected UTF-8, found other bytes")]);
  });
});

describe("pwk bench", () => {
  test("tells what the requests came to, their time and the guest's memory", async () => {
    const args = ["bench", wasm, "--config", config, "-n", "50", ...signed];
    const { stdout, code } = await pwk(...args, "-o", "json");
    expect(code).toBe(0);
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({ requests: 50, statuses: { 200: 50 }, memoryBytes: 131072, memoryGrowthBytes: 0 });
    expect(result.nsPerRequest * result.requestsPerSecond).toBeCloseTo(1e9, -7);
    expect((await pwk(...args)).stdout).toMatch(
      /^50 requests through .*: 50 x 200\n[\d,]+ requests\/s, [\d,]+ ns each\n/,
    );
  });

  test("says what the filter said when it refuses its configuration", async () => {
    const { code, stderr } = await pwk("bench", wasm);
    expect(code).toBe(1);
    expect(stderr).toContain("proxy_on_configure returned false");
  });
});

describe("pwk inspect", () => {
  test("lists what a module is made of", async () => {
    const { stdout } = await pwk("inspect", wasm, "-o", "json");
    const inspection = JSON.parse(stdout);
    expect(inspection).toMatchObject({
      abiVersion: "0.2.1",
      callbacks: [
        "proxy_on_context_create",
        "proxy_on_configure",
        "proxy_on_tick",
        "proxy_on_request_headers",
        "proxy_on_request_body",
        "proxy_on_request_trailers",
        "proxy_on_response_headers",
        "proxy_on_delete",
      ],
    });
    expect(inspection.imports).toContain("env.proxy_log");
    expect(inspection.bytes).toBe((await readFile(wasm)).length);
  });

  test("hmac-auth is under 110 kB, with every scheme in it", async () => {
    expect(JSON.parse((await pwk("inspect", wasm, "-o", "json")).stdout).bytes).toBeLessThan(112_000);
  });

  test("shadow-host is under 24 kB", async () => {
    expect(JSON.parse((await pwk("inspect", "dist/shadow-host.wasm", "-o", "json")).stdout).bytes).toBeLessThan(24_000);
  });

  test("refuses what is no module", async () => {
    const { code, stderr } = await pwk("inspect", "README.md");
    expect([code, stderr]).toEqual([1, "pwk: README.md: expected a WebAssembly module, found something else\n"]);
  });
});

describe("pwk manifest", () => {
  const target = ["--namespace", "prod", "--selector", "app=httpbin"];

  test("prints the resource, as YAML or JSON", async () => {
    const args = ["manifest", "envoyfilter", "hmac-auth", ...target, "--config", config, "--context", "gateway"];
    const yaml = await pwk(...args);
    const json = await pwk(...args, "-o", "json");
    expect([parse(yaml.stdout)]).toEqual(JSON.parse(json.stdout));
    expect(yaml.stdout).toContain("allow_on_headers_stop_iteration: true");
    expect(yaml.stdout).toContain("context: GATEWAY");
  });

  test("writes a file whole or not at all", async () => {
    const out = join(folder, "out", "manifest.yaml");
    expect((await pwk("manifest", "envoyfilter", "hmac-auth", ...target, "--out", out)).code).toBe(0);
    expect(parse(await readFile(out, "utf8")).kind).toBe("EnvoyFilter");
    expect(await readdir(join(folder, "out"))).toEqual(["manifest.yaml"]);
    const { code, stderr } = await pwk("manifest", "envoyfilter", "hmac-auth", ...target, "--out", join(out, "x"));
    expect([code, stderr]).toEqual([1, expect.stringContaining("--out: ")]);
  });

  test("says what is wrong with a plan", async () => {
    const { code, stderr } = await pwk("manifest", "envoyfilter", "HMAC", ...target, "--port", "0");
    expect(code).toBe(1);
    expect(stderr).toBe(
      'pwk: manifest: /name: expected a DNS label (a-z, 0-9, -; at most 63 characters), found "HMAC"\n' +
        "manifest: /port: expected a port from 1 to 65535, found 0\n",
    );
  });
});

describe("pwk manifest, by target and source", () => {
  const target = ["--namespace", "prod", "--selector", "app=shop"];
  const url = ["--url", "oci://ghcr.io/me/shadow-host:1.0"];
  const wasm = "a.wasm";
  const inFolder = (args: readonly string[]) => args.map((arg) => (arg === wasm ? join(folder, wasm) : arg));
  beforeAll(() => writeFile(join(folder, wasm), Buffer.from("\0asm\x01\0\0\0")));

  test.each([
    [["envoyfilter", "shadow-host", ...target, ...url], "EnvoyFilter", 'uri: "oci://ghcr.io/me/shadow-host:1.0"'],
    [["envoyfilter", "shadow-host", ...target, "--inline", wasm], "EnvoyFilter", "AGFzbQEAAAA="],
    [["wasmplugin", "filters/shadow-host", ...target, ...url], "WasmPlugin", "phase: AUTHN"],
    [["trafficextension", "x", ...target, ...url, "--root-id", "y"], "TrafficExtension", "failStrategy: FAIL_CLOSE"],
    [["wasmplugin", "x", "--namespace", "a", "--target", "service/shop", ...url], "WasmPlugin", "kind: Service"],
    [
      ["extensionpolicy", "x", "--namespace", "a", "--target", "gateway/eg", ...url],
      "EnvoyExtensionPolicy",
      "name: eg",
    ],
    [["configmap", "hmac-auth", "--namespace", "prod", "--module", wasm], "ConfigMap", "AGFzbQEAAAA="],
    [["pod-patch", "a", "b", "--namespace", "prod", "--workload", "deployment/shop"], "Deployment", "userVolume:"],
    [
      ["pod-patch", "a", "--namespace", "a", "--workload", "daemonset/x", "--image", "i:1"],
      "DaemonSet",
      "emptyDir: {}",
    ],
    [
      [
        ...["pod-patch", "a", "b", "--namespace", "a", "--workload", "daemonset/x"],
        ...["--image", "i:1", "--image-path", "/{filter}.wasm"],
      ],
      "DaemonSet",
      "- /b.wasm",
    ],
    [
      ["pod-patch", "--namespace", "a", "--workload", "deployment/x", "--secret-env", "HMAC_KEY=webhook-keys/github"],
      "Deployment",
      "key: github",
    ],
    [
      ["pod-patch", "a", "--namespace", "a", "--workload", "deployment/x", "--gateway"],
      "Deployment",
      "mountPath: /var/local/wasm/a.wasm",
    ],
  ])("%j prints a %s", async (args, kind, line) => {
    const { stdout, stderr } = await pwk("manifest", ...inFolder(args));
    expect(stderr).toBe("");
    expect(parse(stdout).kind).toBe(kind);
    expect(stdout).toContain(line);
    expect([parse(stdout)]).toEqual(JSON.parse((await pwk("manifest", ...inFolder(args), "-o", "json")).stdout));
  });

  test("envoy prints a piece of Envoy's configuration", async () => {
    const { stdout } = await pwk("manifest", "envoy", "hmac-auth", "--config", config, "--module-path", "/etc/a.wasm");
    expect(parse(stdout).http_filters).toMatchObject([
      { name: "hmac-auth", typed_config: { config: { root_id: "hmac-auth" } } },
    ]);
  });

  test("a filter that needs what the target cannot say is refused, unless its configuration does without", async () => {
    const args = ["manifest", "wasmplugin", "hmac-auth", ...target, ...url];
    const { code, stderr } = await pwk(...args, "--config", config);
    expect([code, stderr]).toEqual([1, expect.stringContaining("use an EnvoyFilter")]);
    expect(stderr).toContain('or give it a configuration with "hold: body"');
    expect((await pwk(...args, "--config", '{"hold":"body"}')).code).toBe(0);
  });

  test.each([
    [["wasmplugin", "x", ...target, ...url, "--before", "a"], 1, "/before: is for EnvoyFilter; phase and priority say"],
    [["wasmplugin", "x", "--namespace", "a", ...url], 1, "--selector: expected one, or --target, found none"],
    [["wasmplugin", "x", ...target, "--target", "pod/a"], 2, "expected a kind and a name such as gateway/eg"],
    [["wasmplugin", "x", ...target, "--sha256", "a"], 1, "--sha256: is for a module that is fetched; expected --url"],
    [["envoyfilter", "x", ...target, ...url, "--inline", "a"], 1, "--url, --inline: expected one of them"],
    [["envoyfilter", "x", ...target, "--inline", "README.md"], 1, "README.md: expected a WebAssembly module"],
    [["envoyfilter", "sdk/", ...target], 1, "sdk/filter.yaml cannot be read"],
    [
      ["pod-patch", "a", "b", "--namespace", "a", "--workload", "daemonset/x", "--image", "i"],
      1,
      "expected {filter} in it, or in --image-path",
    ],
    [["pod-patch", "--namespace", "a", "--workload", "daemonset/x"], 1, "or --secret-env, found neither"],
  ])("%j fails with %i and says why", async (args, code, message) => {
    const outcome = await pwk("manifest", ...args);
    expect(outcome.stderr).toContain(message);
    expect([outcome.code, outcome.stdout]).toEqual([code, ""]);
  });
});

test.each(["KEY=open-sesame", "KEY=Open/sesame", "open-sesame", "1=open/sesame"])(
  "who types a secret in the place of its name never reads it again: %s",
  async (text) => {
    const place = ["--namespace", "a", "--workload", "deployment/x"];
    const { code, stdout, stderr } = await pwk("manifest", "pod-patch", ...place, "--secret-env", text);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain("--secret-env: expected NAME=secret/key");
    expect(stderr).not.toMatch(/sesame/);
  },
);

describe("pwk manifest mirror", () => {
  const target = ["--namespace", "prod", "--selector", "app=web", "--host", "shop.example:80"];
  const mirror = (...args: string[]) => pwk("manifest", "mirror", "shop", ...target, ...args);

  test("prints the resource", async () => {
    const { stdout } = await mirror("--to", "next.example:8080", "--percent", "12.5", "--replace", "-o", "json");
    const [resource] = JSON.parse(stdout);
    expect(resource.metadata).toEqual({ name: "shop", namespace: "prod" });
    const [{ match, patch }] = resource.spec.configPatches;
    expect([match.context, patch.operation]).toEqual(["SIDECAR_OUTBOUND", "MERGE_AND_REPLACE_LIST"]);
    expect(patch.value.route.request_mirror_policies).toEqual([
      expect.objectContaining({ cluster: "outbound|8080||next.example", disable_shadow_host_suffix_append: true }),
    ]);
  });

  test("says what is wrong", async () => {
    const { code, stderr } = await mirror("--to", "next.example:8080", "--percent", "101");
    expect([code, stderr]).toEqual([1, "pwk: manifest: /percent: expected a number from 0 to 100, found 101\n"]);
    expect((await mirror("--to", "next.example:80", "--percent", "much")).stderr).toContain("expected a number");
    expect((await mirror("--to", "next.example")).stderr).toContain("expected a host and port");
  });
});

describe("pwk manifest telemetry, pwk manifest stats-logger", () => {
  const target = ["--namespace", "prod", "--selector", "app=books"];

  test("have defaults for what Istio's documentation calls an operation", async () => {
    const telemetry = parse((await pwk("manifest", "telemetry", ...target)).stdout);
    expect(telemetry).toMatchObject({ kind: "Telemetry", metadata: { name: "request-operation", namespace: "prod" } });
    expect(telemetry.spec.metrics[0].overrides).toEqual([
      {
        match: { metric: "REQUEST_COUNT", mode: "SERVER" },
        tagOverrides: { request_operation: { operation: "UPSERT", value: "filter_state['wasm.istio_operationId']" } },
      },
    ]);
    const { stdout } = await pwk("manifest", "stats-logger", ...target, "-o", "json");
    expect(JSON.parse(stdout)).toMatchObject([{ kind: "EnvoyFilter", metadata: { name: "stats-logger" } }]);
  });

  test("take tags of one attribute or of several", async () => {
    const args = ["manifest", "stats-logger", "--plain", "--attribute", "a", "--tag", "x", "--tag", "y=b"];
    expect(parse((await pwk(...args)).stdout).access_log[0].typed_config.counters[0].stat.tags).toEqual([
      { name: "x", value_format: "%FILTER_STATE(wasm.a:PLAIN)%" },
      { name: "y", value_format: "%FILTER_STATE(wasm.b:PLAIN)%" },
    ]);
  });

  test.each([
    [["telemetry", ...target, "--metric", "REQUESTS"], 2, /expected one of ALL_METRICS, REQUEST_COUNT/],
    [["telemetry", ...target, "--tag", "a", "--tag", "a=b"], 2, /expected a once, found it twice/],
    [["telemetry", ...target, "--tag", "=a"], 2, /expected "name" or "name=attribute"/],
    [["telemetry", ...target, "--selector", "*"], 2, /expected labels, or '\*' alone/],
    [["telemetry", ...target, "--tag", "a-b"], 1, /^pwk: manifest: \/tags\/a-b: expected a tag's name/],
    [["telemetry", "--namespace", "prod"], 2, /--selector/],
    [["stats-logger", "--namespace", "prod"], 1, /^pwk: --selector: expected one, or --plain, found none/],
    [["stats-logger", "--plain", ...target], 1, /^pwk: --namespace: is for the EnvoyFilter, and --plain makes none/],
  ])("%j fails with %i and says why", async (args, code, message) => {
    const outcome = await pwk("manifest", ...args);
    expect(outcome.stderr).toMatch(message);
    expect([outcome.code, outcome.stdout]).toEqual([code, ""]);
  });
});

describe("pwk build", () => {
  test("shows asc's errors with their place, and leaves no file", async () => {
    const filter = join(folder, "broken");
    await mkdir(join(filter, "assembly"), { recursive: true });
    await writeFile(join(filter, "assembly", "index.ts"), "export function f(): i32 { return nothing; }\n");
    const { code, stderr } = await pwk("build", filter, "--out-dir", join(folder, "built"));
    expect(code).toBe(1);
    expect(stderr).toMatch(/TS2304: Cannot find name 'nothing'/);
    await expect(readdir(join(folder, "built"))).rejects.toThrow("ENOENT");
  });

  test("refuses a target that asconfig.json does not have", async () => {
    const { code, stderr } = await pwk("build", "--target", "nope", "--out-dir", join(folder, "built"));
    expect([code, stderr]).toEqual([
      1,
      "pwk: --target: expected one of release, scalar, debug (asconfig.json), found nope\n",
    ]);
  });

  test("says where it looked for a filter", async () => {
    const { code, stderr } = await pwk("build", join(folder, "nowhere"));
    expect([code, stderr]).toEqual([1, expect.stringContaining("expected the filter's entry file, found none")]);
  });
});

test("a reader that has gone is no error", async () => {
  const child = spawn(process.execPath, ["cli/bin/pwk.mjs", "inspect", wasm]);
  child.stdout.destroy();
  expect(await text(child.stderr)).toBe("");
});
