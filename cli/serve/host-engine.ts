/** A chain of filters in the embedded host, behind a small HTTP server; bodies go through it whole, up to a limit. */
import { AsyncLocalStorage, AsyncResource } from "node:async_hooks";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Address } from "@proxy-wasm-kit/envoy";
import {
  type CalloutRequest,
  type HeaderLine,
  Host,
  type HttpStream,
  LoadError,
  PluginRefused,
  requestHeaders,
  type StreamResult,
} from "@proxy-wasm-kit/host";
import { ConfigurationRefused, type FilterSpec, hostPlugin, type LogLine, logLevels } from "@proxy-wasm-kit/testing";
import { messageOf } from "../failure.ts";
import type { Listener, RunningChain, ServingEngine, Surroundings } from "./engine.ts";
import { headerLines, maxBodyBytes, sendOn } from "./http-client.ts";

/** What is heard of a request while it runs. */
interface Heard {
  readonly logs: LogLine[];
  readonly failures: string[];
  /** Aborts when nobody waits for it any more. */
  readonly signal: AbortSignal;
}

export const hostServing: ServingEngine = { title: `host (V8 ${process.versions.v8})`, start };

async function start(filters: readonly FilterSpec[], around: Surroundings, listener: Listener): Promise<RunningChain> {
  // Whatever a request sets going, callouts too, runs in its context; what ticks set going is of no request.
  const current = new AsyncLocalStorage<Heard>();
  const closing = new AbortController();
  const atStart: Heard = { logs: [], failures: [], signal: closing.signal };
  const plugins = await Promise.all(filters.map(hostPlugin));
  // As in Envoy, a filter's call goes on when the client has gone.
  const callout = ([name, address]: readonly [string, Address]) =>
    [name, (request: CalloutRequest) => sendOn(address, request, closing.signal)] as const;
  let host: Host;
  try {
    host = await current.run(atStart, () =>
      Host.start({
        plugins,
        upstream: (request) => sendOn(around.upstream, request, current.getStore()?.signal ?? closing.signal),
        clusters: Object.fromEntries([...around.clusters].map(callout)),
        logLevel: 0,
        onLog({ level, message }) {
          const line = { level: logLevels[level] ?? "info", message };
          const heard = current.getStore();
          if (heard === undefined) listener.log(line);
          else heard.logs.push(line);
        },
        onHostLog(message) {
          if (!/^Function: \w+ failed: /.test(message)) return;
          const heard = current.getStore();
          if (heard === undefined) listener.log({ level: "critical", message });
          else heard.failures.push(message);
        },
      }),
    );
  } catch (error) {
    if (!(error instanceof PluginRefused || error instanceof LoadError)) throw error;
    throw new ConfigurationRefused([error.message, ...atStart.failures].join("\n"), atStart.logs);
  }
  for (const line of atStart.logs) listener.log(line);
  const server = createServer((request, response) => {
    const gone = new AbortController();
    response.on("close", () => gone.abort());
    const heard: Heard = { logs: [], failures: [], signal: gone.signal };
    current
      .run(heard, () => serve(host, request, response, heard, listener))
      .catch((error: unknown) => {
        listener.log({ level: "critical", message: messageOf(error) });
        response.destroy();
      });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const ended = new Promise<string>((resolve) => server.on("close", () => resolve("was closed")));
  return {
    port: (server.address() as AddressInfo).port,
    ended,
    async close(): Promise<void> {
      server.close();
      server.closeAllConnections();
      closing.abort();
      await ended;
      host.close();
    },
  };
}

/** One request; the body goes to the filters as it comes. */
async function serve(
  host: Host,
  request: IncomingMessage,
  response: ServerResponse,
  heard: Heard,
  listener: Listener,
): Promise<void> {
  const begun = performance.now();
  const { method = "GET", url: path = "/" } = request;
  const authority = request.headers.host ?? "";
  // What they see behind a reload has to be the new filters.
  response.shouldKeepAlive = false;
  const stream = await host.openStream("http1");
  // What filters say of a client that has gone belongs to its request, too.
  response.on(
    "close",
    AsyncResource.bind(() => stream.reset()),
  );
  const headers = headerLines(request.rawHeaders).filter(([name]) => name !== "host");
  const hasBody = request.headers["content-length"] !== undefined || "transfer-encoding" in request.headers;
  stream.requestHeaders(requestHeaders({ method, path, authority, headers }), !hasBody);
  let isTooLarge = false;
  if (hasBody) {
    feed(stream, request).catch(() => {
      isTooLarge = request.complete;
      stream.reset();
    });
  }
  const seen = await stream.finished;
  const result = isTooLarge && seen.status === 0 ? refusal : seen;
  if (result.status === 0) response.destroy();
  else answer(response, result, method);
  const { status, outcome, details } = result;
  const ms = Math.round(performance.now() - begun);
  listener.request({
    method,
    path,
    authority,
    status,
    outcome,
    details,
    ms,
    logs: heard.logs,
    failures: heard.failures,
  });
}

/** Rejects when the client goes away, and when the body is too large. */
async function feed(stream: HttpStream, request: IncomingMessage): Promise<void> {
  let bytes = 0;
  // Read to its end: who is still sending would lose the answer.
  for await (const piece of request as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes <= maxBodyBytes) stream.requestData(piece, false);
  }
  if (bytes > maxBodyBytes) throw new Error("too large");
  stream.requestData(new Uint8Array(), true);
}

const refusal: Pick<StreamResult, "status" | "outcome" | "details" | "headers" | "body" | "trailers"> = {
  ...{ status: 413, outcome: "local", details: "pwk_body_too_large", headers: [], trailers: [] },
  body: Buffer.from(`pwk: the embedded host takes bodies of at most ${maxBodyBytes} bytes; a real Envoy takes any\n`),
};

/** The framing is this server's: the body is there whole. */
function answer(response: ServerResponse, { status, headers, body, trailers }: typeof refusal, method: string): void {
  const lines = headers.filter(([name]) => !/^(:.*|connection|keep-alive|transfer-encoding)$/.test(name));
  const hasTrailers = trailers.length > 0;
  const isFramed = method === "HEAD" || status === 204 || status === 304;
  const own: HeaderLine[] = hasTrailers
    ? [["transfer-encoding", "chunked"]]
    : isFramed
      ? []
      : [["content-length", String(body.length)]];
  const kept = isFramed ? lines : lines.filter(([name]) => name !== "content-length");
  response.sendDate = false;
  response.writeHead(status, [...kept, ...own, ["connection", "close"] as HeaderLine].flat());
  response.addTrailers(trailers.map(([name, value]) => [name, value] as [string, string]));
  response.end(body);
}
