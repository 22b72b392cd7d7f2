// Keys of the configuration: as they stand there, or from the environment of the proxy. No error names a value.
import { environment, log } from "@proxy-wasm-kit/sdk";
import { Base64Alphabet, decodeBase64, decodeHex } from "@proxy-wasm-kit/sdk/crypto";
import { ConfigReader } from "@proxy-wasm-kit/sdk/json";
import { startsWith } from "../bytes";
import { Secret } from "../key";

/** Every key of a rule may be tried at each request. */
const MAX_KEYS = 8;

/** A shorter key can be guessed: RFC 2104 advises the size of the digest. */
const SHORT_KEY_BYTES = 16;

/** By index: what `KeyFormat.encoding` says. */
const KEY_ENCODINGS: StaticArray<string> = ["utf8", "hex", "base64", "base64url"];

/** How the keys of a scheme are written. */
export class KeyFormat {
  encoding: i32 = 0;
  stripPrefix: ArrayBuffer = new ArrayBuffer(0);
  refusePrefixes: StaticArray<string> = [];
  shortBytes: i32 = SHORT_KEY_BYTES;

  static read(reader: ConfigReader): KeyFormat {
    const format = new KeyFormat();
    format.encoding = reader.oneOfOr("encoding", KEY_ENCODINGS, 0);
    format.stripPrefix = reader.bytesOr("strip_prefix", new ArrayBuffer(0));
    format.refusePrefixes = reader.stringsOr("refuse_prefixes", []);
    for (let i = 0; i < format.refusePrefixes.length; ++i) {
      if (unchecked(format.refusePrefixes[i]).length != 0) continue;
      reader.fail("refuse_prefixes", "at least one character in each", "none");
    }
    // The specification of Standard Webhooks asks for 24 bytes of those.
    if (format.stripPrefix.byteLength != 0) format.shortBytes = 24;
    return format;
  }
}

/** The list "keys", newest first: at least one, at most 8, their ids different. `where` names it in warnings. */
export function readSecrets(reader: ConfigReader, format: KeyFormat, where: string): StaticArray<Secret> {
  const readers = reader.objects("keys");
  if (reader.has("keys") && (readers.length == 0 || readers.length > MAX_KEYS)) {
    reader.fail("keys", "1 to 8 keys", readers.length == 0 ? "none" : "more");
  }
  const secrets = new StaticArray<Secret>(readers.length);
  for (let i = 0; i < readers.length; ++i) {
    const one = unchecked(readers[i]);
    const id = one.stringOr("id", i.toString());
    if (id.length == 0) one.fail("id", "an id", "an empty one");
    for (let k = 0; k < i; ++k) {
      if (unchecked(secrets[k]).id == id) one.fail("id", "an id of its own", "one that another key has");
    }
    const encoding = one.oneOfOr("encoding", KEY_ENCODINGS, format.encoding);
    const field = one.has("env") ? "env" : "value";
    const bytes = decodeKey(one, field, readText(one, "value", "env"), encoding, format);
    if (bytes.byteLength != 0 && bytes.byteLength < format.shortBytes) warnOfShortKey(where, id, format.shortBytes);
    unchecked((secrets[i] = new Secret(id, bytes)));
  }
  return secrets;
}

/** The key of the two-field form. */
export function readSigningKey(reader: ConfigReader): ArrayBuffer {
  const text = readText(reader, "signing_key", "signing_key_env");
  const field = reader.has("signing_key_env") ? "signing_key_env" : "signing_key";
  const bytes = decodeKey(reader, field, text, 0, new KeyFormat());
  if (bytes.byteLength != 0 && bytes.byteLength < SHORT_KEY_BYTES) {
    log.warn("hmac-auth: the signing key has less than 16 bytes");
  }
  return bytes;
}

/** The text of a key: from the field itself, or from the variable that the other field names. */
function readText(reader: ConfigReader, field: string, envField: string): ArrayBuffer {
  if (!reader.has(envField)) return reader.bytes(field);
  const name = reader.bytes(envField);
  if (reader.has(field)) reader.fail(field, field + " or " + envField, "both");
  const text = environment.find(name);
  if (text !== null) return text;
  reader.fail(envField, "a variable of the proxy's environment", "one that is not set");
  return new ArrayBuffer(0);
}

/** Anyone can make the MAC of an empty key, and a blank one is a template that was not filled in. */
function decodeKey(
  reader: ConfigReader,
  field: string,
  text: ArrayBuffer,
  encoding: i32,
  format: KeyFormat,
): ArrayBuffer {
  let ptr = changetype<usize>(text);
  let size = text.byteLength;
  for (let i = 0; i < format.refusePrefixes.length; ++i) {
    const prefix = unchecked(format.refusePrefixes[i]);
    if (prefix.length == 0 || !startsWith(ptr, size, String.UTF8.encode(prefix))) continue;
    reader.fail(field, "a key for HMAC", "one of another kind, by its prefix");
  }
  if (startsWith(ptr, size, format.stripPrefix)) {
    ptr += format.stripPrefix.byteLength;
    size -= format.stripPrefix.byteLength;
  }
  if (isBlank(ptr, size)) {
    reader.fail(field, "a key", "an empty or blank one");
    return new ArrayBuffer(0);
  }
  const key = new ArrayBuffer(size + 3);
  const length = decodeAs(encoding, ptr, size, changetype<usize>(key));
  if (length <= 0) reader.fail(field, "a key in " + unchecked(KEY_ENCODINGS[encoding]), "something else");
  return key.slice(0, max(length, 0));
}

/** Writes the bytes of a key to `into`; returns how many, -1 when it is not written so. */
function decodeAs(encoding: i32, ptr: usize, size: i32, into: usize): i32 {
  if (encoding == 1) return decodeHex(ptr, size, into);
  if (encoding == 3) return decodeBase64(ptr, size, into, Base64Alphabet.Url);
  if (encoding == 0) {
    memory.copy(into, ptr, size);
    return size;
  }
  // The padding may be missing.
  const padded = new ArrayBuffer(size + 3);
  memory.fill(changetype<usize>(padded), 0x3d, padded.byteLength);
  memory.copy(changetype<usize>(padded), ptr, size);
  const isBare = load<u8>(ptr + size - 1) != 0x3d;
  return decodeBase64(changetype<usize>(padded), isBare ? (size + 3) & ~3 : size, into, Base64Alphabet.Standard);
}

function isBlank(ptr: usize, size: i32): bool {
  for (let i = 0; i < size; ++i) if (load<u8>(ptr + i) > 0x20) return false;
  return true;
}

function warnOfShortKey(where: string, id: string, least: i32): void {
  log.warn("hmac-auth: " + where + ": key " + id + " has less than " + least.toString() + " bytes");
}
