/** A function the host gives to modules. */
import type { Signature } from "../signature.ts";
import type { Vm } from "../vm.ts";

/**
 * Takes the VM it is called from, then the guest's values: u32 as number, i64 as bigint; pointers are addresses in the
 * guest's memory. Returns a `Status`, or what the signature says.
 */
export type HostFunctionBody = (vm: Vm, ...values: never[]) => number | undefined;

/** When a module may call it: only while it runs; also while it starts; even inside its allocator. */
export type Availability = "running" | "starting" | "allocating";

export interface HostFunction {
  readonly signature: Signature;
  readonly availability: Availability;
  readonly body: HostFunctionBody;
}

/** Host functions by name. */
export type HostFunctions = Readonly<Record<string, HostFunction>>;

export function hostFunction(
  signature: Signature,
  body: HostFunctionBody,
  availability: Availability = "running",
): HostFunction {
  return { signature, availability, body };
}
