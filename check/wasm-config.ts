/** What Envoy asks of a Wasm filter's configuration that its API does not say. */
import { isRecord, recordOf } from "./document.ts";
import { type Path, type Report, shown } from "./finding.ts";
import type { CheckOptions } from "./options.ts";
import { newestIstioMinor } from "./options.ts";
import { field, textsOf, unwrapped, wasmTypes } from "./plugin.ts";
import { didYouMean } from "./similar.ts";

/** Who gets a module that has a URL. */
export type Fetcher = "envoy" | "agent";

export function checkWasmConfig(
  typedConfig: unknown,
  path: Path,
  fetcher: Fetcher,
  clusters: ReadonlySet<string>,
  report: Report,
  { istioMinor = newestIstioMinor }: CheckOptions,
): void {
  const { type, config, at } = unwrapped(recordOf(typedConfig), path);
  if (!wasmTypes.has(type)) return;
  if (!isRecord(config)) {
    report(path, "expected config, with the plugin in it, found none: Envoy refuses the filter");
    return;
  }
  if (!field(config, "root_id"))
    report(at, "expected root_id, found none; it says which root context of the module is meant");
  const key = field(config, "allow_on_headers_stop_iteration");
  if (key !== undefined && istioMinor < 27)
    report(
      [...at, "allow_on_headers_stop_iteration"],
      `Envoy has it from 1.35 on, which is Istio 1.27, and Istio 1.${istioMinor} refuses the listener`,
    );
  if (field(config, "fail_open") === true && field(config, "failure_policy") !== undefined)
    report([...at, "fail_open"], "expected failure_policy alone, found fail_open beside it; Envoy refuses both");
  const vm = field(config, "vm_config");
  if (!isRecord(vm)) {
    report(at, "expected vm_config, found none: Envoy refuses a plugin without code");
    return;
  }
  checkVm(vm, [...at, "vm_config"], fetcher, clusters, report);
}

function checkVm(
  vm: Readonly<Record<string, unknown>>,
  at: Path,
  fetcher: Fetcher,
  clusters: ReadonlySet<string>,
  report: Report,
): void {
  if (vm.runtime !== runtime)
    report(
      [...at, "runtime"],
      `expected ${runtime}, the one that Istio's proxies have, found ${shown(vm.runtime)}${didYouMean(vm.runtime, [runtime])}`,
    );
  const environment = recordOf(field(vm, "environment_variables"));
  const values = textsOf(field(environment, "key_values"));
  const hostKeys = field(environment, "host_env_keys");
  for (const key of Array.isArray(hostKeys) ? hostKeys : [])
    if (Object.hasOwn(values, String(key)))
      report(
        [...at, "environment_variables"],
        `expected each variable once, found ${shown(key)} twice: Envoy refuses it`,
      );
  for (const [key] of Object.entries(values))
    warnOfSecret(key, [...at, "environment_variables", "key_values", key], report);
  if (!isRecord(vm.code)) {
    report(at, "expected code, found none: Envoy refuses a plugin without code");
    return;
  }
  checkCode(vm.code, [...at, "code"], fetcher, clusters, report);
}

const runtime = "envoy.wasm.runtime.v8";

/** Manifests are read by many. */
export function warnOfSecret(name: string, path: Path, report: Report): void {
  if (/secret|passw|token|private|credential|(^|_)key$/i.test(name))
    report(
      path,
      "looks like a secret, and manifests are not secret: let the filter read it from the proxy's environment (host_env_keys)",
      "warning",
    );
}

