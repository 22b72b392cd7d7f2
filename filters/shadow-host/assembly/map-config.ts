// The key "map" of the configuration.
import { ConfigReader } from "@proxy-wasm-kit/sdk/json";
import { lowerHostPattern } from "@proxy-wasm-kit/sdk/rules";
import { HostMap, HostMapping } from "./host-map";
import { portStart } from "./suffix";

const STAR = 0x2a;

export function readMap(reader: ConfigReader, otherwise: HostMap): HostMap {
  const readers = reader.objectsOrNone("map");
  if (!reader.has("map")) return otherwise;
  const mappings = new StaticArray<HostMapping>(readers.length);
  for (let i = 0; i < readers.length; ++i) unchecked((mappings[i] = readMapping(unchecked(readers[i]))));
  return new HostMap(mappings);
}

function readMapping(reader: ConfigReader): HostMapping {
  const from = reader.bytes("from");
  const isEvery = from.byteLength == 1 && load<u8>(changetype<usize>(from)) == STAR;
  if (!isEvery && !lowerHostPattern(changetype<usize>(from), from.byteLength)) {
    reader.fail("from", 'a host such as "a.com", "*.a.com" or "*"', "");
  }
  const to = reader.bytes("to");
  const ptr = changetype<usize>(to);
  const size = to.byteLength;
  const port = portStart(ptr, size);
  const star = starIn(ptr, port);
  if (!isHost(to.slice(0, port), star) || !isPort(ptr + port, size - port)) {
    reader.fail("to", 'an authority such as "a.com", "*.a.com" or "a.com:8080"', "");
  } else if (star >= 0 && starIn(changetype<usize>(from), from.byteLength) < 0) {
    reader.fail("to", 'no "*", as there is none in "from"', "");
  }
  // What stands before the port is all of the host: the port goes with the end of it.
  if (star < 0) return new HostMapping(from, to, new ArrayBuffer(0), false, port != size);
  return new HostMapping(from, to.slice(0, star), to.slice(star + 1), true, port != size);
}

/** Where the first "*" is; -1 when there is none. */
function starIn(ptr: usize, size: i32): i32 {
  for (let at = 0; at < size; ++at) if (load<u8>(ptr + at) == STAR) return at;
  return -1;
}

/** Whether a host can be made of it: "*" stands for a label, or several. */
function isHost(host: ArrayBuffer, star: i32): bool {
  const ptr = changetype<usize>(host);
  if (star >= 0) store<u8>(ptr + star, 0x61);
  return starIn(ptr, host.byteLength) < 0 && lowerHostPattern(ptr, host.byteLength);
}

/** Nothing, or ":" and a number from 1 to 65535. */
function isPort(ptr: usize, size: i32): bool {
  if (size == 0) return true;
  if (size > 6) return false;
  let port = 0;
  for (let at = 1; at < size; ++at) {
    const digit = <i32>load<u8>(ptr + at) - 0x30;
    if (digit < 0 || digit > 9) return false;
    port = port * 10 + digit;
  }
  return port >= 1 && port <= 65535;
}
