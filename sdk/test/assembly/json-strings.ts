// What the strict reader costs a filter that reads one string; config-reader.test.ts weighs it.
import { ConfigReader } from "../../json";

export function read(text: ArrayBuffer): string | null {
  const reader = ConfigReader.read(text);
  const name = reader.string("name");
  return reader.finish("strings") ? name : null;
}
