import { describe, expect, test } from "vitest";
import { HeaderMap } from "./header-map.ts";

const request = () =>
  new HeaderMap("request", [
    ["X-One", "1"],
    [":method", "GET"],
    [":authority", "example.com"],
    ["accept", "a"],
  ]);

describe("a header map", () => {
  test("keeps pseudo headers first and names in lower case", () => {
    expect(request().entries).toEqual([
      [":method", "GET"],
      [":authority", "example.com"],
      ["x-one", "1"],
      ["accept", "a"],
    ]);
  });

  test("finds the first value whatever the case of the name", () => {
    const map = request();
    map.add("x-one", "2");
    expect(map.get("X-ONE")).toBe("1");
    expect(map.getAll("x-one")).toEqual(["1", "2"]);
    expect(map.get("none")).toBeNull();
  });

  test("takes host for :authority in requests alone", () => {
    expect(request().get("host")).toBe("example.com");
    expect(new HeaderMap("response", [["host", "a"]]).entries).toEqual([["host", "a"]]);
  });

  test("joins a second value of an inline header and of a pseudo header, other values stay apart", () => {
    const map = request();
    map.add("accept", "b");
    map.add(":method", "PUT");
    map.add("set-cookie", "a");
    map.add("set-cookie", "b");
    expect(map.get("accept")).toBe("a,b");
    expect(map.get(":method")).toBe("GET,PUT");
    expect(map.getAll("set-cookie")).toEqual(["a", "b"]);
  });

  test("puts what it replaces behind the others of its kind", () => {
    const map = request();
    map.replace("x-one", "2");
    map.replace("host", "other.example");
    map.replace(":method", "PUT");
    expect(map.entries.map(([name]) => name)).toEqual([":authority", ":method", "accept", "x-one"]);
  });

  test("counts the bytes of names and values", () => {
    expect(
      new HeaderMap("trailers", [
        ["ab", "c"],
        ["d", ""],
      ]).byteSize,
    ).toBe(4);
  });
});
