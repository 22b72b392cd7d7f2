/** How a cluster answers, whatever carries the call. */
import { frame } from "./grpc-frames.ts";
import type { Behaviour, ClusterCall, GrpcCluster, HeaderLine } from "./types.ts";

/** A call as far as it has come. */
export type Arriving = { -readonly [Field in keyof ClusterCall]: ClusterCall[Field] };

/** What the cluster does with this call; one that is unreachable gets none. */
export function decide<Answer extends object>(behaviour: Behaviour<Answer>, call: ClusterCall): Answer | "silent" {
  const decided = typeof behaviour === "function" ? behaviour(call) : behaviour;
  return decided === "unreachable" ? "silent" : decided;
}

/** A message of a gRPC call has come. */
export function arrive(call: Arriving, message: Uint8Array): void {
  call.messages = [...call.messages, message];
  call.body = Buffer.concat([call.body, frame(message)]);
}

/** The initial metadata of an answer that is always the same: known before the call has ended. */
export function metadataOf(behaviour: GrpcCluster["grpc"]): readonly HeaderLine[] {
  return typeof behaviour === "object" ? (behaviour.metadata ?? []) : [];
}
