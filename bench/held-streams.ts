/** Requests that stay open: HTTP/2 streams of one connection. */
import { once } from "node:events";
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from "node:http2";
import { holdPath } from "./bootstrap.ts";

export class HeldStreams {
  readonly #session: ClientHttp2Session;
  readonly #streams: ClientHttp2Stream[] = [];

  private constructor(session: ClientHttp2Session) {
    this.#session = session;
  }

  static async open(port: number): Promise<HeldStreams> {
    const session = connect(`http://127.0.0.1:${port}`);
    // Envoy says how many streams it allows; before that it would be 100.
    await once(session, "remoteSettings");
    return new HeldStreams(session);
  }

  /** Asks for more until there are `count`; when Envoy has them is for Envoy to say. */
  grow(count: number): void {
    while (this.#streams.length < count) {
      const stream = this.#session.request({ ":path": holdPath });
      stream.on("error", () => {});
      this.#streams.push(stream);
    }
  }

  close(): void {
    this.#session.destroy();
  }
}
