/** Source: k8s.io/api/core/v1, `ConfigMap`. */
import type { Metadata } from "./metadata.ts";

export interface ConfigMap {
  readonly apiVersion: "v1";
  readonly kind: "ConfigMap";
  readonly metadata: Metadata;
  /** Base64 by file name. */
  readonly binaryData: Readonly<Record<string, string>>;
}
