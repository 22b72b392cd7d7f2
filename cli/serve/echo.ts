/** An upstream for those who have none: it answers with what it has received. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface Echo {
  readonly port: number;
  close(): void;
}

/** Listens on a free port of 127.0.0.1. The answer is JSON: `method`, `path`, `headers` in order, `bodyBytes`. */
export async function startEcho(): Promise<Echo> {
  const server = createServer((request, response) => {
    let bodyBytes = 0;
    request.on("data", (piece: Uint8Array) => {
      bodyBytes += piece.length;
    });
    request.on("end", () => {
      const { method, url: path, rawHeaders: raw } = request;
      const headers = Array.from({ length: raw.length / 2 }, (_, i) => [raw[2 * i]?.toLowerCase(), raw[2 * i + 1]]);
      response.setHeader("content-type", "application/json");
      response.end(`${JSON.stringify({ method, path, headers, bodyBytes }, null, 2)}\n`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
