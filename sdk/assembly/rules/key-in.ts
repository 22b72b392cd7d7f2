// Objects that say by their key what they are, such as `{"prefix": "/v1/"}`.
import { ConfigReader } from "../json/config-reader";

/** Which of these keys the object has, as its index; -1 and an error when it has none, or several. */
export function keyIn(reader: ConfigReader, keys: StaticArray<string>, expected: string): i32 {
  let found = -1;
  let count = 0;
  for (let i = 0; i < keys.length; ++i) {
    if (!reader.has(unchecked(keys[i]))) continue;
    found = i;
    ++count;
  }
  if (count == 1) return found;
  reader.failHere(expected, count == 0 ? "none" : "several");
  return -1;
}
