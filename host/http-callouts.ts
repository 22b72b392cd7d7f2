/** HTTP callouts: the embedder answers for each cluster. */
import { type ByteString, encode } from "./byte-string.ts";
import type { Clock } from "./clock.ts";
import { type HeaderLine, HeaderMap } from "./header-map.ts";

/** A request of a filter, as the cluster gets it. */
export interface CalloutRequest {
  readonly method: string;
  readonly path: string;
  readonly authority: string;
  readonly headers: readonly HeaderLine[];
  readonly body: Uint8Array;
  readonly trailers: readonly HeaderLine[];
}

export interface CalloutReply {
  readonly status: number;
  readonly headers?: readonly HeaderLine[];
  readonly body?: string | Uint8Array;
  readonly trailers?: readonly HeaderLine[];
}

/** Answers callouts to one cluster. A rejected promise is a connection that cannot be made. */
export type Cluster = (request: CalloutRequest) => Promise<CalloutReply>;

export interface CalloutResponse {
  readonly headers: HeaderMap;
  readonly body: Uint8Array;
  readonly trailers: HeaderMap | null;
}

export class HttpCallouts {
  readonly #clusters: ReadonlyMap<ByteString, Cluster>;
  readonly #clock: Clock;

  constructor(clusters: ReadonlyMap<ByteString, Cluster>, clock: Clock) {
    this.#clusters = clusters;
    this.#clock = clock;
  }

  has(cluster: ByteString): boolean {
    return this.#clusters.has(cluster);
  }

  /** Calls `ended` once, later: with the reply, with 503 when there is none, with 504 after `timeoutMs` (0 = never). */
  send(
    cluster: ByteString,
    request: CalloutRequest,
    timeoutMs: number,
    ended: (response: CalloutResponse) => void,
  ): void {
    let isEnded = false;
    const end = (reply: CalloutReply) => {
      if (isEnded) return;
      isEnded = true;
      cancelTimeout();
      ended(responseOf(reply));
    };
    const cancelTimeout =
      timeoutMs > 0
        ? this.#clock.setTimer(timeoutMs, () => end(localReply(504, "upstream request timeout")))
        : () => {};
    const answer = this.#clusters.get(cluster);
    const unreachable = () =>
      localReply(
        503,
        "upstream connect error or disconnect/reset before headers. reset reason: remote connection failure",
      );
    Promise.resolve()
      .then(() => answer?.(request) ?? unreachable())
      .then(end, () => end(unreachable()));
  }
}

const localReply = (status: number, body: string): CalloutReply => ({
  status,
  headers: [
    ["content-length", String(body.length)],
    ["content-type", "text/plain"],
  ],
  body,
});

function responseOf(reply: CalloutReply): CalloutResponse {
  return {
    headers: new HeaderMap("response", [[":status", String(reply.status)], ...(reply.headers ?? [])]),
    body: encode(reply.body ?? ""),
    trailers: reply.trailers === undefined ? null : new HeaderMap("trailers", reply.trailers),
  };
}
