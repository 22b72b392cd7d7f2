/**
 * The port that clients know: passes each connection on, byte for byte, to the port where the filters are at the time.
 * So filters can be changed while it listens, and whatever Envoy speaks goes through.
 */
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { Failure } from "../failure.ts";

export class Front {
  readonly #server: Server;
  #port: number | null = null;
  #open = new Set<Socket>();
  readonly #all = new Set<Socket>();
  /** Connections that came before there was anything behind the port. */
  #waiting: Socket[] = [];

  private constructor(server: Server) {
    this.#server = server;
    server.on("connection", (client) => this.#take(client));
  }

  /** Throws `Failure` when the port cannot be had; 0 is any free one. */
  static listen(host: string, port: number): Promise<Front> {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
    const front = new Front(server);
    return new Promise((resolve, reject) => {
      server.once("error", (error: NodeJS.ErrnoException) => reject(new Failure(refusal(host, port, error))));
      server.listen({ host, port }, () => resolve(front));
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** From here on connections go to this port of 127.0.0.1. Resolves when those that went elsewhere are gone. */
  switchTo(port: number): Promise<void> {
    const before = this.#open;
    this.#port = port;
    this.#open = new Set();
    for (const client of this.#waiting.splice(0)) this.#pass(client, port);
    return new Promise((resolve) => {
      const look = () => {
        if (before.size === 0) resolve();
      };
      for (const client of before) client.once("close", look);
      look();
    });
  }

  /** Ends every connection. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#all) socket.destroy();
    await closed;
  }

  #take(client: Socket): void {
    this.#all.add(client);
    client.on("close", () => this.#all.delete(client));
    client.on("error", () => client.destroy());
    if (this.#port === null) this.#waiting.push(client);
    else this.#pass(client, this.#port);
  }

  #pass(client: Socket, port: number): void {
    if (client.destroyed) return;
    const open = this.#open;
    open.add(client);
    client.prependListener("close", () => open.delete(client));
    const proxy = connect({ host: "127.0.0.1", port, allowHalfOpen: true });
    this.#all.add(proxy);
    proxy.on("error", () => client.destroy());
    proxy.on("close", () => {
      this.#all.delete(proxy);
      client.destroySoon();
    });
    client.on("close", () => proxy.destroy());
    client.setNoDelay(true);
    proxy.setNoDelay(true);
    client.pipe(proxy).pipe(client);
  }
}

function refusal(host: string, port: number, { code, message }: NodeJS.ErrnoException): string {
  if (code === "EADDRINUSE") return `--port: ${port} of ${host} is in use; give another, or 0 for any free one`;
  if (code === "EACCES") return `--port: ${port} needs rights that this user does not have; give one from 1024 on`;
  return `--port: cannot listen on port ${port} of ${host}: ${message}`;
}
