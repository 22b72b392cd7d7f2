/** What is known besides the manifests. */

export interface CheckOptions {
  /** Minor version of the Istio that gets them, such as 31. Default: the newest that is known. */
  readonly istioMinor?: number;
  /** Modules that lie here, so that what is delivered can be loaded. */
  readonly modules?: readonly KnownModule[];
  readonly filters?: readonly KnownFilter[];
  /** Values of the proxy's environment that filters read. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Workloads besides those in the manifests. */
  readonly workloads?: readonly Workload[];
  /**
   * Whether a real Envoy takes an HTTP filter, with its module in it: its words when it does not. It gets these variables
   * besides its own. Default: not asked.
   */
  readonly tryFilter?: (filter: TriedFilter, environment: Readonly<Record<string, string>>) => Promise<string | null>;
  /** Names of filters that others put into the chain. */
  readonly chainFilters?: readonly string[];
}

/** An element of `http_filters`. */
export interface TriedFilter {
  readonly name: string;
  readonly typed_config: Readonly<Record<string, unknown>>;
}

export interface KnownModule {
  /** Such as "hmac-auth": that of its file, without ".wasm". */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** What a filter says of itself. */
export interface KnownFilter {
  readonly name: string;
  readonly rootId: string;
  /** JSON schema of its configuration. */
  readonly schema?: object;
  /** Features of the host, each with values of the configuration that do without. */
  readonly needs: readonly { readonly feature: string; readonly unless?: Readonly<Record<string, unknown>> }[];
}

/** Pods that a resource can be for. */
export interface Workload {
  /** For messages, such as "Deployment prod/shop". */
  readonly title: string;
  /** Empty: any. */
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly kind: "sidecar" | "gateway";
  /** Ports it listens on; none are known when empty. */
  readonly ports: readonly number[];
  /** Where files of config maps lie in the proxy's container: the folder, and the config map's name. */
  readonly mounts: readonly Mount[];
}

export interface Mount {
  readonly path: string;
  readonly subPath: string | null;
  /** Null: a volume of another kind. */
  readonly configMap: string | null;
}

/** The Istio that the schemas are of. */
export const newestIstioMinor = 31;
