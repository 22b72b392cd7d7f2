/** Header lines that differ from run to run or belong to one connection: every engine leaves them out. */
import type { HeaderLine } from "./types.ts";

const inRequests = new Set(["host", "connection", "transfer-encoding", "x-request-id"]);
/** Envoy sets it only where it is told to change the host, as filters do. */
const original = "x-envoy-original-host";
const ofGrpc = new Set(["te", "content-type", "grpc-timeout"]);
const inResponses = new Set(["date", "server", "connection", "keep-alive", "transfer-encoding"]);

export const withoutVolatileRequestLines = (lines: readonly HeaderLine[]): HeaderLine[] => without(lines, inRequests);

/** Of a gRPC call, all but its metadata is left out. */
export const withoutVolatileCallLines = (lines: readonly HeaderLine[], isGrpc: boolean): HeaderLine[] =>
  without(lines, isGrpc ? new Set([...inRequests, ...ofGrpc]) : inRequests);

export const withoutVolatileResponseLines = (lines: readonly HeaderLine[]): HeaderLine[] => without(lines, inResponses);

const without = (lines: readonly HeaderLine[], volatile: ReadonlySet<string>): HeaderLine[] =>
  lines.filter(([name]) => !volatile.has(name) && (!name.startsWith("x-envoy-") || name === original));
