// Lists of strings in a configuration that are compared as bytes.
import { ConfigReader } from "../json/config-reader";
import { JsonKind } from "../json/json";

/** A list of strings that are each `good`, which may change them where they stand; null when there is no such key. */
export function readTexts(
  reader: ConfigReader,
  key: string,
  good: (ptr: usize, size: i32) => bool,
  expected: string,
): StaticArray<ArrayBuffer> | null {
  const list = reader.list(key);
  if (list === null) return null;
  if (list.length == 0) reader.fail(key, "at least one", "none");
  const texts = new StaticArray<ArrayBuffer>(list.length);
  let item = list.first;
  while (item !== null) {
    const text = item.bytes();
    if (item.kind != JsonKind.String || !good(changetype<usize>(text), text.byteLength)) {
      reader.failAt(item, expected, "");
    }
    unchecked((texts[item.index] = text));
    item = item.next;
  }
  return texts;
}
