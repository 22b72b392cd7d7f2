/** Where a proxy gets the module from, when no file with it lies in its container. */
import { check } from "./problems.ts";

/** The module stands in the manifest. */
export interface InlineModule {
  readonly inline: Uint8Array;
}

export const pullPolicies = ["IfNotPresent", "Always"] as const;
export type PullPolicy = (typeof pullPolicies)[number];

/** The module is fetched: by Istio's agent beside Envoy, or by the controller of Envoy Gateway. */
export interface RemoteModule {
  /** `oci://host/repository:tag`, `oci://host/repository@sha256:...`, or a file or archive behind `http(s)://`. */
  readonly url: string;
  /** Of `oci://` the digest of the image's manifest, else that of the module; 64 hex digits. Default: not compared. */
  readonly sha256?: string;
  /** Default: `Always` for the tag `latest`, else `IfNotPresent`. */
  readonly pullPolicy?: PullPolicy;
  /** A secret of type `kubernetes.io/dockerconfigjson` in the same namespace. */
  readonly pullSecret?: string;
}

export type ModuleSource = InlineModule | RemoteModule;
export type SourceKind = "file" | "inline" | "url";

export const kindOf = (source: ModuleSource | undefined): SourceKind =>
  source === undefined ? "file" : "inline" in source ? "inline" : "url";

/** etcd takes requests of 1.5 MiB, and base64 adds a third. */
const mostInlineBytes = 1024 * 1024;

export function sourceProblems(source: ModuleSource | undefined): string[] {
  if (source === undefined) return [];
  if ("inline" in source) {
    const { length } = source.inline;
    return length <= mostInlineBytes
      ? []
      : [`/source/inline: expected at most ${mostInlineBytes} bytes, found ${length}; deliver the module in an image`];
  }
  const { url, sha256, pullPolicy, pullSecret } = source;
  return [
    ...urlProblems(url),
    ...check(
      sha256 === undefined || /^[0-9a-f]{64}$/.test(sha256),
      "/source/sha256",
      "64 hex digits in lower case, without sha256:",
      sha256,
    ),
    ...digestProblems(url, sha256),
    ...check(
      pullPolicy === undefined || pullPolicies.includes(pullPolicy),
      "/source/pullPolicy",
      `one of ${pullPolicies.join(", ")}`,
      pullPolicy,
    ),
    ...check(
      pullSecret === undefined || /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/.test(pullSecret),
      "/source/pullSecret",
      "the name of a secret",
      pullSecret,
    ),
  ];
}

/** Istio drops a WasmPlugin whose URL has no scheme with a line in its log, and the filter is then not there. */
function urlProblems(url: string): string[] {
  const [, scheme = "", rest = ""] = /^([a-z]+):\/\/(.*)$/s.exec(url) ?? [];
  if (!["oci", "http", "https"].includes(scheme)) {
    // Before a host may stand a password, so what is no URL is not said again.
    return [
      `/source/url: expected oci://, https:// or http://, found ${scheme === "" ? "none of them" : `${scheme}://`}`,
    ];
  }
  if (/^[^/]*@/.test(rest)) {
    return ["/source/url: expected no user or password before the host, as manifests are not secret, found one"];
  }
  // Not said again: tokens may stand in it.
  if (scheme !== "oci")
    return URL.canParse(url) && !/\s/.test(url)
      ? []
      : ["/source/url: expected a URL without blanks, found something else"];
  const image = /^[A-Za-z0-9.-]+(:\d+)?\/[a-z0-9][a-z0-9._/-]+(:[\w][\w.-]{0,127})?(@sha256:[0-9a-f]{64})?$/.exec(rest);
  return [
    ...check(image !== null, "/source/url", "oci://host/repository:tag or oci://host/repository@sha256:...", url),
    ...check(
      image === null || image[2] !== undefined || image[3] !== undefined,
      "/source/url",
      "a tag (:1.0) or a digest (@sha256:...)",
      url,
    ),
  ];
}

/** The digest in a reference is that of the manifest too, so another one beside it can never fit. */
function digestProblems(url: string, sha256: string | undefined): string[] {
  const digest = /^oci:.*@sha256:([0-9a-f]{64})$/.exec(url)?.[1];
  return check(
    digest === undefined || sha256 === undefined || digest === sha256,
    "/source/sha256",
    `the digest of the image, as in the url (the module's own is another one)`,
    sha256,
  );
}
