/** An environment with what its entries name: metadata, configurations and modules, read by others. */
import type { FilterMetadata } from "../filter-metadata.ts";
import type { ResolvedEnvironment, ResolvedFilter } from "./environment.ts";

export interface LoadedFilter extends ResolvedFilter {
  readonly metadata?: FilterMetadata;
  readonly configuration?: unknown;
  /** The bytes of `module.inline` or `module.configMap`. */
  readonly module?: Uint8Array;
}

export interface LoadedEnvironment extends ResolvedEnvironment {
  readonly filters: readonly LoadedFilter[];
}
