/** One running Envoy: started with a bootstrap, known to be ready, stopped without a trace. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Admin } from "./admin.ts";
import { endWithUs } from "./end-with-us.ts";
import { type EnvoyLogLevel, type LogRecord, logFormat, RecordReader } from "./log.ts";
import { refusal } from "./refusal.ts";

/** Between two looks at whether Envoy is ready. */
const pollMs = 10;
/** Envoy needs a few milliseconds to stop; after this it is killed. */
const stopMs = 10_000;
/** Envoy is ready in less than a second, but may have to wait for a processor, or for its management server. */
const defaultReadyMs = 60_000;
/** So many records are kept to explain a failure. */
const keptRecords = 50;

export interface EnvoyOptions {
  /** Path of the executable. */
  readonly binary: string;
  /** `envoy.config.bootstrap.v3.Bootstrap` as an object; its admin should listen on port 0 of loopback. */
  readonly bootstrap: object;
  /** Default: "warning". */
  readonly logLevel?: EnvoyLogLevel;
  /** Levels by logger, such as `{wasm: "trace"}`. */
  readonly componentLogLevels?: Readonly<Record<string, EnvoyLogLevel>>;
  /** Given each record of the log, in order. */
  readonly onRecord?: (record: LogRecord) => void;
  /** Default: that of this process. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** After so many milliseconds an Envoy that is not ready is ended and counts as refused. Default: 60000. */
  readonly readyMs?: number;
}

/** Envoy ended before it was ready: it refused its configuration, or took too long. `records` is the end of its log. */
export class EnvoyRefused extends Error {
  override readonly name = "EnvoyRefused";
  readonly records: readonly LogRecord[];
  constructor(message: string, records: readonly LogRecord[]) {
    super(message);
    this.records = records;
  }
}

export class EnvoyProcess {
  readonly admin: Admin;
  /** Resolves when Envoy has ended and its log has been read to the end, with how it ended. */
  readonly ended: Promise<string>;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, ended: Promise<string>, admin: Admin) {
    this.#child = child;
    this.ended = ended;
    this.admin = admin;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Resolves when Envoy is ready for requests. Throws `EnvoyRefused`. */
  static async start(options: EnvoyOptions): Promise<EnvoyProcess> {
    const folder = await mkdtemp(join(tmpdir(), "pwk-envoy-"));
    const config = join(folder, "bootstrap.json");
    const addressFile = join(folder, "admin");
    await writeFile(config, JSON.stringify(options.bootstrap, null, 2), { mode: 0o600 });
    const child = spawn(options.binary, commandLine(options, config, addressFile), {
      env: options.environment ?? process.env,
      stdio: ["ignore", "ignore", "pipe"],
    });
    const records: LogRecord[] = [];
    const ended = follow(child, (record) => {
      if (records.push(record) > keptRecords) records.shift();
      options.onRecord?.(record);
    });
    const giveUp = new AbortController();
    ended.finally(() => giveUp.abort());
    const { readyMs = defaultReadyMs } = options;
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      child.kill("SIGKILL");
    }, readyMs);
    const admin = await ready(addressFile, giveUp.signal);
    clearTimeout(timer);
    // Envoy has read its configuration, which may hold keys.
    await rm(folder, { recursive: true });
    if (admin === null) {
      const end = await ended;
      const how = isLate ? `was stuck for ${readyMs / 1000} s` : end;
      throw new EnvoyRefused([`envoy ${how} before it was ready:`, refusal(records)].join("\n  "), records);
    }
    return new EnvoyProcess(child, ended, admin);
  }

  /** Ends it at once; for one that no longer answers. */
  kill(): void {
    this.#child.kill("SIGKILL");
  }

  /** Resolves when the process is gone and `onRecord` has been given its last words. */
  async stop(): Promise<void> {
    this.#child.kill("SIGTERM");
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), stopMs);
    await this.ended;
    clearTimeout(timer);
  }
}

function commandLine(options: EnvoyOptions, config: string, addressFile: string): string[] {
  const components = Object.entries(options.componentLogLevels ?? {}).map(([logger, level]) => `${logger}:${level}`);
  return [
    ...["--config-path", config],
    ...["--concurrency", "1"],
    "--disable-hot-restart",
    ...["--admin-address-path", addressFile],
    ...["--log-level", options.logLevel ?? "warning"],
    ...(components.length === 0 ? [] : ["--component-log-level", components.join(",")]),
    ...["--log-format", logFormat],
    ...["--file-flush-interval-msec", "2"],
  ];
}

/** Reads the log until the process has ended; resolves with how it ended. */
function follow(child: ChildProcess, onRecord: (record: LogRecord) => void): Promise<string> {
  const letGo = endWithUs(child);
  const reader = new RecordReader(onRecord);
  child.stderr?.on("data", (chunk: Uint8Array) => reader.push(chunk));
  return new Promise((resolve) => {
    child.on("error", (error) => {
      letGo();
      resolve(`could not be started: ${error.message}`);
    });
    child.on("close", (code, signal) => {
      letGo();
      reader.finish();
      resolve(signal === null ? `exited with code ${code}` : `was ended by ${signal}`);
    });
  });
}

/** Null when given up. */
async function ready(addressFile: string, giveUp: AbortSignal): Promise<Admin | null> {
  while (!giveUp.aborted) {
    const address = await readFile(addressFile, "utf8").catch(() => "");
    if (address !== "") {
      const admin = new Admin(address);
      if (await admin.isReady()) return admin;
    }
    await delay(pollMs);
  }
  return null;
}
