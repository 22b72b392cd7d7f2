/** How filters end and change on a real Envoy: configuration updates while streams are open, draining, shutdown. */
import { once } from "node:events";
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { createServer, get, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import {
  bootstrap,
  EnvoyProcess,
  findEnvoy,
  type LogRecord,
  type Message,
  type WasmFilter,
} from "@proxy-wasm-kit/envoy";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compile } from "./compile.ts";

const loopback = "127.0.0.1";
const envoy = await findEnvoy().catch((error: Error) => error.message);

/** An HTTP upstream that answers when it is told to, when the path is "/held". */
class Upstream {
  readonly held: ServerResponse[] = [];
  readonly #server: Server = createServer((request, response) => {
    request.resume();
    if (request.url === "/held") this.held.push(response);
    else response.end("ok");
  });

  async start(): Promise<number> {
    this.#server.listen(0, loopback);
    await once(this.#server, "listening");
    return (this.#server.address() as AddressInfo).port;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

/** An Envoy whose listeners come from a file, so that they can change. */
class Changing {
  readonly records: LogRecord[] = [];
  readonly #folder: string;
  readonly #model: Message;
  #envoy: EnvoyProcess | null = null;
  #version = 0;

  constructor(folder: string, model: Message) {
    this.#folder = folder;
    this.#model = model;
  }

  async start(binary: string): Promise<void> {
    const resources = this.#model.static_resources as Message;
    await this.change(this.#model);
    this.#envoy = await EnvoyProcess.start({
      binary,
      componentLogLevels: { wasm: "info" },
      onRecord: (record) => this.records.push(record),
      bootstrap: {
        ...this.#model,
        node: { id: "test", cluster: "test" },
        static_resources: { ...resources, listeners: [] },
        dynamic_resources: { lds_config: { path_config_source: { path: this.#listenersFile } } },
      },
    });
  }

  /** Takes the listeners of another bootstrap; Envoy sees the file when it is moved into its place. */
  async change(model: Message): Promise<void> {
    const { listeners } = model.static_resources as { listeners: readonly Message[] };
    const type = "type.googleapis.com/envoy.config.listener.v3.Listener";
    const draft = `${this.#listenersFile}.draft`;
    const content = {
      version_info: String(++this.#version),
      resources: listeners.map((listener) => ({ "@type": type, ...listener })),
    };
    await writeFile(draft, JSON.stringify(content));
    await rename(draft, this.#listenersFile);
  }

  get admin() {
    if (this.#envoy === null) throw new Error("not started");
    return this.#envoy.admin;
  }

  async stop(): Promise<void> {
    await this.#envoy?.stop();
  }

  /** What Envoy and the filters have complained about. */
  get errors(): string[] {
    return this.records
      .filter(({ level }) => level === "error" || level === "critical")
      .map(({ logger, message }) => `${logger}: ${message}`);
  }

  get #listenersFile(): string {
    return join(this.#folder, "listeners.json");
  }
}

interface Answer {
  readonly status: number;
  readonly hello: string | undefined;
}

const answerOf = (port: number, path: string): Promise<Answer> =>
  new Promise((done, fail) => {
    get({ host: loopback, port, path, agent: false }, (response) => {
      response.resume();
      const hello = response.headers["x-hello"];
      response.on("end", () => done({ status: response.statusCode ?? 0, hello: hello?.toString() }));
      response.on("error", fail);
    }).on("error", fail);
  });

/** Sends bytes through the TCP listener and waits for their echo. */
async function echo(port: number): Promise<void> {
  const socket = connect(port, loopback);
  socket.on("error", () => {});
  socket.end("hello");
  socket.resume();
  await once(socket, "close");
}

describe.skipIf(typeof envoy === "string")(`tear-down${typeof envoy === "string" ? `: ${envoy}` : ""}`, () => {
  let folder: string;
  let upstreamPort: number;
  const upstream = new Upstream();

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "pwk-tear-down-"));
    upstreamPort = await upstream.start();
  });

  afterAll(async () => {
    upstream.close();
    await rm(folder, { recursive: true });
  });

  const here = { host: loopback, port: 0 };
  const filterOf = async (example: string, configuration: string, more: Partial<WasmFilter> = {}) => {
    const file = join(folder, `${example}.wasm`);
    await compile(`examples/${example}/assembly/index.ts`, file);
    const defaults = { rootId: example, failurePolicy: "FAIL_CLOSED", allowOnHeadersStopIteration: true } as const;
    return { ...defaults, name: example, file: resolve(file), configuration, ...more };
  };
  const modelOf = (filters: readonly WasmFilter[], network: readonly WasmFilter[] = []) => {
    const server = { host: loopback, port: upstreamPort };
    const tcp = { filters: network, listen: here, upstream: server };
    const missing = (name: string) =>
      ({ name, address: { host: loopback, port: 1 }, protocol: name === "authz" ? "http2" : "http1" }) as const;
    return bootstrap({
      ...{ filters, listen: here, admin: here, upstream: server, tcp },
      clusters: ["cohorts", "authz"].map(missing),
    });
  };
  const started = async (name: string, model: Message): Promise<Changing> => {
    if (typeof envoy === "string") throw new Error(envoy);
    const own = join(folder, name);
    await mkdir(own);
    const changing = new Changing(own, model);
    await changing.start(envoy.binary);
    return changing;
  };

  test("a stream keeps the configuration it began with, and one that comes back is what it was", async () => {
    const a = await filterOf("add-header", "a");
    const b: WasmFilter = { ...a, configuration: "b" };
    const changing = await started("aba", modelOf([a]));
    const port = () => changing.admin.port("http");
    expect(await answerOf(await port(), "/")).toEqual({ status: 200, hello: "a" });

    const ofA = answerOf(await port(), "/held");
    await expect.poll(() => upstream.held.length).toBe(1);
    await changing.change(modelOf([b]));
    await expect.poll(async () => (await answerOf(await port(), "/")).hello).toBe("b");
    const ofB = answerOf(await port(), "/held");
    await expect.poll(() => upstream.held.length).toBe(2);

    await changing.change(modelOf([a]));
    await expect.poll(async () => (await answerOf(await port(), "/")).hello).toBe("a");
    for (const response of upstream.held) response.end("late");
    expect([await ofA, await ofB]).toEqual([
      { status: 200, hello: "a" },
      { status: 200, hello: "b" },
    ]);
    await changing.stop();
    expect(changing.errors).toEqual([]);
  });

  test.each([
    ["add-header", "a", "b"],
    ["ab-cohort", '{"cluster":"cohorts"}', '{"cluster":"cohorts","cache_seconds":1}'],
    ["jwt-payload-padding", "x-a", "x-b"],
    ["queue-worker", "", "x"],
    ["grpc-check", '{"cluster":"authz"}', '{"cluster":"authz","timeout_ms":100}'],
    ["tcp-tap", "{}", '{"preamble":"h"}'],
  ])("%s leaves no error behind when it is changed, drained and shut down", async (example, before, after) => {
    const rootId = example === "queue-worker" ? "queue-filter" : example;
    const model = async (configuration: string) => {
      const filter = await filterOf(example, configuration, { rootId });
      return example === "tcp-tap" ? modelOf([], [filter]) : modelOf([filter]);
    };
    const changing = await started(example, await model(before));
    const use = async () => {
      await answerOf(await changing.admin.port("http"), "/");
      await echo(await changing.admin.port("tcp"));
    };
    await use();
    await changing.change(await model(after));
    await expect.poll(async () => (await changing.admin.stats("listener_manager."))["lds.update_success"]).toBe(2);
    await use();
    await fetch(`${changing.admin.url}/drain_listeners?graceful&skip_exit`, { method: "POST" });
    await changing.stop();
    expect(changing.errors).toEqual([]);
  });
});
