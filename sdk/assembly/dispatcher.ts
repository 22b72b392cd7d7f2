// Which context a callback is for, and which root context a plugin gets.
import { LogLevel, Status } from "./abi";
import { Context, HttpContext, RootContext, StreamContext } from "./contexts";
import { beginStream } from "./crash-guard";
import * as host from "./env";
import { IdTable } from "./id-table";
import { outPtr, outSize, room, take } from "./memory";
import { first } from "./text";

/** Makes the root context with this id. */
export type RootContextFactory = (id: u32) => RootContext;

/** A root ID, and what makes its root contexts; the drop-in for solo-io's has its own way to. */
export class Registration {
  next: Registration | null = null;

  constructor(
    readonly rootId: string,
    readonly factory: RootContextFactory,
  ) {}

  create(id: u32): RootContext {
    return this.factory(id);
  }
}

let registrations: Registration | null = null;
const contexts = new IdTable<Context>();

/**
 * Names the root context that plugins with this `root_id` get; "" serves every root ID that has none of its own.
 * Call it at the top level of the filter. A plugin with a root ID that nothing serves has its configuration refused.
 */
export function registerRootContext(create: RootContextFactory, rootId: string = ""): void {
  register(new Registration(rootId, create));
}

export function register(registration: Registration): void {
  registration.next = registrations;
  registrations = registration;
}

/**
 * Makes the stream with this id the one that host calls act on until the current callback returns: in a tick or a
 * callout's response no stream is. BadArgument: that stream is gone.
 */
export function setEffectiveContext(context: Context): Status {
  beginStream();
  return host.proxy_set_effective_context(context.id);
}

/** A context is new; `parent` is 0 for root contexts. */
export function create(id: u32, parent: u32): void {
  if (parent == 0) {
    const root = createRoot(id);
    if (root !== null) contexts.set(root);
    return;
  }
  const root = rootContext(parent);
  if (root === null) return;
  let context: Context | null = root.createHttpContext(id);
  if (context === null) context = root.createStreamContext(id);
  if (context !== null) contexts.set(context);
}

export function rootContext(id: u32): RootContext | null {
  const found = contexts.get(id);
  return found instanceof RootContext ? changetype<RootContext>(found) : null;
}

export function httpContext(id: u32): HttpContext | null {
  const found = contexts.get(id);
  return found instanceof HttpContext ? changetype<HttpContext>(found) : null;
}

export function streamContext(id: u32): StreamContext | null {
  const found = contexts.get(id);
  return found instanceof StreamContext ? changetype<StreamContext>(found) : null;
}

export function context(id: u32): Context | null {
  return contexts.get(id);
}

export function remove(id: u32): void {
  contexts.delete(id);
}

function createRoot(id: u32): RootContext | null {
  first().set("plugin_root_id");
  const found = host.proxy_get_property(first().ptr, first().length, outPtr(), outSize()) == Status.Ok;
  const rootId = found ? take() : room(0);
  let fallback: Registration | null = null;
  let registration = registrations;
  while (registration !== null) {
    if (first().set(registration.rootId).equals(changetype<usize>(rootId), rootId.byteLength)) break;
    if (first().length == 0) fallback = registration;
    registration = registration.next;
  }
  const chosen = registration === null ? fallback : registration;
  if (chosen !== null) return chosen.create(id);
  logUnknownRootId(rootId);
  return null;
}

function logUnknownRootId(rootId: ArrayBuffer): void {
  first()
    .set('unknown root ID "')
    .appendBytes(changetype<usize>(rootId), rootId.byteLength)
    .append('"; this module has');
  let registration = registrations;
  while (registration !== null) {
    first().append(' "').append(registration.rootId).append('"');
    registration = registration.next;
  }
  host.proxy_log(LogLevel.Error, first().ptr, first().length);
}
