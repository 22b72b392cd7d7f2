// Functions that a host has beside the ABI, called by name. Source: envoy source/extensions/common/wasm/foreign.cc.
import { Status } from "./abi";
import { isEnding } from "./crash-guard";
import * as host from "./env";
import { outPtr, outSize, take } from "./memory";
import { first } from "./text";

/** What a foreign function answered. */
export class ForeignResult {
  constructor(
    /** NotFound: the host has no such function, or it has not what it was asked for. The others are the function's own. */
    readonly status: Status,
    /** Empty unless the status is Ok. */
    readonly bytes: ArrayBuffer,
  ) {}
}

/** Calls a function by its name; the statuses are those of the function, and NotFound when the host has none of that name. */
export function callForeignFunction(name: string, argument: ArrayBuffer): ForeignResult {
  first().set(name);
  const data = changetype<usize>(argument);
  const status = host.proxy_call_foreign_function(
    first().ptr,
    first().length,
    data,
    argument.byteLength,
    outPtr(),
    outSize(),
  );
  return new ForeignResult(status, status == Status.Ok ? take() : new ArrayBuffer(0));
}

/**
 * Has Envoy choose the route again, by the headers as they are now; without a stream it does nothing. BadArgument: in
 * `onLog` or `onDone`, where Envoy counts it as a bug. NotFound: another host, which has no routes.
 */
export function clearRouteCache(): Status {
  if (isEnding()) return Status.BadArgument;
  return callForeignFunction("clear_route_cache", new ArrayBuffer(0)).status;
}

/** Compresses with zlib; null when the host cannot. */
export function compress(data: ArrayBuffer): ArrayBuffer | null {
  const result = callForeignFunction("compress", data);
  return result.status == Status.Ok ? result.bytes : null;
}

/** The other way; null when the data is not whole zlib. The size of what comes out is not limited by Envoy. */
export function uncompress(data: ArrayBuffer): ArrayBuffer | null {
  const result = callForeignFunction("uncompress", data);
  return result.status == Status.Ok ? result.bytes : null;
}
