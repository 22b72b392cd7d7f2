/** What `pwk manifest` writes, before Istio's own validators. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { filesIn, isBuilt } from "@proxy-wasm-kit/istio";
import { expect, test } from "vitest";

const run = promisify(execFile);
const required = (process.env.PWK_REQUIRE_ENGINES ?? "").split(",").includes("istio");

test.skipIf(!isBuilt() && !required)("the generated EnvoyFilter passes istioctl validate and strictcheck", async () => {
  const { istioctl, strictcheck, crds } = filesIn();
  const folder = await mkdtemp(join(tmpdir(), "manifest-"));
  try {
    const config = join(folder, "config.yaml");
    const manifest = join(folder, "manifest.yaml");
    await writeFile(config, "signing_key_env: HMAC_KEY\nsignature_header: X-Signature\n");
    const where = ["--namespace", "prod", "--selector", "app=httpbin", "--selector", "version=1", "--port", "8080"];
    const how = ["--config", config, "--host-env", "HMAC_KEY", "--proxy-version", "^1\\.31", "--priority", "10"];
    await run(process.execPath, [
      "cli/bin/pwk.mjs",
      "manifest",
      "envoyfilter",
      "hmac-auth",
      ...where,
      ...how,
      "--out",
      manifest,
    ]);
    const { stdout, stderr } = await run(istioctl, ["validate", "-f", manifest]);
    // Each finding names its resource; one warning no EnvoyFilter can avoid.
    const findings = `${stdout}${stderr}`.split("\n").filter((line) => line.includes("EnvoyFilter/"));
    expect(findings.filter((line) => !line.includes("exposes internal implementation details"))).toEqual([]);
    // It ends with an error on any finding, which `run` passes on.
    await run(strictcheck, [crds, manifest]);
  } finally {
    await rm(folder, { recursive: true });
  }
});
