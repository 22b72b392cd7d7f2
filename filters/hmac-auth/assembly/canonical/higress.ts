// Higress's scheme, that of Alibaba Cloud's API gateway. Source: github.com/alibaba/higress
// plugins/wasm-cpp/extensions/hmac_auth. Its string is not one to one; what would make two requests the same is refused.
import { HeaderMap, isText, StringBuilder } from "@proxy-wasm-kit/sdk";
import { Base64Alphabet, decodeBase64 } from "@proxy-wasm-kit/sdk/crypto";
import { Algorithm, digestSize } from "../algorithm";
import { Attempt } from "../attempt";
import { findByte, isBytes } from "../bytes";
import { Key } from "../key";
import { Line, MAX_PARSED, RequestLines } from "../lines";
import { Reason } from "../reason";
import { Scheme } from "../scheme";
import { isForm } from "../template/form";
import { freshness, NO_TIME, parseTimestamp, Unit } from "../template/timestamp";
import { WholeBody } from "../template/whole-body";
import { checkAnnouncedBody, checkBody, noteUncovered } from "./body-digest";
import { Required } from "./components";
import { parseHttpDate } from "./http-date";
import { Holder, KeyTable } from "./key-table";
import { CanonicalOptions } from "./options";
import { EmptyValue, Parameters, Writing } from "./parameters";
import { SortedHeaders } from "./sorted-headers";

export const SHA_256 = String.UTF8.encode("HmacSHA256");
export const SHA_1 = String.UTF8.encode("HmacSHA1");
const TIMESTAMP = String.UTF8.encode("x-ca-timestamp");

/** What every text has a line for, when the request has it. */
const LINES: StaticArray<string> = ["accept", "content-md5", "content-type", "date"];

/** Names in the list that are not signed by it. */
const LEFT_OUT: StaticArray<string> = [
  "x-ca-signature",
  "x-ca-signature-headers",
  "accept",
  "content-md5",
  "content-type",
  "date",
];

// One of each serves all requests, within a callback.
const whole = new WholeBody();
const parameters = new Parameters();
const nothing = new StringBuilder();

/** The parameters as they are signed. */
export const merged = new StringBuilder();

export class Higress extends Scheme {
  protected method: Line;
  protected path: Line;
  private keyId: Line;
  private signature: Line;
  private signatureMethod: Line;
  protected list: Line;
  private timestamp: Line;
  private date: Line;
  private contentMd5: Line;
  protected contentType: Line;
  /** By `LINES`. */
  private fixed: StaticArray<Line>;
  protected headers: SortedHeaders = new SortedHeaders(LEFT_OUT);
  protected required: Required | null = null;
  protected validatesBody: bool;
  private toleranceMs: i64;
  protected table: KeyTable;

  constructor(
    options: CanonicalOptions,
    protected lines: RequestLines,
  ) {
    super();
    this.method = lines.watch(String.UTF8.encode(":method"));
    this.path = lines.watch(String.UTF8.encode(":path"));
    this.keyId = lines.watch(String.UTF8.encode("x-ca-key"));
    this.signature = lines.watch(String.UTF8.encode("x-ca-signature"));
    this.signatureMethod = lines.watch(String.UTF8.encode("x-ca-signature-method"));
    this.list = lines.watch(String.UTF8.encode("x-ca-signature-headers"));
    this.timestamp = lines.watch(TIMESTAMP);
    const fixed = new StaticArray<Line>(LINES.length);
    for (let i = 0; i < LINES.length; ++i) {
      unchecked((fixed[i] = lines.watch(String.UTF8.encode(unchecked(LINES[i])))));
    }
    this.fixed = fixed;
    this.contentMd5 = fixed[1];
    this.contentType = fixed[2];
    this.date = fixed[3];
    this.validatesBody = options.validatesBody;
    this.toleranceMs = options.toleranceMs;
    this.table = new KeyTable(options);
    const names = options.requiredComponents;
    if (names !== null) this.required = new Required(names);
  }

  /** Without a tolerance nobody looks at the time. */
  get isUnique(): bool {
    return this.toleranceMs != 0;
  }

