// `mode: sign`: what a sender adds to its own requests.
import { HeaderMap, random, StringBuilder } from "@proxy-wasm-kit/sdk";
import { encodeHex } from "@proxy-wasm-kit/sdk/crypto";
import { digestSize } from "../algorithm";
import { computedRoom } from "../attempt";
import { encodeDigest } from "../encoding";
import { Reason } from "../reason";
import { Template } from "./template";
import { Stamps } from "./text";
import { nowMs, Unit } from "./timestamp";

/** The time and the id that the current request is signed with. */
const time = new StringBuilder();
const id = new StringBuilder();

/** Random bytes of an id. */
const ID_BYTES = 16;

/** Digits of the largest digest. */
const DIGITS = 132;

/** Removes what the client claims; sets a time and an id of our own. Begins the value of the header in `output`. */
export function beginSigning(template: Template, stamps: Stamps, headers: HeaderMap, output: StringBuilder): Reason {
  headers.remove(template.signatureName);
  output.clear().appendBuffer(template.prefix);
  if (template.hasTime && template.bodyField === null) {
    const now = nowMs();
    if (now == 0) return Reason.MissingTimestamp;
    time.clear().appendNumber(template.unit == Unit.Seconds ? now / 1000 : now);
    stamps.timestampPtr = time.ptr;
    stamps.timestampSize = time.length;
    const list = template.list;
    if (list !== null && list.timestamp.byteLength != 0) {
      output.appendBuffer(list.timestamp).appendBuffer(list.pair).appendBytes(time.ptr, time.length);
      output.appendBuffer(list.separator);
    }
    const line = template.timestamp;
    if (line !== null) {
      headers.setBytes(template.timestampName, time.toBuffer());
      // The string to sign may name the header too.
      line.count = 1;
      line.ptr = time.ptr;
      line.size = time.length;
    }
  }
  const idLine = template.id;
  if (idLine !== null) {
    const bytes = new ArrayBuffer(ID_BYTES);
    if (!random.fill(bytes)) return Reason.MissingId;
    const digits = new ArrayBuffer(ID_BYTES * 2);
    encodeHex(changetype<usize>(bytes), ID_BYTES, changetype<usize>(digits));
    id.clear().append("msg_").appendBuffer(digits);
    stamps.idPtr = id.ptr;
    stamps.idSize = id.length;
    headers.setBytes(template.idName, id.toBuffer());
    idLine.count = 1;
  }
  return Reason.None;
}

/** Appends the MAC that was just computed to the value of the header. */
export function appendSignature(template: Template, output: StringBuilder, isFirst: bool): void {
  const list = template.list;
  if (list !== null) {
    if (!isFirst) output.appendBuffer(list.separator);
    output.appendBuffer(list.signature).appendBuffer(list.pair);
  }
  const digits = memory.data(DIGITS);
  output.appendBytes(digits, encodeDigest(computedRoom(), digestSize(template.algorithm), digits, template.encoding));
}
