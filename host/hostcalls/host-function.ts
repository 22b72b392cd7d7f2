/** A function the host gives to modules. */
import { type Shape, signatureOf } from "../shape.ts";
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
  /** Null where only the types are told. */
  readonly shape: Shape | null;
  readonly availability: Availability;
  readonly body: HostFunctionBody;
}

/** Host functions by name. */
export type HostFunctions = Readonly<Record<string, HostFunction>>;

/** `shape`: what the body takes and gives; the default of its result is a `Status`. */
export function hostFunction(
  shape: Signature | Partial<Shape>,
  body: HostFunctionBody,
  availability: Availability = "running",
): HostFunction {
  if (typeof shape === "string") return { signature: shape, shape: null, availability, body };
  const whole: Shape = { result: "status", ...shape };
  return { signature: signatureOf(whole), shape: whole, availability, body };
}