  get keys(): StaticArray<Key> {
    return this.table.keys;
  }

  hasCredentials(lines: RequestLines): bool {
    return this.signature.count != 0 || this.keyId.count != 0;
  }

  hideCredentials(headers: HeaderMap): void {
    headers.remove("x-ca-key");
    headers.remove("x-ca-signature");
    headers.remove("x-ca-signature-method");
    headers.remove("x-ca-signature-headers");
  }

  begin(lines: RequestLines, attempt: Attempt): Reason {
    if (this.hasDuplicates()) return Reason.DuplicateHeader;
    const signature = this.signature;
    if (signature.size == 0) return Reason.MissingSignature;
    const room = attempt.claims.next();
    const size = signature.size > 88 ? -1 : decodeBase64(signature.ptr, signature.size, room, Base64Alphabet.Standard);
    const list = this.list;
    const headers = this.headers;
    if (size <= 0 || list.size > MAX_PARSED || !headers.read(list.ptr, list.size, 0x2c)) {
      return Reason.MalformedSignature;
    }

    const holder = this.table.find(this.keyId.ptr, this.keyId.size);
    if (holder === null) return Reason.UnknownKey;
    const algorithm = this.algorithm();
    if (!holder.mayUse(algorithm)) return Reason.AlgorithmNotAllowed;
    if (size != digestSize(algorithm)) return Reason.MalformedSignature;
    if (!this.covers()) return Reason.InsufficientCoverage;
    const composed = this.compose(attempt);
    if (composed != Reason.None) return composed;
    const time = this.checkTime();
    if (time != Reason.None) return time;
    attempt.claims.add();
    attempt.consumer = holder.consumer;
    this.prepareBody(algorithm, attempt);
    return Reason.None;
  }

  verifyEarly(attempt: Attempt): Reason {
    // A form takes part by its parameters: they come first.
    if (attempt.isForm) return Reason.None;
    const reason = this.verify(attempt);
    if (reason != Reason.None) return reason;
    return checkAnnouncedBody(attempt, this.lines);
  }

  finish(attempt: Attempt): Reason {
    if (!attempt.isForm) return checkBody(attempt);
    const reason = this.verify(attempt);
    if (reason != Reason.None) return reason;
    return attempt.digestsMatch() ? Reason.None : Reason.DigestMismatch;
  }

  private algorithm(): i32 {
    const name = this.signatureMethod;
    if (name.size == 0 || isBytes(name.ptr, name.size, SHA_256)) return Algorithm.Sha256;
    return isBytes(name.ptr, name.size, SHA_1) ? Algorithm.Sha1 : -1;
  }

  private hasDuplicates(): bool {
    const fixed = this.fixed;
    for (let i = 0; i < fixed.length; ++i) if (unchecked(fixed[i]).count > 1) return true;
    if (this.keyId.count > 1 || this.signature.count > 1 || this.signatureMethod.count > 1) return true;
    return this.list.count > 1 || this.timestamp.count > 1;
  }

  /** Whether all is signed that the configuration asks for; method, path and parameters always are. */
  protected covers(): bool {
    const required = this.required;
    if (required === null) return true;
    let bits = this.headers.requiredBits(required);
    for (let i = 0; i < this.fixed.length; ++i) {
      const line = unchecked(this.fixed[i]);
      if (line.size != 0) bits |= required.bitsOf(changetype<usize>(line.name), line.name.byteLength);
    }
    return required.isMetBy(bits);
  }

  /** All but the parameters. */
  protected compose(attempt: Attempt): Reason {
    const text = attempt.text.clear();
    text.appendBytes(this.method.ptr, this.method.size).appendByte(0x0a);
    for (let i = 0; i < this.fixed.length; ++i) {
      const line = unchecked(this.fixed[i]);
      text.appendBytes(line.ptr, line.size).appendByte(0x0a);
    }
    const reason = this.headers.append(this.lines, text);
    if (reason != Reason.None) return reason;
    const path = this.path;
    const size = findByte(path.ptr, path.size, 0x3f);
    text.appendBytes(path.ptr, size);
    attempt.otherText.clear();
    if (size < path.size) attempt.otherText.appendBytes(path.ptr + size + 1, path.size - size - 1);
    return Reason.None;
  }

