/** Runs what docker-compose.yaml says with the real Envoy and the same files, without a container engine. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { parse } from "yaml";
import { Admin, pinnedVersion } from "./index.ts";
import { isMissing, realEnvoy, title } from "./test/real-envoy.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const key = "the key of this test";
const run = promisify(execFile);

interface Service {
  readonly image: string;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly volumes: readonly string[];
  readonly ports?: readonly string[];
  readonly healthcheck: { readonly test: readonly string[] };
  readonly user: string;
  readonly read_only: boolean;
  readonly cap_drop: readonly string[];
  readonly security_opt: readonly string[];
}

const compose: { readonly services: { readonly envoy: Service; readonly upstream: Service } } = parse(
  await readFile(join(root, "docker-compose.yaml"), "utf8"),
);
const { envoy, upstream } = compose.services;

/** A path of a container, in the repository. */
function mounted(service: Service, path: string): string {
  for (const [source = "", target = ""] of service.volumes.map((volume) => volume.split(":"))) {
    if (path === target || path.startsWith(`${target}/`)) return join(root, source) + path.slice(target.length);
  }
  return path;
}

describe("docker-compose.yaml", () => {
  test("has the pinned Envoy", () => {
    expect(envoy.image).toBe(`envoyproxy/envoy:v${pinnedVersion}`);
  });

  test.each(Object.entries(compose.services))("gives %s nothing it does not need", (_name, service) => {
    expect(service).toMatchObject({ read_only: true, cap_drop: ["ALL"], security_opt: ["no-new-privileges:true"] });
    expect(service.user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    for (const volume of service.volumes) expect(volume).toMatch(/:ro$/);
    for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:/);
    expect(service.healthcheck.test[0]).toBe("CMD");
  });

  const cli = (process.env.PATH ?? "").split(delimiter).some((folder) => existsSync(join(folder, "docker-compose")));
  test.skipIf(!cli)(`is accepted by docker-compose${cli ? "" : " (which is not on the PATH)"}`, async () => {
    await run("docker-compose", ["--file", join(root, "docker-compose.yaml"), "config", "--quiet"]);
  });
});

describe.skipIf(isMissing)(`docker-compose.yaml on ${title}`, () => {
  const children: ChildProcess[] = [];
  let folder: string;
  let admin: Admin;
  let address: string;

  beforeAll(async () => {
    const module = mounted(envoy, "/etc/pwk/wasm/hmac-auth.wasm");
    expect(existsSync(module), `${module} exists; "npm run build" makes it`).toBe(true);
    folder = await mkdtemp(join(tmpdir(), "pwk-compose-"));
    const upstreamPort = await startUpstream();
    const configPath = await placeBootstrap(upstreamPort);
    const adminFile = join(folder, "admin");
    const args = envoy.command.map((argument) => (argument.endsWith(".yaml") ? configPath : argument));
    const variables = { HMAC_SIGNING_KEY: key };
    expect(Object.keys(envoy.environment)).toEqual(Object.keys(variables));
    children.push(
      spawn(realEnvoy().binary, [...args, "--admin-address-path", adminFile], { env: variables, stdio: "ignore" }),
    );
    admin = await vi.waitFor(async () => new Admin(await readFile(adminFile, "utf8")), { timeout: 20_000 });
    await vi.waitFor(async () => expect(await admin.isReady()).toBe(true), { timeout: 20_000 });
    address = `http://127.0.0.1:${await admin.port("http")}`;
  });

  afterAll(async () => {
    for (const child of children) {
      const ended = new Promise((resolve) => child.once("close", resolve));
      child.kill();
      await ended;
    }
    await rm(folder, { recursive: true });
  });

  /** The upstream's own command, on a free port. Returns the port. */
  async function startUpstream(): Promise<number> {
    const args = upstream.command.slice(1).map((argument) => mounted(upstream, argument));
    const env = { PORT: "0", HOST: "127.0.0.1" };
    const child = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "inherit"] });
    children.push(child);
    const [line] = await child.stdout.take(1).toArray();
    return Number(/port (\d+)/.exec(String(line))?.[1]);
  }

  /** The mounted bootstrap with the container's paths, host names and ports replaced, and nothing else. */
  async function placeBootstrap(upstreamPort: number): Promise<string> {
    const path = envoy.command[envoy.command.indexOf("--config-path") + 1] ?? "";
    const config = parse(await readFile(mounted(envoy, path), "utf8"), (name, value) => {
      if (name === "filename") return mounted(envoy, String(value));
      if (name === "address" && typeof value === "string") return "127.0.0.1";
      if (name === "port_value") return value === 8080 ? upstreamPort : 0;
      return value;
    });
    await writeFile(join(folder, "bootstrap.yaml"), JSON.stringify(config));
    return join(folder, "bootstrap.yaml");
  }

  const sign = (body: string, secret = key) => createHmac("sha256", secret).update(body).digest("hex");
  const post = (body: string, headers: Record<string, string>) =>
    fetch(`${address}/hook?a=b`, { method: "POST", body, headers });

  test("a signed request reaches the upstream as it was", async () => {
    const response = await post("hello", { "x-my-hmac-header-sha256": sign("hello"), "x-other": "1" });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      method: "POST",
      path: "/hook?a=b",
      headers: { "x-other": "1", "content-length": "5" },
      body: "hello",
    });
  });

  test.each([
    ["without a signature", {}],
    ["with the signature of another body", { "x-my-hmac-header-sha256": sign("hallo") }],
    ["signed with another key", { "x-my-hmac-header-sha256": sign("hello", "another key of the test") }],
  ])("a request %s is refused", async (_what, headers) => {
    expect((await post("hello", headers)).status).toBe(401);
  });

  test("the health check passes while Envoy runs, and fails when nothing answers", async () => {
    const [, program = "", ...args] = envoy.healthcheck.test;
    const check = (port: string) =>
      run(
        program,
        args.map((argument) => argument.replace("/9901", `/${port}`)),
      );
    await check(new URL(admin.url).port);
    await expect(check("1")).rejects.toThrow("Command failed");
  });
});