function checkCode(
  code: Readonly<Record<string, unknown>>,
  at: Path,
  fetcher: Fetcher,
  clusters: ReadonlySet<string>,
  report: Report,
): void {
  const { local, remote } = code;
  if (local === undefined && remote === undefined) {
    report(at, "expected local or remote, found neither: Envoy refuses a plugin without code");
    return;
  }
  if (isRecord(local)) checkLocal(local, [...at, "local"], report);
  if (!isRecord(remote)) return;
  const httpUri = recordOf(field(remote, "http_uri"));
  const [uri, cluster] = [httpUri.uri, httpUri.cluster];
  if (typeof uri !== "string") return;
  const uriAt = [...at, "remote", "http_uri", "uri"];
  const { sha256 } = remote;
  // "nil" is an older word of istiod for none.
  if (typeof sha256 === "string" && sha256 !== "" && sha256 !== "nil" && !/^[0-9a-f]{64}$/.test(sha256))
    report(
      [...at, "remote", "sha256"],
      `expected 64 digits of 0-9 and a-f, found ${shown(sha256)}: no module has this digest, and requests get 403`,
    );
  if (fetcher === "agent") {
    checkFetchedUrl(uri, uriAt, report);
    return;
  }
  if (!/^https?:\/\//.test(uri)) {
    report(
      uriAt,
      `expected http:// or https://, as Envoy itself fetches it here, found ${schemeOf(uri)}; put the configuration into an EXTENSION_CONFIG patch, whose module Istio's agent fetches`,
    );
    return;
  }
  if (typeof cluster === "string" && !clusters.has(cluster) && !/^(outbound|inbound)\|/.test(cluster))
    report(
      [...at, "remote", "http_uri", "cluster"],
      `there is no cluster ${shown(cluster)}, so Envoy cannot fetch the module; put the configuration into an EXTENSION_CONFIG patch, whose module Istio's agent fetches, or name a cluster of Istio's (outbound|80||host)`,
    );
  else
    report(
      uriAt,
      "Envoy's own fetching is unstable, as its log says; put the configuration into an EXTENSION_CONFIG patch, whose module Istio's agent fetches",
      "warning",
    );
}

function checkLocal(local: Readonly<Record<string, unknown>>, at: Path, report: Report): void {
  const { filename } = local;
  if (typeof filename === "string" && filename !== "") {
    if (!filename.startsWith("/"))
      report([...at, "filename"], `expected an absolute path in the proxy's container, found ${shown(filename)}`);
    else if (/\/$|\/\.\.(\/|$)/.test(filename))
      report([...at, "filename"], `expected the path of a file, found ${shown(filename)}`);
  }
  const inline = field(local, "inline_bytes");
  if (typeof inline === "string" && !Buffer.from(inline, "base64").subarray(0, 4).equals(magic))
    report([...at, "inline_bytes"], "expected a WebAssembly module in base64, found other bytes: Envoy refuses it");
  if (field(local, "inline_string") !== undefined)
    report(
      [...at, "inline_string"],
      "expected inline_bytes, as a module is no text, found inline_string: Envoy refuses it",
    );
}

const magic = Buffer.from("\0asm");

export const schemeOf = (url: string): string =>
  /^([a-z][a-z0-9+.-]*):\/\//i.exec(url)?.[1]?.concat("://") ?? "no scheme";

/** A URL that Istio's agent is to fetch: https, http, oci. */
export function checkFetchedUrl(url: string, path: Path, report: Report): void {
  const scheme = schemeOf(url);
  if (!["oci://", "http://", "https://"].includes(scheme)) {
    report(path, `expected oci://, https:// or http://, found ${scheme}`);
    return;
  }
  const rest = url.slice(scheme.length);
  if (/^[^/]*@/.test(rest)) {
    report(path, "expected no user or password before the host, as manifests are not secret, found one");
    return;
  }
  if (scheme === "oci://") checkImage(rest, path, report);
  else if (!URL.canParse(url) || /\s/.test(url)) report(path, "expected a URL without blanks, found something else");
}

/** As go-containerregistry's `name.ParseReference` takes it. */
export function checkImage(reference: string, path: Path, report: Report): void {
  const image =
    /^(?<host>[A-Za-z0-9.-]+(:\d+)?)\/(?<repository>[a-z0-9._/-]{2,255})(?<tag>:[\w][\w.-]{0,127})?(?<digest>@sha256:[0-9a-f]{64})?$/.exec(
      reference,
    );
  if (image?.groups === undefined) {
    report(
      path,
      `expected host/repository:tag or host/repository@sha256:... with a repository of two characters or more in lower case, found ${shown(reference.replace(/^[^/]*@/, "...@").replace(/[?#].*$/, "?..."))}`,
    );
    return;
  }
  const { tag, digest } = image.groups;
  if (digest === undefined && (tag === undefined || tag === ":latest"))
    report(
      path,
      "names no fixed image, so proxies that start later may get another one; write a version or a digest (@sha256:...)",
      "warning",
    );
}
