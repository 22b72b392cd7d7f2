// The SDK's contexts that stand for a filter's. They are apart because a filter may give its own contexts members of any
// name, and because one class of solo-io's serves both HTTP streams and TCP connections.
import * as sdk from "@proxy-wasm-kit/sdk/assembly/contexts";
import { context, create, Registration, register, remove } from "@proxy-wasm-kit/sdk/assembly/dispatcher";
import { BaseContext, Context, RootContext } from "./contexts";

class RootEntry extends sdk.RootContext {
  constructor(
    id: u32,
    readonly root: RootContext,
  ) {
    super(id);
  }

  createHttpContext(id: u32): sdk.HttpContext | null {
    return new StreamEntry(id, this.root.createContext(id));
  }

  onDone(): bool {
    return this.root.onDone();
  }

  onDelete(): void {
    this.root.cancelPendingRequests();
    this.root.onDelete();
  }
}

class StreamEntry extends sdk.HttpContext {
  constructor(
    id: u32,
    readonly stream: Context,
  ) {
    super(id);
  }

  onDone(): bool {
    return this.stream.onDone();
  }

  onLog(): void {
    this.stream.onLog();
  }

  onDelete(): void {
    this.stream.onDelete();
  }
}

type Factory = (context_id: u32) => RootContext;

class FilterRegistration extends Registration {
  create(id: u32): sdk.RootContext {
    const root = changetype<Factory>(this.factory)(id);
    // A factory may give its root context any number.
    root.context_id = id;
    return new RootEntry(id, root);
  }
}

/** Names the root context that plugins with this `root_id` get; "" serves every root ID that has none of its own. */
export function registerRootContext(root_context_factory: (context_id: u32) => RootContext, name: string): void {
  register(new FilterRegistration(name, changetype<(id: u32) => sdk.RootContext>(root_context_factory)));
}

/** The filter's root context with this id, if there is one. */
export function rootOf(id: u32): RootContext | null {
  const entry = context(id);
  return entry instanceof RootEntry ? changetype<RootEntry>(entry).root : null;
}

/** The filter's stream context with this id, if there is one. */
export function streamOf(id: u32): Context | null {
  const entry = context(id);
  return entry instanceof StreamEntry ? changetype<StreamEntry>(entry).stream : null;
}

/** The root context, made if it is not there yet. Traps when no factory serves its root ID. */
export function ensureRootContext(root_context_id: u32): RootContext {
  if (rootOf(root_context_id) === null) create(root_context_id, 0);
  return getRootContext(root_context_id);
}

/** Makes the stream context if it is not there yet. */
export function ensureContext(context_id: u32, root_context_id: u32): void {
  ensureRootContext(root_context_id);
  if (streamOf(context_id) === null) create(context_id, root_context_id);
}

/** Traps when there is none; so do the next two. */
export function getBaseContext(context_id: u32): BaseContext {
  const stream = streamOf(context_id);
  return stream === null ? getRootContext(context_id) : stream;
}

export function getContext(context_id: u32): Context {
  return streamOf(context_id)!;
}

export function getRootContext(context_id: u32): RootContext {
  return rootOf(context_id)!;
}

export function deleteContext(context_id: u32): void {
  remove(context_id);
}
