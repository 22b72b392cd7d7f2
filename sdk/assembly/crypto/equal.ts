/** Whether `size` bytes are equal, in a time that does not depend on where they differ. */
export function equal(a: usize, b: usize, size: i32): bool {
  let difference = 0;
  for (let i = 0; i < size; ++i) difference |= load<u8>(a + i) ^ load<u8>(b + i);
  return difference == 0;
}
