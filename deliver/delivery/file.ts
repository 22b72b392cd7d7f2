/** What a `pwk.yaml` holds; `cli/pwk.schema.json` is the same for readers and editors. Keys are those of `DeliveryPlan`, or of `pwk manifest`. */
import type { Phase } from "../filter-metadata.ts";
import type { FailurePolicy } from "../plan.ts";
import type { WorkloadMode } from "../resources/telemetry.ts";
import type { PullPolicy } from "../source.ts";

export interface DeliveryFile {
  /** Of all that the file delivers: a DNS label. */
  readonly name: string;
  /** For every filter; `namespace` and `selector` for everything. */
  readonly defaults?: FilterSettings;
  /** In the order of the chain. */
  readonly filters?: readonly FilterEntry[];
  readonly mirrors?: readonly (MirrorSettings & { readonly name: string })[];
  readonly telemetry?: readonly (TelemetrySettings & { readonly name: string })[];
  readonly statsLoggers?: readonly (StatsLoggerSettings & { readonly name: string })[];
  /** By name, what is different there. */
  readonly environments?: Readonly<Record<string, EnvironmentSettings>>;
}

/** Settings of entries by their names. */
export interface EnvironmentSettings {
  readonly defaults?: FilterSettings;
  readonly filters?: Readonly<Record<string, FilterSettings & ConfigurationSettings>>;
  readonly mirrors?: Readonly<Record<string, MirrorSettings>>;
  readonly telemetry?: Readonly<Record<string, TelemetrySettings>>;
  readonly statsLoggers?: Readonly<Record<string, StatsLoggerSettings>>;
}

export const targets = ["envoyfilter", "wasmplugin", "trafficextension", "extensionpolicy", "envoy"] as const;
/** What is made of a filter, as `pwk manifest <target>` makes it. */
export type DeliveryTarget = (typeof targets)[number];

/** Where: shared by all kinds of entries. */
export interface PlaceSettings {
  /** Default: true. An entry that is not enabled is not there. */
  readonly enabled?: boolean;
  readonly namespace?: string;
  readonly selector?: Readonly<Record<string, string>> | "*";
}

interface ListenerSettings extends PlaceSettings {
  readonly context?: "inbound" | "outbound" | "gateway";
  readonly port?: number;
  readonly proxyVersion?: string;
  readonly priority?: number;
}

export interface FilterSettings extends ListenerSettings {
  /** Default: envoyfilter. */
  readonly target?: DeliveryTarget;
  /** Such as "gateway/eg". */
  readonly targetRefs?: readonly string[];
  readonly before?: string;
  readonly after?: string;
  readonly phase?: Phase;
  readonly rootId?: string;
  readonly vmId?: string;
  /** What `{version}` stands for in `module`. */
  readonly version?: string;
  readonly module?: ModuleSettings;
  readonly env?: Readonly<Record<string, string>>;
  readonly hostEnv?: readonly HostVariable[];
  /** `deployment/httpbin`: whose pods get the files of `module.configMap` and `.initContainer`, and the Secrets of `hostEnv`. */
  readonly workload?: string;
  readonly failurePolicy?: FailurePolicy;
  readonly allowOnHeadersStopIteration?: boolean;
}

/** The name of one that is there, or of one that the workload gets out of a Secret: "webhook-keys/github". */
export type HostVariable = string | { readonly name: string; readonly secret: string };

export interface ConfigurationSettings {
  readonly configuration?: unknown;
  /** `configuration` is merged over what it holds. */
  readonly configurationFile?: string;
}

export interface FilterEntry extends FilterSettings, ConfigurationSettings {
  /** A name, or a folder with `filter.yaml`. */
  readonly filter: string;
  /** Of the resource, and in the chain. Default: that of the filter. */
  readonly name?: string;
}

/** One of `url`, `inline`, `configMap`, `initContainer`, or a file that is at `path` already. `{filter}` and `{version}` are replaced. */
export interface ModuleSettings {
  readonly url?: string;
  readonly sha256?: string;
  readonly pullPolicy?: PullPolicy;
  readonly pullSecret?: string;
  /** A module on this machine, to stand in the manifest. */
  readonly inline?: string;
  /** A module on this machine, to go into a ConfigMap. */
  readonly configMap?: string;
  /** An image with `cp` and the module. */
  readonly initContainer?: string;
  readonly imagePath?: string;
  /** In the proxy's container. */
  readonly path?: string;
}

export interface MirrorSettings extends PlaceSettings {
  readonly context?: "outbound" | "gateway";
  readonly proxyVersion?: string;
  readonly priority?: number;
  /** In both `{namespace}` is replaced. */
  readonly host?: string;
  readonly to?: string;
  readonly subset?: string;
  readonly route?: string;
  readonly percent?: number;
  readonly replace?: boolean;
}

export interface TelemetrySettings extends PlaceSettings {
  readonly tags?: Readonly<Record<string, string>>;
  readonly metrics?: readonly string[];
  readonly mode?: WorkloadMode;
  readonly provider?: string;
}

export interface StatsLoggerSettings extends ListenerSettings {
  readonly tags?: Readonly<Record<string, string>>;
  readonly statPrefix?: string;
  readonly counter?: string;
}
