/** `pwk request`: one request through one filter, as curl would send it. */
import { basename } from "node:path";
import {
  ConfigurationRefused,
  type Engine,
  envoyEngine,
  type FilterSpec,
  hostEngine,
  type ProxyRequest,
  traceJsonLines,
} from "@proxy-wasm-kit/testing";
import { Command, Option } from "commander";
import { readConfiguration } from "../configuration.ts";
import { type RequestResult, refusedResult, resultOf, resultText } from "../exchange-text.ts";
import { Failure, messageOf } from "../failure.ts";
import {
  collect,
  collectOnce,
  headerLine,
  headerLines,
  instant,
  method,
  parseTarget,
  readBytes,
  readData,
  sizes,
  stoppedClock,
  type Target,
} from "../input.ts";
import { type OutputFormat, outputOption, print } from "../print.ts";

type Line = readonly [string, string];

interface RequestOptions {
  readonly config?: string;
  readonly env?: readonly Line[];
  readonly rootId?: string;
  readonly request?: string;
  readonly header?: readonly Line[];
  readonly dataBinary?: string;
  readonly chunk?: readonly number[];
  readonly trailer?: readonly Line[];
  readonly http2: boolean;
  readonly engine: "host" | "envoy";
  readonly now?: Date;
  readonly trace?: OutputFormat;
  readonly output: OutputFormat;
}

export const request = (): Command =>
  new Command("request")
    .description("Send one request through a filter; show the response, what upstream received, logs and callbacks.")
    .argument("<module>", "the filter, a .wasm file")
    .argument(
      "[url]",
      "URL or path of the request; the proxy is always spoken to without TLS",
      parseTarget,
      parseTarget("http://example.com/"),
    )
    .option("--config <config>", "the filter's configuration: YAML or JSON, or the file that has it (- standard input)")
    .option("--env <NAME=value>", "variable of the VM's environment; may be repeated", collectOnce)
    .option("--root-id <id>", "root ID (default: the module's name)")
    .option("-X, --request <method>", "method (default: GET, or POST with a body)", method)
    .option("-H, --header <line>", '"name: value", or @file for many; order and repeats are kept', headerLines)
    .option("--data-binary <data>", "body: text, or @file for the bytes of a file (@- standard input)")
    .option("--chunk <sizes>", "send the body in pieces of these sizes, the rest last: 1,10,100", sizes)
    .option("--trailer <line>", '"name: value" after the body; may be repeated', collect(headerLine))
    .option("--http2", "speak HTTP/2 to the proxy", false)
    .addOption(new Option("--engine <name>", "what runs the filter").choices(["host", "envoy"]).default("host"))
    .option(
      "--now <time>",
      "time of day, which then stands still: RFC 3339, or seconds since 1970; --engine host only",
      instant,
    )
    .addOption(
      new Option(
        "--trace [format]",
        "show each call into the filter and out of it, with decoded values, which may be secrets; " +
          "--trace=json: JSON Lines on standard error",
      )
        .choices(["text", "json"])
        .preset("text"),
    )
    .addOption(outputOption())
    .addHelpText(
      "after",
      `
Examples:
  pwk request dist/hmac-auth.wasm --config config.yaml -H 'x-signature: 00' --data-binary @body.json
  pwk request dist/hmac-auth.wasm https://hooks.example.com/github?x=1 --engine envoy -o json
  pwk request dist/hmac-auth.wasm --config '{"signing_key_env": "K", "signature_header": "x-signature"}' --env K=secret
  pwk request dist/hmac-auth.wasm / --config config.yaml --trace`,
    )
    .action(async (module: string, url: Target, options: RequestOptions) => {
      const { trace = [], ...result } = await send(module, url, options);
      const isApart = options.trace !== "text";
      if (options.trace === "json") process.stderr.write(traceJsonLines(trace));
      print(options.output, isApart ? result : { ...result, trace }, resultText);
      if (result.configError !== null) process.exitCode = 1;
    });

async function send(module: string, target: Target, options: RequestOptions): Promise<RequestResult> {
  if (options.now !== undefined && options.engine !== "host") {
    throw new Failure("--now: only --engine host can set the clock; Envoy uses this machine's");
  }
  const filter = await filterOf(module, options);
  const toSend = await requestOf(target, options);
  const engine = await engineOf(options.engine);
  try {
    const proxy = await engine.start({
      filters: [filter],
      protocol: options.http2 ? "http2" : "http1",
      ...(options.now && { clock: stoppedClock(options.now) }),
      trace: options.trace !== undefined,
    });
    try {
      return resultOf(engine.title, await proxy.send(toSend), await proxy.metrics());
    } finally {
      await proxy.close();
    }
  } catch (error) {
    // HTTP/2 has rules of its own for what may be sent, such as no connection headers.
    if (String((error as NodeJS.ErrnoException).code).startsWith("ERR_HTTP2")) {
      throw new Failure(`the request cannot be sent over HTTP/2: ${messageOf(error)}`);
    }
    if (!(error instanceof ConfigurationRefused)) throw error;
    const said = error.logs.filter(({ level }) => level === "error" || level === "critical");
    const reason = said.map(({ message }) => message).join("\n") || error.message;
    const { logs, trace } = error;
    return refusedResult(engine.title, reason, options.trace === undefined ? { logs } : { logs, trace });
  }
}

async function engineOf(name: "host" | "envoy"): Promise<Engine> {
  if (name === "host") return hostEngine;
  return envoyEngine().catch((error: unknown) => {
    throw new Failure(`--engine envoy: ${messageOf(error)}`);
  });
}

async function filterOf(module: string, { config, env, rootId }: RequestOptions): Promise<FilterSpec> {
  await readBytes("module", module);
  const configuration = config === undefined ? undefined : await readConfiguration(config);
  return {
    name: basename(module, ".wasm"),
    wasm: module,
    ...(rootId !== undefined && { rootId }),
    ...(configuration !== undefined && { configuration }),
    ...(env && { environment: Object.fromEntries(env) }),
  };
}

async function requestOf(target: Target, options: RequestOptions): Promise<ProxyRequest> {
  const { dataBinary, trailer } = options;
  const body = dataBinary === undefined ? undefined : await readData("--data-binary", dataBinary);
  const lines = options.header ?? [];
  const authority = lines.findLast(([name]) => name === "host")?.[1] ?? target.authority;
  // Trailers need a body of pieces, so that HTTP/1 sends it chunked.
  const inPieces = options.chunk !== undefined || trailer !== undefined;
  return {
    method: options.request ?? (body === undefined ? "GET" : "POST"),
    path: target.path,
    authority,
    headers: lines.filter(([name]) => name !== "host"),
    ...(inPieces ? { body: split(body ?? new Uint8Array(), options.chunk ?? []) } : body !== undefined && { body }),
    ...(trailer && { trailers: trailer }),
  };
}

/** Pieces of the given sizes as far as the body goes, and then what is left. */
function split(body: Uint8Array, pieceSizes: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let at = 0;
  for (const size of [...pieceSizes, body.length]) {
    if (at < body.length) pieces.push(body.subarray(at, at + size));
    at += size;
  }
  return pieces;
}
