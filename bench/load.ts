/** Requests in a closed loop: HTTP/1.1 on connections that stay open, each asking again when it has its answer. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";

export class Load {
  readonly #sockets: readonly Socket[];
  readonly #request: Buffer;
  /** All answers have one length, so that they are counted and not parsed. */
  readonly #answerBytes: number;

  private constructor(sockets: readonly Socket[], request: Buffer, answerBytes: number) {
    this.#sockets = sockets;
    this.#request = request;
    this.#answerBytes = answerBytes;
  }

  static async open(port: number, connections: number, request: Buffer): Promise<Load> {
    const sockets = Array.from({ length: connections }, () => connect({ host: "127.0.0.1", port, noDelay: true }));
    let answerBytes = 0;
    for (const socket of sockets) {
      socket.write(request);
      const [answer] = (await once(socket, "data")) as [Buffer];
      answerBytes = answer.length;
    }
    return new Load(sockets, request, answerBytes);
  }

  /** Resolves when so many requests are answered. */
  async run(requests: number): Promise<void> {
    let left = requests;
    await Promise.all(this.#sockets.map((socket) => this.#loop(socket, () => left-- > 0)));
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #loop(socket: Socket, isOneLeft: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      let missing = 0;
      const end = (error?: Error) => {
        socket.off("data", onData).off("close", onClose);
        if (error === undefined) resolve();
        else reject(error);
      };
      const next = () => {
        if (!isOneLeft()) return end();
        missing = this.#answerBytes;
        socket.write(this.#request);
      };
      const onData = (data: Buffer) => {
        missing -= data.length;
        if (missing === 0) next();
        else if (missing < 0) end(new Error(`an answer is longer than ${this.#answerBytes} bytes`));
      };
      const onClose = () => end(new Error("envoy closed a connection"));
      socket.on("data", onData).on("close", onClose);
      next();
    });
  }
}
