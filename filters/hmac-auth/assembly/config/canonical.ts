// Reads what a rule says of a canonical scheme: who may sign, and what must be signed.
import { ConfigReader, JsonKind } from "@proxy-wasm-kit/sdk/json";
import { ALGORITHM_NAMES, Algorithm } from "../algorithm";
import { same } from "../bytes";
import { CanonicalOptions } from "../canonical/options";
import { isRequirable, MOST_REQUIRED } from "../canonical/requirable";
import { createCanonical } from "../canonical/schemes";
import { Consumer } from "../key";
import { RequestLines } from "../lines";
import { Scheme } from "../scheme";
import { KeyFormat, readSecrets } from "./keys";

const NOTHING = new ArrayBuffer(0);

/** sha1 only when it is named. */
const DEFAULT_ALGORITHMS: u32 = (1 << Algorithm.Sha256) | (1 << Algorithm.Sha384) | (1 << Algorithm.Sha512);

/** Null after an error. */
export function readCanonical(
  reader: ConfigReader,
  name: string,
  lines: RequestLines,
  toleranceSeconds: i64,
  validatesBody: bool,
  publicBaseUrl: ArrayBuffer,
  where: string,
): Scheme | null {
  const consumers = readConsumers(reader, where);
  readAllow(reader, consumers);
  const components = reader.stringsOr("required_components", []);
  if (reader.has("required_components") && components.length == 0) {
    reader.fail("required_components", "at least one", "none");
  }
  if (components.length > MOST_REQUIRED) reader.fail("required_components", "at most 32", "more");
  for (let i = 0; i < components.length; ++i) {
    if (isRequirable(name, unchecked(components[i]))) continue;
    reader.fail("required_components", "headers, or what the scheme derives", "another name");
  }
  const isAws = name == "aws-sigv4";
  const options = new CanonicalOptions(
    consumers,
    components.length == 0 ? null : components,
    validatesBody,
    readAlgorithms(reader),
    toleranceSeconds * 1000,
    publicBaseUrl,
    isAws ? reader.bytes("region") : NOTHING,
    isAws ? reader.bytes("service") : NOTHING,
  );
  if (isAws && reader.has("region") && options.region.byteLength == 0) reader.fail("region", "a region", "none");
  if (isAws && reader.has("service") && options.service.byteLength == 0) reader.fail("service", "a service", "none");
  const scheme = createCanonical(name, options, lines);
  if (scheme === null) reader.fail("scheme", "a scheme that is there", "one that is not there yet");
  return scheme;
}

function readConsumers(reader: ConfigReader, where: string): StaticArray<Consumer> {
  const readers = reader.objects("consumers");
  if (reader.has("consumers") && readers.length == 0) reader.fail("consumers", "at least one consumer", "none");
  const format = new KeyFormat();
  const consumers = new StaticArray<Consumer>(readers.length);
  for (let i = 0; i < readers.length; ++i) {
    const one = unchecked(readers[i]);
    const name = readName(one, "name");
    if (name.length == 0) one.fail("name", "a name", one.has("name") ? "an empty one" : "nothing");
    const keyId = one.bytes("key_id");
    if (keyId.byteLength == 0) one.fail("key_id", "a key id", "an empty one");
    for (let k = 0; k < i; ++k) {
      const other = unchecked(consumers[k]);
      if (isSame(keyId, other.keyId)) one.fail("key_id", "an id of its own", "one that another consumer has");
    }
    const algorithm = one.oneOfOr("algorithm", ALGORITHM_NAMES, -1);
    const secrets = readSecrets(one, format, where + ", consumer " + name);
    unchecked((consumers[i] = new Consumer(name, keyId, secrets, algorithm)));
  }
  return consumers;
}

/** Who somebody is, as upstream is told in a header; empty when it is not there. */
export function readName(reader: ConfigReader, key: string): string {
  const name = reader.stringOr(key, "");
  for (let i = 0; i < name.length; ++i) {
    const code = name.charCodeAt(i);
    if (code < 0x20 || code == 0x7f) reader.fail(key, "a name without control characters", "one with them");
  }
  return name;
}

function isSame(a: ArrayBuffer, b: ArrayBuffer): bool {
  return a.byteLength == b.byteLength && same(changetype<usize>(a), changetype<usize>(b), a.byteLength);
}

/** Each name must be a consumer's. */
function readAllow(reader: ConfigReader, consumers: StaticArray<Consumer>): void {
  const names = reader.stringsOr("allow", []);
  if (!reader.has("allow")) return;
  for (let i = 0; i < consumers.length; ++i) unchecked(consumers[i]).isAllowed = false;
  for (let k = 0; k < names.length; ++k) {
    let isKnown = consumers.length == 0;
    for (let i = 0; i < consumers.length; ++i) {
      // One without a name has had its error.
      const name = unchecked(consumers[i]).name;
      if (name != unchecked(names[k]) && name.length != 0) continue;
      unchecked(consumers[i]).isAllowed = true;
      isKnown = true;
    }
    if (!isKnown) reader.fail("allow", "names of consumers", "another one");
  }
}

function readAlgorithms(reader: ConfigReader): u32 {
  const list = reader.list("allowed_algorithms");
  if (list === null) return DEFAULT_ALGORITHMS;
  if (list.length == 0) reader.fail("allowed_algorithms", "at least one algorithm", "none");
  let allowed: u32 = 0;
  let item = list.first;
  while (item !== null) {
    const name = item.kind == JsonKind.String ? item.string() : "";
    let found = -1;
    for (let i = 0; i < ALGORITHM_NAMES.length; ++i) if (unchecked(ALGORITHM_NAMES[i]) == name) found = i;
    if (found < 0) reader.failAt(item, 'one of "sha1" "sha256" "sha384" "sha512"', "");
    else allowed |= 1 << found;
    item = item.next;
  }
  return allowed;
}
