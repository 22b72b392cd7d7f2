/** Names of images: `oci://host/repository:tag` and `oci://host/repository@sha256:…`, as WasmPlugins have them. */
import { isDigest } from "./digest.ts";
import { RegistryFailure } from "./failure.ts";

/** Names one image, by a tag or by the digest of its manifest. */
export interface Reference {
  /** As it is written, with the port: "ghcr.io", "localhost:5000". */
  readonly host: string;
  readonly repository: string;
  /** Null where a digest alone names the image. */
  readonly tag: string | null;
  readonly digest: string | null;
}

const hostName = /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?|\[[0-9a-fA-F:]+\])(?::\d{1,5})?$/;
/** The OCI distribution specification, "Pulling manifests". */
const repositoryName = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const tagName = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;
const scheme = "oci://";

/** Reads a reference. Stricter than registries are where Istio would read another image, or none. */
export function parseReference(text: string): Reference {
  // What stands before "@" in the host is a password as a rule, and is not said again.
  if (/^(?:[a-z]+:\/\/)?[^/]*@[^/]*\//i.test(text)) {
    throw new RegistryFailure(
      "reference: expected oci://host/repository:tag, found a user or a password before the host; use docker login",
    );
  }
  const wrong = (expected: string) => new RegistryFailure(`reference: ${text}: expected ${expected}`);
  if (!text.startsWith(scheme)) {
    throw wrong(`oci://host/repository:tag${/^[a-z]+:\/\//.test(text) ? "" : ", as WasmPlugin needs the scheme"}`);
  }
  const [, host = "", rest = ""] = /^([^/]*)\/?(.*)$/.exec(text.slice(scheme.length)) ?? [];
  if (!hostName.test(host) || !URL.canParse(`https://${host}`)) throw wrong("the host of a registry after oci://");
  // So do Docker and Istio tell a host from the first part of a name at Docker Hub.
  if (!/[.:]/.test(host) && host !== "localhost") {
    throw wrong(`a host with a dot or a port, as Istio reads ${host} as a part of a name at docker.io`);
  }
  const [, repository = "", tag = null, digest = null] = /^([^:@]*)(?::([^@]*))?(?:@(.*))?$/.exec(rest) ?? [];
  if (!repositoryName.test(repository)) throw wrong("a repository of lower-case letters, digits, and . _ - / between");
  if (repository.length < 2 || repository.length > 255) {
    throw wrong("a repository of 2 to 255 characters, as Istio reads no other");
  }
  if (tag !== null && !tagName.test(tag)) throw wrong("a tag of at most 128 letters, digits, and . _ -");
  if (digest !== null && !isDigest(digest)) throw wrong("sha256: and 64 hex digits after @");
  if (tag === null && digest === null) throw wrong("a tag (:1.0) or a digest (@sha256:…)");
  return { host, repository, tag, digest };
}

/** The reference that names these bytes and no others. */
export const pinned = ({ host, repository }: Reference, digest: string): string =>
  `${scheme}${host}/${repository}@${digest}`;

/** Names of Docker Hub; its API is elsewhere. */
export const isDockerHub = (host: string): boolean =>
  ["docker.io", "index.docker.io", "registry-1.docker.io"].includes(host);

/** Where the registry's API is: host with port. */
export const apiHost = (host: string): string => (isDockerHub(host) ? "registry-1.docker.io" : host);

/** The repository as the API knows it: Docker Hub keeps one-part names under "library". */
export const apiRepository = ({ host, repository }: Reference): string =>
  isDockerHub(host) && !repository.includes("/") ? `library/${repository}` : repository;
