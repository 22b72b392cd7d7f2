// Host names: `a.com` or `*.a.com`, which is any name with a label or more before `.a.com`, and not `a.com`. Compared
// without regard to case, port and the dot of a fully qualified name.

/**
 * Turns a pattern to lower case where it stands; false when no request's host could match it: a name or an IPv4 address,
 * an IPv6 address in brackets, a name with "*." before it; never a port.
 */
export function lowerHostPattern(ptr: usize, size: i32): bool {
  if (size == 0) return false;
  let at = ptr;
  const end = ptr + size;
  const isV6 = load<u8>(at) == 0x5b;
  if (isV6) return size > 2 && load<u8>(end - 1) == 0x5d && lowerLabels(ptr + 1, end - 1, 0x3a);
  if (size > 2 && load<u16>(at) == 0x2e2a) at += 2;
  return load<u8>(at) != 0x2e && load<u8>(end - 1) != 0x2e && lowerLabels(at, end, 0x2d);
}

/** Letters, digits, ".", "_" and one mark more. */
function lowerLabels(at: usize, end: usize, mark: i32): bool {
  for (; at < end; ++at) {
    const byte = lower(load<u8>(at));
    const isLetter = byte >= 0x61 && byte <= 0x7a;
    const isDigit = byte >= 0x30 && byte <= 0x39;
    if (!isLetter && !isDigit && byte != 0x2e && byte != 0x5f && byte != mark) return false;
    store<u8>(at, byte);
  }
  return true;
}

/** The size of the host in an authority: without its port and the dot at its end. */
export function hostSize(ptr: usize, size: i32): i32 {
  let end = 0;
  // An IPv6 address has colons of its own, within brackets.
  if (size != 0 && load<u8>(ptr) == 0x5b) while (end < size && load<u8>(ptr + end) != 0x5d) ++end;
  while (end < size && load<u8>(ptr + end) != 0x3a) ++end;
  return end != 0 && load<u8>(ptr + end - 1) == 0x2e ? end - 1 : end;
}

/** Whether a host in any case, without its port, is what the pattern in lower case says. */
export function hostMatches(pattern: ArrayBuffer, host: usize, size: i32): bool {
  const text = changetype<usize>(pattern);
  const length = pattern.byteLength;
  if (load<u8>(text) != 0x2a) return size == length && sameInLower(text, host, length);
  return size >= length && sameInLower(text + 1, host + size - length + 1, length - 1);
}

function sameInLower(pattern: usize, host: usize, size: i32): bool {
  for (let i = 0; i < size; ++i) if (load<u8>(pattern + i) != lower(load<u8>(host + i))) return false;
  return true;
}

function lower(byte: i32): i32 {
  return byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
}
