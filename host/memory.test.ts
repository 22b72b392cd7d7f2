import { describe, expect, test } from "vitest";
import { Status } from "./abi.ts";
import { GuestMemory } from "./memory.ts";

const size = 64 * 1024;

/** Memory full of "?", whose allocator gives one address. */
function guest(address: number) {
  const memory = new WebAssembly.Memory({ initial: 1 });
  new Uint8Array(memory.buffer).fill("?".charCodeAt(0));
  return new GuestMemory(memory, () => address);
}

describe("reading and writing", () => {
  test("the last bytes of memory is allowed, one byte more is not", () => {
    const memory = guest(0);
    expect(memory.read(size - 2, 2)).toEqual(new TextEncoder().encode("??"));
    expect(memory.read(size - 2, 3)).toBeNull();
    expect(memory.write(size - 2, new Uint8Array(2))).toBe(true);
    expect(memory.write(size - 2, new Uint8Array(3))).toBe(false);
    expect(memory.writeU32(size - 3, 1)).toBe(false);
    expect(memory.writeU64(size - 7, 1n)).toBe(false);
  });

  test("nothing is allowed at any address up to the end", () => {
    expect(guest(0).read(size, 0)).toEqual(new Uint8Array());
    expect(guest(0).read(size + 1, 0)).toBeNull();
  });

  test("an address near 2^32 does not wrap around", () => {
    expect(guest(0).read(0xffff_ffff, 2)).toBeNull();
  });
});

describe("giving", () => {
  test("writes the bytes and the two words, and nothing beside them", () => {
    const memory = guest(100);
    expect(memory.give(new TextEncoder().encode("abc"), 8, 16)).toBe(Status.Ok);
    expect(memory.readString(99, 5)).toBe("?abc?");
    expect(memory.readString(7, 6)).toBe("?d\0\0\0?");
    expect(memory.readString(15, 6)).toBe("?\u0003\0\0\0?");
  });

  test("nothing needs no allocator", () => {
    const memory = guest(0);
    expect(memory.give(new Uint8Array(), 8, 16)).toBe(Status.Ok);
    expect([memory.readU32(8), memory.readU32(16)]).toEqual([0, 0]);
  });

  test("fails when the allocator does, or an out-pointer is outside memory", () => {
    expect(guest(0).give(Uint8Array.of(1), 8, 16)).toBe(Status.InvalidMemoryAccess);
    expect(guest(size - 1).give(Uint8Array.of(1, 2), 8, 16)).toBe(Status.InvalidMemoryAccess);
    expect(guest(100).give(Uint8Array.of(1), size - 3, 16)).toBe(Status.InvalidMemoryAccess);
  });

  test("leaves a null out-pointer alone", () => {
    const memory = guest(100);
    expect(memory.give(Uint8Array.of(1), 0, 0)).toBe(Status.Ok);
    expect(memory.readString(0, 4)).toBe("????");
  });
});
