/** Config maps, which take modules into pods. */
import { checkObject } from "./crd.ts";
import { isRecord, type Manifest, recordOf } from "./document.ts";
import { typeOf } from "./finding.ts";
import { isBase64 } from "./scalar.ts";
import { didYouMean } from "./similar.ts";

/** Of data and binaryData. Source: k8s.io/api core/v1 `MaxSecretSize`, which holds for config maps too. */
const mostBytes = 1024 * 1024;
const keys = ["apiVersion", "kind", "metadata", "data", "binaryData", "immutable"];

export function checkConfigMap({ apiVersion, value, report }: Manifest): void {
  if (apiVersion !== "v1") report(["apiVersion"], "expected v1 for ConfigMap");
  checkObject(value, report);
  for (const key of Object.keys(value))
    if (!keys.includes(key)) report([key], `ConfigMap has no field ${JSON.stringify(key)}${didYouMean(key, keys)}`);
  let size = 0;
  for (const [field, isBinary] of [
    ["data", false],
    ["binaryData", true],
  ] as const) {
    const entries = value[field] ?? {};
    if (!isRecord(entries)) {
      report([field], `expected an object of texts, found ${typeOf(entries)}`);
      continue;
    }
    for (const [key, text] of Object.entries(entries)) {
      if (!/^[-._a-zA-Z0-9]{1,253}$/.test(key)) report([field, key], "expected a key of letters, numbers, -, _ and .");
      if (typeof text !== "string") report([field, key], `expected a text, in quotes, found ${typeOf(text)}`);
      else if (isBinary && !isBase64(text)) report([field, key], "expected base64, found something else");
      else {
        const bytes = Buffer.from(text, isBinary ? "base64" : "utf8");
        size += bytes.length + key.length;
        if (key.endsWith(".wasm") && !bytes.subarray(0, 4).equals(Buffer.from("\0asm")))
          report(
            [field, key],
            isBinary
              ? "expected a WebAssembly module in base64, found other bytes"
              : "expected a module under binaryData, in base64, found text",
          );
      }
    }
    if (field === "binaryData" && Object.keys(recordOf(value.data)).some((key) => Object.hasOwn(entries, key)))
      report([field], "expected each key in data or in binaryData, found one in both");
  }
  if (size > mostBytes)
    report(
      [],
      `expected at most ${mostBytes} bytes, found ${size}; deliver the module in an image (pwk push), or by an init container`,
    );
}
