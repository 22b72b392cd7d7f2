import { expect, test } from "vitest";
import { parseChallenges } from "./challenge.ts";

const bearer = (parameters: Record<string, string>) => ({ scheme: "bearer", parameters });

test.each([
  ['Basic realm="a, b"', [{ scheme: "basic", parameters: { realm: "a, b" } }]],
  [
    'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push"',
    [
      bearer({
        realm: "https://auth.docker.io/token",
        service: "registry.docker.io",
        scope: "repository:a/b:pull,push",
      }),
    ],
  ],
  [
    'bearer REALM = "https://a/b" , Basic realm=x',
    [bearer({ realm: "https://a/b" }), { scheme: "basic", parameters: { realm: "x" } }],
  ],
  ['Bearer realm="a\\"b"', [bearer({ realm: 'a"b' })]],
  ["Negotiate", [{ scheme: "negotiate", parameters: {} }]],
  ["", []],
  ['realm="x"', []],
])("%s", (header, challenges) => {
  expect(parseChallenges(header)).toEqual(challenges);
});
