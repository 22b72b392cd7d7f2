/**
 * Byte strings: one character (U+0000 to U+00FF) for each byte. Names and values of headers, keys and log lines are
 * bytes to Proxy-Wasm, in no encoding; a byte string keeps every one of them and still compares and indexes as a string.
 */
export type ByteString = string;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** The bytes as a byte string. */
export function byteString(bytes: Uint8Array): ByteString {
  let text = "";
  // fromCharCode takes its bytes as arguments: in pieces, as the stack is bounded.
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return text;
}

/** The bytes of a byte string. */
export function bytesOf(text: ByteString): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}

/** UTF-8 of a text, as a byte string. */
export const fromText = (text: string): ByteString => byteString(encoder.encode(text));

/** The text a byte string has in UTF-8; bytes that are none become U+FFFD. */
export const toText = (text: ByteString): string => decoder.decode(bytesOf(text));

/** UTF-8 of a text; bytes as they are. */
export const encode = (data: string | Uint8Array): Uint8Array<ArrayBuffer> =>
  typeof data === "string" ? encoder.encode(data) : new Uint8Array(data);

/** The text of UTF-8 bytes. */
export const decode = (bytes: Uint8Array): string => decoder.decode(bytes);

/** Lower case for ASCII letters alone, as Envoy's `LowerCaseString`. */
export const lowerCase = (text: ByteString): ByteString =>
  // Nearly all names are: looking first makes a request a tenth faster.
  /[A-Z]/.test(text) ? text.replace(/[A-Z]/g, (letter) => letter.toLowerCase()) : text;

export function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
