/** What contexts of HTTP streams and of TCP connections have in common. */
import { Status } from "./abi.ts";
import { withAttributes } from "./attributes.ts";
import type { ByteString } from "./byte-string.ts";
import { Context, pluginProperties, prefix, type RootContext } from "./context.ts";
import {
  filterStateProperty,
  type Outcome,
  type ReadableMaps,
  type StreamInfo,
  streamProperties,
} from "./properties.ts";
import { type PropertyTable, propertyTable } from "./property-value.ts";

export abstract class StreamContext extends Context {
  readonly id: number;
  readonly root: RootContext;
  /** The guest knows this context, or would if it exported `proxy_on_context_create`. */
  isCreated = false;
  readonly #info: StreamInfo;

  constructor(root: RootContext, info: StreamInfo) {
    super(root.vm);
    this.root = root;
    this.#info = info;
    this.id = this.vm.adopt(this);
  }

  get logPrefix(): ByteString {
    const { name, rootId, vmId } = this.root.plugin;
    return prefix(name, rootId, vmId);
  }

  create(): void {
    if (this.isCreated) return;
    if (this.vm.failure === null) {
      this.vm.callback(this, "proxy_on_context_create", [this.id, this.root.id], () => {});
    }
    this.isCreated = true;
  }

  override get properties(): PropertyTable {
    const own = propertyTable({
      ...pluginProperties(this.root.plugin),
      ...streamProperties(this.#info, this.outcome, this.maps),
    });
    const all = { get: (name: ByteString) => own.get(name) ?? filterStateProperty(this.#info, `wasm.${name}`) };
    return withAttributes(all, this.vm.services.attributes);
  }

  override setProperty(path: ByteString, value: Uint8Array): Status {
    const { filterState } = this.#info;
    const state = filterState.get(`wasm.${path}`);
    if (state?.isReadOnly) return Status.BadArgument;
    const { isReadOnly = false, isString = false } = state ?? this.root.declaredProperties.get(path) ?? {};
    filterState.set(`wasm.${path}`, { value, isReadOnly, isString });
    return Status.Ok;
  }

  override setFilterState(key: ByteString, value: Uint8Array): Status {
    this.#info.filterState.set(key, { value, isReadOnly: false, isString: false });
    return Status.Ok;
  }

  protected get maps(): ReadableMaps {
    return { requestHeaders: null, responseHeaders: null, responseTrailers: null };
  }

  protected get outcome(): Outcome {
    return { details: null, responseCode: null, responseFlags: 0n };
  }
}
