/** Servers and clients around proxies that mirror: what has arrived is compared to the letter. */
import { once } from "node:events";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "vitest";

const patienceMs = 10_000;

export interface Arrived {
  /** The value of the header "host". */
  readonly host: string;
  /** By name in small letters. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** All of it as HTTP/1 has it, lines in their order. */
  readonly text: string;
}

/** An application behind a proxy. */
export class Application {
  readonly #server: Server;
  #arrived: Arrived[] = [];

  private constructor() {
    this.#server = createServer(async (message, response) => {
      const pieces: Buffer[] = [];
      for await (const piece of message) pieces.push(piece);
      const { method, url, rawHeaders, headers } = message;
      const lines = rawHeaders.flatMap((name, at) => (at % 2 === 0 ? [`${name}: ${rawHeaders[at + 1]}`] : []));
      const text = [`${method} ${url} HTTP/1.1`, ...lines, "", Buffer.concat(pieces).toString("latin1")].join("\r\n");
      this.#arrived.push({ host: headers.host ?? "", headers, text });
      response.end("ok\n");
    });
  }

  /** Listens on a free port of loopback. */
  static async start(): Promise<Application> {
    const application = new Application();
    application.#server.listen(0, "127.0.0.1");
    await once(application.#server, "listening");
    return application;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** What has arrived since it was asked last, once there is something: a proxy does not wait for its mirror. */
  async next(): Promise<Arrived[]> {
    await expect.poll(() => this.#arrived.length, { timeout: patienceMs, interval: 5 }).toBeGreaterThan(0);
    return this.take();
  }

  /** What has arrived since it was asked last. */
  take(): Arrived[] {
    return this.#arrived.splice(0);
  }

  async close(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}

export interface Sent {
  readonly host: string;
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Resolves with the status. */
export async function send(port: number, { host, path = "/", method = "GET", headers, body }: Sent): Promise<number> {
  const outgoing = request({ host: "127.0.0.1", port, path, method, headers: { host, ...headers }, agent: false });
  outgoing.end(body);
  const [response] = await once(outgoing, "response");
  response.resume();
  await once(response, "end");
  return response.statusCode;
}
