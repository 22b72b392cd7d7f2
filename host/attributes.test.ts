import { expect, test } from "vitest";
import { type Attributes, withAttributes } from "./attributes.ts";
import { byteString } from "./byte-string.ts";
import { findProperty, propertyTable, serializeProperty } from "./property-value.ts";

const own = propertyTable({
  xds: () => propertyTable({ cluster_name: () => "upstream", route_name: () => "" }),
  request: () => ({ get: (name) => (name === "path" ? "/" : undefined), entries: () => [["path", "/"]] }),
});

/** The bytes a guest gets, a character for each; undefined without the property. */
function read(given: Attributes, path: string): string | null | undefined {
  const found = findProperty(withAttributes(own, given), path.split("."));
  const bytes = found === undefined ? undefined : serializeProperty(found);
  return bytes && byteString(bytes);
}

test("what is given stands before the host's own, and the rest stays", () => {
  const given = { xds: { route_name: "default", node: { id: "n\u00e9" } } };
  expect(read(given, "xds.route_name")).toBe("default");
  expect(read(given, "xds.cluster_name")).toBe("upstream");
  expect(read(given, "xds.node.id")).toBe("n\u00c3\u00a9");
  expect(read(given, "xds.node.none")).toBeUndefined();
});

test("every type has Envoy's form", () => {
  const given = { a: { int: 5n, double: 1.5, yes: true, at: new Date(1), bytes: Uint8Array.of(255) } };
  expect(read(given, "a.int")).toBe("\u0005\0\0\0\0\0\0\0");
  expect(read(given, "a.double")).toBe("\0\0\0\0\0\0\u00f8?");
  expect(read(given, "a.yes")).toBe("\u0001");
  expect(read(given, "a.at")).toBe("@B\u000f\0\0\0\0\0");
  expect(read(given, "a.bytes")).toBe("\u00ff");
});

test("maps and lists are pairs, and can be walked", () => {
  const given = { m: { list: ["a", "b"], map: { k: "v" } }, request: { extra: "x" } };
  expect(read(given, "m.list.1")).toBe("b");
  expect(read(given, "m.list")).toBe(`${"\u0002\0\0\0"}${"\u0001\0\0\0\0\0\0\0".repeat(2)}a\0\0b\0\0`);
  expect(read(given, "m.map")).toBe("\u0001\0\0\0\u0001\0\0\0\u0001\0\0\0k\0v\0");
  expect(read(given, "request")).toContain("path\0/\0extra\0x\0");
});

test("a name that objects have by themselves is no attribute", () => {
  expect(read({}, "constructor")).toBeUndefined();
});
