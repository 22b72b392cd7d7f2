/** Nothing a client sends makes the module trap or grow, and it undoes just what Envoy does. The module must have been built. */
import { type HeaderLine, hostEngine } from "@proxy-wasm-kit/testing";
import { expect, test } from "vitest";
import { withConfiguration } from "./shadow-host-set-up.ts";

/** As Envoy's shadow writer does: source/common/router/shadow_writer_impl.cc. */
function mirrored(authority: string): string {
  const colon = authority.lastIndexOf(":");
  const port = colon > authority.lastIndexOf("]") ? colon : authority.length;
  return `${authority.slice(0, port)}-shadow${authority.slice(port)}`;
}

/** xorshift32: the same requests in every run. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

test("whatever host is mirrored, it comes back", async () => {
  const proxy = await hostEngine.start({ ...withConfiguration(), logLevel: "critical" });
  const random = randomOf(20261121);
  const pieces = ["a", "-shadow", "-", ":", "80", "[", "]", "::1", ".", "*", "%", "\u00e9", "SHADOW", "shop.example"];
  for (let i = 0; i < 5_000; i++) {
    const authority = Array.from({ length: 1 + random(6) }, () => pieces[random(pieces.length)]).join("");
    // Envoy would mirror it as nothing but a port and a suffix.
    if (authority.startsWith(":") && authority.lastIndexOf(":") === 0) continue;
    const { upstream, failures } = await proxy.send({ authority: mirrored(authority) });
    expect([upstream?.authority, failures]).toEqual([authority, []]);
  }
  await proxy.close();
});

test("random requests are answered, and large ones", async () => {
  const proxy = await hostEngine.start({
    ...withConfiguration({
      exceptions: ["*.a-shadow"],
      shadow_header: {},
      map: [{ from: "*", to: "*.b:81" }],
      remove_headers: ["cookie"],
      replace_headers: [{ name: "authorization", value: "a" }],
      x_forwarded_host: "set",
      x_envoy_original_host: "set",
    }),
    logLevel: "critical",
  });
  const hosts = [
    "",
    ":",
    "-shadow",
    "[",
    "[::1]-shadow",
    "a.a-shadow",
    `${"\u00ff".repeat(1 << 16)}-shadow`,
    `${".".repeat(1 << 16)}-shadow:1`,
  ];
  const headers: HeaderLine[] = [
    ["cookie", "a".repeat(1 << 16)],
    ["authorization", ""],
    ["x-shadow", "\u00ff"],
  ];
  for (const authority of hosts) {
    for (let i = 0; i < 50; i++) {
      const { outcome, failures } = await proxy.send({ authority, headers: headers.slice(i % 4) });
      expect([outcome, failures]).toEqual(["forwarded", []]);
    }
  }
  await proxy.close();
});
