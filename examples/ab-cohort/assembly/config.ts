// The configuration: `{"cluster": "cohorts"}` at least.
import { ConfigReader } from "@proxy-wasm-kit/sdk/json";

export class Config {
  constructor(
    /** Envoy's name of the service. */
    readonly cluster: string,
    readonly path: string,
    readonly timeoutMs: u32,
    /** How long an answer is kept. */
    readonly keepNs: u64,
    /** The cohort when the service does not say. */
    readonly otherwise: string,
  ) {}
}

/** Reads the JSON text; logs what is wrong with it and returns null. */
export function readConfig(text: ArrayBuffer): Config | null {
  const reader = ConfigReader.read(text);
  const cluster = reader.string("cluster");
  const path = reader.stringOr("path", "/cohort");
  const timeoutMs = <u32>reader.integerOr("timeout_ms", 1, 60000, 200);
  const keepSeconds = <u64>reader.integerOr("cache_seconds", 0, 86400, 60);
  const otherwise = reader.stringOr("default_cohort", "control");
  if (!reader.finish("ab-cohort")) return null;
  return new Config(cluster, path, timeoutMs, keepSeconds * 1000000000, otherwise);
}
