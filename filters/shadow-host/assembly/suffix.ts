// The suffix of mirrored hosts. Envoy puts it behind the name, before the port: "a-shadow:80", "[::1]-shadow", always in small
// letters. Source: envoy source/common/router/shadow_writer_impl.cc, and `getPortStart` in source/common/http/header_utility.cc.

export const SUFFIX: string = "-shadow";
export const SUFFIX_SIZE: i32 = 7;

/** Where the port of an authority begins, at its ":"; the size of the authority when there is none. */
export function portStart(ptr: usize, size: i32): i32 {
  for (let at = size - 1; at >= 0; --at) {
    const byte = load<u8>(ptr + at);
    if (byte == 0x3a) return at;
    // The colons before it are those of an IPv6 address.
    if (byte == 0x5d) break;
  }
  return size;
}

/** The size of a name without its suffix; 0 when it has none, or would be nothing else. */
export function nameWithoutSuffix(ptr: usize, size: i32): i32 {
  const rest = size - SUFFIX_SIZE;
  return rest > 0 && endsInSuffix(ptr, size) ? rest : 0;
}

export function endsInSuffix(ptr: usize, size: i32): bool {
  if (size < SUFFIX_SIZE) return false;
  const from = ptr + size - SUFFIX_SIZE;
  for (let i = 0; i < SUFFIX_SIZE; ++i) if (load<u8>(from + i) != SUFFIX.charCodeAt(i)) return false;
  return true;
}
