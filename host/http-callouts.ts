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
  /** False: `content-length`, which Envoy sends as the filter has set it, promises a body that never comes. */
  readonly complete: boolean;
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
    const end = (response: CalloutResponse) => {
      if (isEnded) return;
      isEnded = true;
      cancelTimeout();
      ended(response);
    };
    const cancelTimeout =
      timeoutMs > 0 ? this.#clock.setTimer(timeoutMs, () => end(own(504, "upstream request timeout"))) : () => {};
    const answer = this.#clusters.get(cluster);
    const sentNs = this.#clock.monotonicNs();
    const received = (reply: CalloutReply): CalloutResponse => {
      const response = responseOf(request, reply);
      const durationMs = (this.#clock.monotonicNs() - sentNs) / 1_000_000n;
      response.headers.set("x-envoy-upstream-service-time", String(durationMs)); // router.cc, `onUpstreamHeaders`
      return response;
    };
    const own = (status: number, text: string) => responseOf(request, localReply(status, text));
    const unreachable = () =>
      own(503, "upstream connect error or disconnect/reset before headers. reset reason: remote connection failure");
    Promise.resolve()
      .then(() => (answer ? answer(request).then(received) : unreachable()))
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

function responseOf(request: CalloutRequest, reply: CalloutReply): CalloutResponse {
  const hasNoBody = request.method === "HEAD" || reply.status === 204 || reply.status === 304;
  return {
    headers: new HeaderMap("response", [[":status", String(reply.status)], ...(reply.headers ?? [])]),
    body: encode(hasNoBody ? "" : (reply.body ?? "")),
    trailers: hasNoBody || reply.trailers === undefined ? null : new HeaderMap("trailers", reply.trailers),
  };
}
