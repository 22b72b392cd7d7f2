// `mode: sign` of aws-sigv4: the first consumer signs the request, with a hash of its body in a header, as S3 wants it.
import { HeaderMap, StringBuilder } from "@proxy-wasm-kit/sdk";
import { encodeHex } from "@proxy-wasm-kit/sdk/crypto";
import { Attempt, computedRoom } from "../attempt";
import { RequestLines } from "../lines";
import { Reason } from "../reason";
import { nowMs } from "../template/timestamp";
import { Param } from "./auth-params";
import { SCHEME } from "./aws-authorization";
import { ALGORITHM, AwsSigV4, UNSIGNED } from "./aws-sigv4";
import { hashBody, hashOf } from "./body-hash";
import { appendBasicTime } from "./http-date";
import { SortedHeaders } from "./sorted-headers";

// One of each serves all requests, within a callback.
const names = new SortedHeaders([]);
const list = new Param("");
const listText = new StringBuilder();
const header = new StringBuilder();
const nothing = new StringBuilder();

export class AwsSigner extends AwsSigV4 {
  get canSign(): bool {
    return true;
  }

  beginSigning(lines: RequestLines, headers: HeaderMap, attempt: Attempt): Reason {
    this.hideCredentials(headers);
    attempt.wantsBody = this.validatesBody;
    return Reason.None;
  }

  sign(headers: HeaderMap, attempt: Attempt): Reason {
    const now = nowMs();
    if (now == 0) return Reason.MissingTimestamp;
    if (this.holders.length == 0) return Reason.UnknownKey;
    const holder = unchecked(this.holders[0]);
    if (!this.mayUse(holder)) return Reason.AlgorithmNotAllowed;
    const digits = memory.data(64);

    // The string to sign, but for its last line: its time and its scope are said in headers too.
    appendBasicTime(now, header.clear());
    headers.setBytes("x-amz-date", header.toBuffer());
    const text = attempt.otherText.clear().append(ALGORITHM).appendBytes(header.ptr, header.length).appendByte(0x0a);
    const scopeAt = text.length;
    text.appendBytes(header.ptr, 8).appendByte(0x2f).appendBuffer(this.region).appendByte(0x2f);
    text.appendBuffer(this.service).append("/aws4_request");
    const scopeSize = text.length - scopeAt;
    text.appendByte(0x0a);
    const payload = header.clear();
    if (this.validatesBody) {
      if (!hashBody(attempt, digits)) return Reason.BodyUnreadable;
      payload.appendBytes(digits, 64);
    } else {
      payload.appendBuffer(UNSIGNED);
    }
    headers.setBytes("x-amz-content-sha256", payload.toBuffer());

    listText.clear().append("host x-amz-content-sha256 x-amz-date");
    this.required.appendOthers(listText);
    if (!names.read(listText.ptr, listText.length, 0x20)) return Reason.MalformedSignature;
    names.appendNames(listText.clear(), 0x3b);
    list.ptr = listText.ptr;
    list.size = listText.length;
    // With what was just set.
    this.lines.read(headers);
    const reason = this.canonical.append(list, attempt.text.clear());
    if (reason != Reason.None) return reason;
    hashOf(attempt.text, payload.ptr, payload.length, digits);
    const key = unchecked(holder.keysOf(text.ptr + ALGORITHM.length)[0]);
    attempt.macOf(key, text, digits, 64, nothing, computedRoom());
    encodeHex(computedRoom(), 32, digits);
    header.clear().append(SCHEME).append(" Credential=").appendBuffer(holder.consumer.keyId).appendByte(0x2f);
    header
      .appendBytes(text.ptr + scopeAt, scopeSize)
      .append(", SignedHeaders=")
      .appendBytes(list.ptr, list.size);
    headers.setBytes("authorization", header.append(", Signature=").appendBytes(digits, 64).toBuffer());
    return Reason.None;
  }
}
