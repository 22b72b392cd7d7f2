import { describe, expect, test } from "vitest";
import { HeaderMap } from "./header-map.ts";
import { refuseTarget, splitAbsoluteTarget } from "./request-target.ts";

/** What the first filter sees of a request for `target` of `example.com`. */
function seen(target: string): string {
  const headers = new HeaderMap("request", [
    [":authority", "example.com"],
    [":path", target],
    [":method", "GET"],
    [":scheme", "http"],
    ["x-a", "1"],
  ]);
  splitAbsoluteTarget(headers);
  return headers.entries.map(([name, value]) => `${name}=${value}`).join(" ");
}

test.each([
  ["http://other.example/p?q", ":authority=other.example :scheme=http :path=/p?q :method=GET x-a=1"],
  ["HTTPS://Other.example", ":authority=Other.example :scheme=https :path=/ :method=GET x-a=1"],
  ["http://u:p@h:80/b", ":authority=h:80 :scheme=http :path=/b :method=GET x-a=1"],
  ["//h/b", ":authority=example.com :path=//h/b :method=GET :scheme=http x-a=1"],
])("an absolute target has the host and the scheme: %s", (target, headers) => {
  expect(seen(target)).toBe(headers);
});

describe("what is no path is refused", () => {
  test.each([
    ["/a", "GET", undefined],
    ["*", "OPTIONS", "absolute_path_rejected"],
    ["*", "GET", "http1.invalid_url"],
    ["a", "GET", "http1.codec_error"],
    ["?a", "GET", "http1.codec_error"],
    ["ftp://h/a", "GET", "http1.invalid_scheme"],
    ["http://h?a", "GET", "absolute_path_rejected"],
  ])("%s of %s: %s", (target, method, details) => {
    expect(refuseTarget(target, method)?.reply.details).toBe(details);
  });
});