  /** Off unless a tolerance is set; then of a time that is signed. */
  private checkTime(): Reason {
    if (this.toleranceMs == 0) return Reason.None;
    const timestamp = this.timestamp;
    const date = this.date;
    const isSigned = this.headers.has(TIMESTAMP);
    let time: i64 = NO_TIME;
    if (isSigned && timestamp.size != 0) time = parseTimestamp(timestamp.ptr, timestamp.size, Unit.Milliseconds);
    else if (date.size != 0) time = parseHttpDate(date.ptr, withoutOffset(date));
    else return timestamp.size == 0 ? Reason.MissingTimestamp : Reason.InsufficientCoverage;
    return time == NO_TIME ? Reason.MalformedTimestamp : freshness(time, this.toleranceMs);
  }

  private prepareBody(algorithm: i32, attempt: Attempt): void {
    const type = this.contentType;
    const md5 = this.contentMd5;
    noteUncovered(Reason.DigestMissing, attempt);
    attempt.tail.appendByte(algorithm);
    attempt.isForm = isForm(type.ptr, type.size);
    attempt.wantsBody = this.validatesBody || attempt.isForm;
    if (!this.validatesBody || md5.size == 0) return;
    const room = md5Room();
    const isDigest = md5.size == 24 && decodeBase64(md5.ptr, 24, room, Base64Alphabet.Standard) == 16;
    if (!isDigest) memory.fill(room, 0, 16);
    attempt.expectDigest(Algorithm.Md5, room);
  }

  /** The MAC over the text with all parameters, now that those of a form are there. */
  private verify(attempt: Attempt): Reason {
    const consumer = attempt.consumer;
    attempt.consumer = null;
    if (consumer === null) return Reason.UnknownKey;
    const holder = this.table.find(changetype<usize>(consumer.keyId), consumer.keyId.byteLength);
    if (holder === null) return Reason.UnknownKey;
    const reason = this.readParameters(attempt);
    if (reason != Reason.None) return reason;
    if (this.matches(holder, EmptyValue.Equals, attempt)) return Reason.None;
    // The code writes "a=" where the documentation has "a".
    const isRight = parameters.hasEmptyValue && this.matches(holder, EmptyValue.Nothing, attempt);
    return isRight ? Reason.None : Reason.SignatureMismatch;
  }

  /** Those of the query, and of a form. */
  protected readParameters(attempt: Attempt): Reason {
    const query = attempt.otherText;
    parameters.clear();
    if (!parameters.read(query.ptr, query.length, Writing.Decoded)) return Reason.MalformedSignature;
    if (attempt.isForm) {
      if (!whole.read(attempt.bodyBytes)) return Reason.BodyUnreadable;
      if (!parameters.read(whole.ptr, whole.size, Writing.Decoded)) return Reason.BodyTooLarge;
    }
    parameters.sort();
    // Only the first of a name is signed, and nothing is escaped: such parameters could be changed under the same MAC.
    if (parameters.hasRepeats) return Reason.InsufficientCoverage;
    if (parameters.blur) return Reason.MalformedSignature;
    return Reason.None;
  }

  /** What the text ends in. */
  protected appendParameters(empty: EmptyValue): void {
    merged.clear();
    if (parameters.count != 0) parameters.append(merged.appendByte(0x3f), empty);
  }

  private matches(holder: Holder, empty: EmptyValue, attempt: Attempt): bool {
    const algorithm = <i32>load<u8>(attempt.tail.ptr + 1);
    this.appendParameters(empty);
    return holder.verify(attempt, algorithm, attempt.text, merged.ptr, merged.length, nothing, attempt.claims.at(0));
  }
}

/** Alibaba's clients write "GMT+00:00". */
function withoutOffset(date: Line): i32 {
  const size = date.size - 6;
  return size > 0 && isText(date.ptr + size, 6, "+00:00") ? size : date.size;
}

/** Room for what 24 digits decode to. */
function md5Room(): usize {
  return memory.data(24);
}
