/** An HTTP server that answers as a test says, and keeps what it was asked. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";

export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

export interface ScriptedServer {
  /** "127.0.0.1:40000". */
  readonly host: string;
  readonly asked: Asked[];
  close(): Promise<void>;
}

/** A private key and its certificate, as PEM. */
export interface TlsFiles {
  readonly key: Buffer;
  readonly cert: Buffer;
}

export type Script = (asked: Asked, response: ServerResponse) => void;

/** With a key and a certificate it speaks TLS. */
export async function startServer(script: Script, tls?: TlsFiles): Promise<ScriptedServer> {
  const asked: Asked[] = [];
  const listener = async (request: IncomingMessage, response: ServerResponse) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const { method = "", url = "", headers } = request;
    const current = { method, url, headers, body: Buffer.concat(pieces) };
    asked.push(current);
    script(current, response);
  };
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** Ends an answer. */
export function answer(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>> = {},
  body: string | Uint8Array = "",
): void {
  response.writeHead(status, headers).end(body);
}
