/** The clusters that filters call, for our own host: no servers, the same record. */
import type { CalloutReply, CalloutRequest, GrpcReply, GrpcRequest, HostOptions } from "@proxy-wasm-kit/host";
import { type Arriving, arrive, decide, metadataOf } from "./cluster-behaviour.ts";
import { joined, pause } from "./pace.ts";
import type { ClusterCall, ClusterSpec, GrpcAnswer, GrpcCluster, HeaderLine, HttpCluster } from "./types.ts";
import { framed } from "./upstream-http1.ts";
import { withoutVolatileCallLines } from "./volatile.ts";

export class HostClusters {
  readonly options: Required<Pick<HostOptions, "clusters" | "grpcClusters">>;
  readonly #calls: Arriving[] = [];

  constructor(specs: Readonly<Record<string, ClusterSpec>> = {}) {
    const all = Object.entries(specs);
    this.options = {
      clusters: Object.fromEntries(
        all.flatMap(([name, spec]) =>
          "http" in spec ? [[name, (request: CalloutRequest) => this.#http(name, spec, request)]] : [],
        ),
      ),
      grpcClusters: Object.fromEntries(
        all.flatMap(([name, spec]) =>
          "grpc" in spec ? [[name, (request: GrpcRequest) => this.#grpc(name, spec, request)]] : [],
        ),
      ),
    };
  }

  /** Calls so far, oldest first, each as far as it has come. */
  calls(): ClusterCall[] {
    return this.#calls.map((call) => ({ ...call }));
  }

  async #http(cluster: string, { http }: HttpCluster, request: CalloutRequest): Promise<CalloutReply> {
    if (http === "unreachable") throw new Error("unreachable");
    const headers = withoutVolatileCallLines(request.headers, false);
    // As Envoy's HTTP/1 client frames it: with a content-length, and so without trailers (http1/codec_impl.cc).
    const isFramed = bodiless.has(request.method) || headers.some(([name]) => name === "content-length");
    if (!isFramed) headers.push(["content-length", "0"]);
    const call: Arriving = { ...request, headers, trailers: [], cluster, messages: [] };
    this.#calls.push(call);
    const isEarly = typeof http === "object" && http.early === true;
    if (!call.complete && !isEarly) return never();
    const decided = decide(http, call);
    if (decided !== "silent") await pause(decided.delayMs);
    return decided === "silent" ? never() : { ...framed(decided), body: joined(decided.body ?? "") };
  }

  async #grpc(cluster: string, { grpc, each }: GrpcCluster, request: GrpcRequest): Promise<GrpcReply> {
    if (grpc === "unreachable") throw new Error("unreachable");
    const call: Arriving = {
      cluster,
      method: "POST",
      path: `/${request.service}/${request.method}`,
      authority: cluster,
      headers: withoutVolatileCallLines(request.metadata, true),
      body: new Uint8Array(),
      trailers: [],
      messages: [],
      complete: false,
    };
    this.#calls.push(call);
    if (each !== undefined) return new Conversation(call, { grpc, each }, request.messages);
    for await (const message of request.messages) arrive(call, message);
    call.complete = true;
    const decided = decide(grpc, call);
    if (decided === "silent") return never();
    const { messages = [], ...rest } = decided;
    return messages.length === 0 ? rest : decided;
  }
}

/** Answers each message as it comes; what ends the reply is known at the end of the call. */
class Conversation implements GrpcReply {
  readonly metadata: readonly HeaderLine[];
  readonly messages: AsyncIterable<string | Uint8Array>;
  #answer: GrpcAnswer = {};

  constructor(call: Arriving, { grpc, each }: Required<GrpcCluster>, asked: AsyncIterable<Uint8Array>) {
    this.metadata = metadataOf(grpc);
    this.messages = this.#converse(call, { grpc, each }, asked);
  }

  get status(): number {
    return this.#answer.status ?? 0;
  }

  get message(): string {
    return this.#answer.message ?? "";
  }

  get trailers(): readonly HeaderLine[] {
    return this.#answer.trailers ?? [];
  }

  async *#converse(
    call: Arriving,
    { grpc, each }: Required<GrpcCluster>,
    asked: AsyncIterable<Uint8Array>,
  ): AsyncIterable<string | Uint8Array> {
    for await (const message of asked) {
      arrive(call, message);
      yield* each(message);
    }
    call.complete = true;
    const decided = decide(grpc, call);
    this.#answer = decided === "silent" ? await never() : decided;
    yield* this.#answer.messages ?? [];
  }
}

/** Methods that announce no body by `content-length: 0`. Source: envoy source/common/http/http1/codec_impl.cc. */
const bodiless = new Set(["GET", "HEAD", "DELETE", "TRACE", "CONNECT"]);

const never = (): Promise<never> => new Promise(() => {});
