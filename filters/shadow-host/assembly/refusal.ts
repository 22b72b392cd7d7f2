// Mirrored requests that go no further. Nobody reads these answers but access logs: Envoy drops what its mirror says.
import { GrpcStatus, LocalResponse } from "@proxy-wasm-kit/sdk";

export enum Reason {
  None,
  UnsafeMethod,
  HostNotMapped,
  HostNotSet,
}

/** By `Reason`. */
const REASON_NAMES: StaticArray<string> = ["", "unsafe_method", "host_not_mapped", "host_not_set"];

/** As access logs have it. */
export function detailsOf(reason: Reason): string {
  return "shadow_host:" + unchecked(REASON_NAMES[reason]);
}

export function refusalOf(reason: Reason): LocalResponse {
  return new LocalResponse(403)
    .header("content-type", "application/json")
    .body('{"error":"mirrored request refused"}')
    .grpc(GrpcStatus.PermissionDenied)
    .details(detailsOf(reason));
}
