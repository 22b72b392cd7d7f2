import { expect, test } from "vitest";
import { apiHost, apiRepository, parseReference, pinned } from "./reference.ts";

const digest = `sha256:${"a".repeat(64)}`;

test.each([
  ["oci://ghcr.io/me/filter:1.0", { host: "ghcr.io", repository: "me/filter", tag: "1.0", digest: null }],
  ["oci://localhost/me/filter:1", { host: "localhost", repository: "me/filter", tag: "1", digest: null }],
  ["oci://registry:5000/f1:1", { host: "registry:5000", repository: "f1", tag: "1", digest: null }],
  ["oci://[::1]:5000/a/b__c.d--e:_A", { host: "[::1]:5000", repository: "a/b__c.d--e", tag: "_A", digest: null }],
  [`oci://ghcr.io/me/filter@${digest}`, { host: "ghcr.io", repository: "me/filter", tag: null, digest }],
  [`oci://ghcr.io/me/filter:1@${digest}`, { host: "ghcr.io", repository: "me/filter", tag: "1", digest }],
])("%s is read", (text, parts) => {
  expect(parseReference(text)).toEqual(parts);
});

test.each([
  ["ghcr.io/me/filter:1", "expected oci://host/repository:tag, as WasmPlugin needs the scheme"],
  ["https://ghcr.io/me/filter:1", "expected oci://host/repository:tag"],
  ["oci://me/filter:1", "as Istio reads me as a part of a name at docker.io"],
  ["oci://ghcr.io/p:1", "2 to 255 characters"],
  ["oci://ghcr.io/me/Filter:1", "lower-case"],
  ["oci://ghcr.io/me//filter:1", "a repository of"],
  ["oci://ghcr.io/me/../filter:1", "a repository of"],
  ["oci://ghcr.io", "a repository of"],
  ["oci:///me/filter:1", "the host"],
  ["oci://ghcr.io:70000/me/filter:1", "the host"],
  ["oci://ghcr.io/me/filter", "a tag (:1.0) or a digest"],
  ["oci://ghcr.io/me/filter:", "a tag of"],
  ["oci://ghcr.io/me/filter:a b", "a tag of"],
  [`oci://ghcr.io/me/filter:${"a".repeat(129)}`, "a tag of at most 128"],
  ["oci://ghcr.io/me/filter@sha256:abc", "64 hex digits"],
  [`oci://ghcr.io/me/filter@sha512:${"a".repeat(128)}`, "64 hex digits"],
])("%s is refused, and the message says why", (text, why) => {
  expect(() => parseReference(text)).toThrow(why);
  expect(() => parseReference(text)).toThrow(/^reference: /);
});

test("a password in a reference is refused and not repeated", () => {
  for (const text of ["oci://me:s3cret@ghcr.io/me/filter:1", "me:s3cret@ghcr.io/me/filter:1"]) {
    expect(() => parseReference(text)).toThrow(/docker login/);
    expect(() => parseReference(text)).not.toThrow(/s3cret/);
  }
});

test("names of Docker Hub are asked for at its API", () => {
  const hub = parseReference("oci://docker.io/filter:1");
  expect(apiHost(hub.host)).toBe("registry-1.docker.io");
  expect(apiRepository(hub)).toBe("library/filter");
  expect(apiRepository(parseReference("oci://ghcr.io/filter:1"))).toBe("filter");
});

test("the pinned reference has the digest and no tag", () => {
  expect(pinned(parseReference("oci://ghcr.io/me/filter:1"), digest)).toBe(`oci://ghcr.io/me/filter@${digest}`);
});
