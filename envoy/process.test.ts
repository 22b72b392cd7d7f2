import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { bootstrap, EnvoyProcess, EnvoyRefused, listenerName, type Message } from "./index.ts";
import { isMissing, realEnvoy, title } from "./test/real-envoy.ts";

const loopback = { host: "127.0.0.1", port: 0 };
const config = bootstrap({ filters: [], listen: loopback, admin: loopback, upstream: { ...loopback, port: 1 } });

describe.skipIf(isMissing)(`running ${title}`, () => {
  const start = (bootstrap: Message) => EnvoyProcess.start({ binary: realEnvoy().binary, bootstrap });

  test("it serves on free ports until it is stopped", async () => {
    const [one, two] = await Promise.all([start(config), start(config)]);
    const port = await one.admin.port(listenerName);
    expect(await two.admin.port(listenerName)).not.toBe(port);
    expect((await fetch(`http://127.0.0.1:${port}`)).status).toBe(503);
    expect(await one.admin.stats("http.http.downstream_rq_5")).toEqual({ xx: 1 });
    expect(await one.admin.configDump()).toHaveProperty("configs");
    await expect(one.admin.port("other")).rejects.toThrow('no listener "other"; it has: "http"');
    await Promise.all([one.stop(), two.stop()]);
    expect(await one.ended).toBe("exited with code 0");
    expect(await one.admin.isReady()).toBe(false);
    await one.stop();
  });

  test("a configuration it does not take is refused in its own words", async () => {
    const refusal = await start({ ...config, nonsense: true }).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(EnvoyRefused);
    expect(String(refusal)).toMatch(/envoy exited with code 1 before it was ready:.*no such field: 'nonsense'/s);
  });

  test("a program that cannot be started is refused too", async () => {
    const starting = EnvoyProcess.start({ binary: "/nowhere/envoy", bootstrap: config });
    await expect(starting).rejects.toThrow("could not be started: spawn /nowhere/envoy ENOENT");
  });

  test("a program that does not get ready is ended in time", async () => {
    const folder = await mkdtemp(join(tmpdir(), "pwk-late-"));
    const binary = join(folder, "envoy");
    await writeFile(binary, "#!/bin/sh\nexec tail -f /dev/null\n", { mode: 0o755 });
    const starting = EnvoyProcess.start({ binary, bootstrap: config, readyMs: 100 });
    await expect(starting).rejects.toThrow("envoy was stuck for 0.1 s before it was ready");
    await rm(folder, { recursive: true });
  });

  describe("it ends with the process that runs it", () => {
    let folder: string;
    let program: string;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "pwk-end-"));
      program = join(folder, "program.mjs");
      const contents = `
        import { EnvoyProcess } from "./index.ts";
        const [binary, config] = process.argv.slice(2);
        const { pid } = await EnvoyProcess.start({ binary, bootstrap: JSON.parse(config) });
        process.on("message", () => process.exit(0));
        process.send(pid);`;
      await build({
        stdin: { contents, resolveDir: fileURLToPath(new URL(".", import.meta.url)) },
        ...{ bundle: true, platform: "node", format: "esm", outfile: program },
      });
    });
    afterAll(() => rm(folder, { recursive: true }));

    test.each([
      ["by itself", (child: ChildProcess) => child.send("exit")],
      ["by SIGTERM", (child: ChildProcess) => child.kill("SIGTERM")],
      ["by SIGINT", (child: ChildProcess) => child.kill("SIGINT")],
      ["by SIGHUP", (child: ChildProcess) => child.kill("SIGHUP")],
    ])("%s", async (_how, end) => {
      const args = [program, realEnvoy().binary, JSON.stringify(config)];
      const child = spawn(process.execPath, args, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
      const pid = await new Promise<number>((resolve) => child.once("message", (message) => resolve(Number(message))));
      expect(process.kill(pid, 0)).toBe(true);
      end(child);
      await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow("ESRCH"), { timeout: 10_000 });
    });
  });
});
