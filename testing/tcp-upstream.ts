/** A TCP upstream that records what reaches it, and answers as told. */
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import type { TcpUpstream } from "./types.ts";

export class RecordingTcpUpstream {
  readonly #server: Server;
  readonly #behaviour: TcpUpstream;
  readonly #sockets = new Set<Socket>();
  #received: Promise<Buffer> | null = null;
  #onConnection: () => void = () => {};

  private constructor(behaviour: TcpUpstream) {
    this.#behaviour = behaviour;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
      this.#received = this.#serve(socket);
      this.#onConnection();
    });
  }

  /** Listens on a free port of loopback. */
  static async start(behaviour: TcpUpstream = {}): Promise<RecordingTcpUpstream> {
    const upstream = new RecordingTcpUpstream(behaviour);
    upstream.#server.listen(0, "127.0.0.1");
    await once(upstream.#server, "listening");
    return upstream;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** All bytes of the one connection since `forget`, once it is over. To be asked when it has been made. */
  async received(): Promise<Buffer> {
    if (this.#received !== null) return this.#received;
    await new Promise<void>((resolve) => {
      this.#onConnection = resolve;
    });
    return this.received();
  }

  forget(): void {
    this.#received = null;
    this.#onConnection = () => {};
  }

  async close(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #serve(socket: Socket): Promise<Buffer> {
    const { reply = "echo", closes = false } = this.#behaviour;
    const pieces: Buffer[] = [];
    socket.on("data", (piece: Buffer) => {
      pieces.push(piece);
      if (reply === "echo") socket.write(piece);
      else if (pieces.length === 1) socket.write(reply);
      if (closes) socket.end();
    });
    socket.on("end", () => socket.end());
    // The proxy may cut it off, and then what has come is what was received.
    socket.on("error", () => {});
    return new Promise((resolve) => socket.on("close", () => resolve(Buffer.concat(pieces))));
  }
}
