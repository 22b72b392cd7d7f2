// `mode: sign` of rfc9421: the first consumer signs what the rule asks for, and the digest of a body.
import { HeaderMap, StringBuilder } from "@proxy-wasm-kit/sdk";
import { Algorithm, digestSize } from "../algorithm";
import { Attempt, computedRoom } from "../attempt";
import { Encoding, encodeDigest } from "../encoding";
import { RequestLines } from "../lines";
import { Reason } from "../reason";
import { nowMs } from "../template/timestamp";
import { appendEscaped } from "./auth-params";
import { appendBodyDigest } from "./body-hash";
import { Required } from "./components";
import { Holder } from "./key-table";
import { SignatureBase } from "./signature-base";
import { Member } from "./signature-fields";

const CONTENT_DIGEST = String.UTF8.encode("content-digest");

// One of each serves all requests, within a callback.
const member = new Member();
const list = new StringBuilder();
const header = new StringBuilder();

/** Sets the headers with the signature of `holder`'s newest key. */
export function signMessage(
  holder: Holder | null,
  required: Required,
  base: SignatureBase,
  lines: RequestLines,
  headers: HeaderMap,
  attempt: Attempt,
): Reason {
  const now = nowMs();
  if (now == 0) return Reason.MissingTimestamp;
  if (holder === null) return Reason.UnknownKey;
  const algorithm = holder.usual;
  const key = holder.newest(algorithm);
  if (key === null) return Reason.AlgorithmNotAllowed;
  const hasBody = attempt.wantsBody && attempt.bodyBytes != 0;
  headers.remove("content-digest");
  if (hasBody) {
    appendBodyDigest(header.clear().append("sha-256=:"));
    headers.setBytes("content-digest", header.appendByte(0x3a).toBuffer());
  }

  required.appendList(list.clear().appendByte(0x28), '"');
  const isAsked = required.bitsOf(changetype<usize>(CONTENT_DIGEST), CONTENT_DIGEST.byteLength) != 0;
  if (hasBody && !isAsked) list.append(' "content-digest"');
  list
    .append(");created=")
    .appendNumber(now / 1000)
    .append(';keyid="');
  const keyId = holder.consumer.keyId;
  appendEscaped(changetype<usize>(keyId), keyId.byteLength, list);
  list.appendByte(0x22);
  // There is a name for this one only.
  if (algorithm == Algorithm.Sha256) list.append(';alg="hmac-sha256"');
  member.listPtr = list.ptr;
  member.listSize = list.length;
  // With what was just set.
  lines.read(headers);
  const reason = base.append(member, required, attempt);
  if (reason != Reason.None) return reason;
  const nothing = attempt.tail.clear();
  const text = attempt.text;
  attempt.macOf(key, nothing, text.ptr + member.baseAt, member.baseSize, nothing, computedRoom());
  const digits = memory.data(132);
  const size = encodeDigest(computedRoom(), digestSize(algorithm), digits, Encoding.Base64);
  headers.setBytes("signature-input", header.clear().append("sig=").appendBytes(list.ptr, list.length).toBuffer());
  headers.setBytes("signature", header.clear().append("sig=:").appendBytes(digits, size).appendByte(0x3a).toBuffer());
  return Reason.None;
}
