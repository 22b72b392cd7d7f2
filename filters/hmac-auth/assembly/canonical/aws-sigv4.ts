// AWS Signature Version 4, for APIs of one's own that are called with AWS's tools. Source: docs.aws.amazon.com, "Signature
// Version 4"; its test suite is in the scenarios. Of the header form only, not of signed URLs.
import { BufferKind, BufferReader, HeaderMap, isText, StringBuilder } from "@proxy-wasm-kit/sdk";
import { decodeLowerHex, encodeHex, equal, Sha256 } from "@proxy-wasm-kit/sdk/crypto";
import { Algorithm } from "../algorithm";
import { Attempt, computedRoom } from "../attempt";
import { isBytes, same } from "../bytes";
import { decodeDigest, Encoding } from "../encoding";
import { Key } from "../key";
import { Line, MAX_PARSED, RequestLines } from "../lines";
import { Reason } from "../reason";
import { Scheme } from "../scheme";
import { freshness, NO_TIME } from "../template/timestamp";
import { AwsAuthorization } from "./aws-authorization";
import { CanonicalRequest, PathForm } from "./aws-canonical";
import { AwsHolder } from "./aws-keys";
import { checkAnnouncedBody, checkBody, noteUncovered } from "./body-digest";
import { Required } from "./components";
import { parseBasicTime } from "./http-date";
import { KeyTable } from "./key-table";
import { CanonicalOptions } from "./options";

const TOLERANCE_MS: i64 = 900_000;
const USUAL: StaticArray<string> = ["host", "x-amz-date"];

/** The string to sign begins so; behind it is the time. */
const ALGORITHM = "AWS4-HMAC-SHA256\n";

const S3 = String.UTF8.encode("s3");

export class AwsSigV4 extends Scheme {
  private authorization: Line;
  private date: Line;
  private contentHash: Line;
  private parsed: AwsAuthorization = new AwsAuthorization();
  private canonical: CanonicalRequest;
  private required: Required;
  private region: ArrayBuffer;
  private service: ArrayBuffer;
  private validatesBody: bool;
  private isAllowed: bool;
  private toleranceMs: i64;
  private table: KeyTable;
  private holders: StaticArray<AwsHolder>;
  private hash: Sha256 = new Sha256();
  private body: BufferReader = new BufferReader(BufferKind.HttpRequestBody, 0);

  constructor(
    options: CanonicalOptions,
    private lines: RequestLines,
  ) {
    super();
    this.authorization = lines.watch(String.UTF8.encode("authorization"));
    this.date = lines.watch(String.UTF8.encode("x-amz-date"));
    this.contentHash = lines.watch(String.UTF8.encode("x-amz-content-sha256"));
    const service = options.service;
    const isS3 = isBytes(changetype<usize>(service), service.byteLength, S3);
    this.canonical = new CanonicalRequest(lines, isS3 ? PathForm.AsIs : PathForm.Normalized);
    const names = options.requiredComponents;
    this.required = new Required(names === null ? USUAL : names);
    this.region = options.region;
    this.service = service;
    this.validatesBody = options.validatesBody;
    this.isAllowed = options.isAllowed(Algorithm.Sha256);
    this.toleranceMs = options.toleranceMs == 0 ? TOLERANCE_MS : options.toleranceMs;
    this.table = new KeyTable(options);
    const consumers = options.consumers;
    const holders = new StaticArray<AwsHolder>(consumers.length);
    for (let i = 0; i < consumers.length; ++i) {
      unchecked((holders[i] = new AwsHolder(consumers[i], options.region, service)));
    }
    this.holders = holders;
  }

  get challenge(): string {
    return "AWS4-HMAC-SHA256";
  }

  get isUnique(): bool {
    return true;
  }

  get keys(): StaticArray<Key> {
    return this.table.keys;
  }

  /** Unless the client says otherwise, and then it says what is in the body. */
  get signsBody(): bool {
    return true;
  }

  hasCredentials(lines: RequestLines): bool {
    return this.authorization.count != 0;
  }

  hideCredentials(headers: HeaderMap): void {
    headers.remove("authorization");
    headers.remove("x-amz-security-token");
  }

  begin(lines: RequestLines, attempt: Attempt): Reason {
    const line = this.authorization;
    const date = this.date;
    if (line.count > 1 || date.count > 1 || this.contentHash.count > 1) return Reason.DuplicateHeader;
    if (line.size == 0) return Reason.MissingSignature;
    if (line.size > MAX_PARSED) return Reason.MalformedSignature;
    const parsed = this.parsed;
    const found = parsed.parse(line.ptr, line.size);
    if (found != Reason.None) return found;
    const signature = parsed.signature;
    const claimed = attempt.claims.next();
    const isDigest = decodeDigest(signature.ptr, signature.size, claimed, Encoding.Hex, Algorithm.Sha256);
    const canonical = this.canonical;
    if (!isDigest || !canonical.readNames(parsed.signedHeaders, this.required)) return Reason.MalformedSignature;

    const holder = this.find(parsed.idPtr, parsed.idSize);
    if (holder === null || !parsed.hasScope(this.region, this.service)) return Reason.UnknownKey;
    const own = holder.consumer.algorithm;
    if (!this.isAllowed || (own >= 0 && own != Algorithm.Sha256)) return Reason.AlgorithmNotAllowed;
    if (!this.required.isMetBy(canonical.bits)) return Reason.InsufficientCoverage;
    const text = attempt.text.clear();
    const composed = canonical.append(parsed.signedHeaders, text);
    if (composed != Reason.None) return composed;
    const time = this.checkTime();
    if (time != Reason.None) return time;
    attempt.claims.add();
    attempt.consumer = holder.consumer;
    attempt.otherText.clear().append(ALGORITHM).appendBytes(date.ptr, date.size).appendByte(0x0a);
    attempt.otherText.appendBytes(parsed.scopePtr, parsed.scopeSize).appendByte(0x0a);
    return this.prepareBody(attempt);
  }

  verifyEarly(attempt: Attempt): Reason {
    // The body's hash is not known yet.
    if (attempt.isForm) return Reason.None;
    const reason = this.verify(attempt);
    if (reason != Reason.None) return reason;
    return checkAnnouncedBody(attempt, this.lines);
  }

  finish(attempt: Attempt): Reason {
    if (!attempt.isForm) return checkBody(attempt);
    const hash = this.hash;
    const body = this.body;
    hash.reset();
    body.seek(0);
    if (attempt.bodyBytes != 0) while (body.next()) hash.update(body.ptr, body.length);
    this.appendHash(attempt.text);
    return this.verify(attempt);
  }

  private find(id: usize, size: i32): AwsHolder | null {
    for (let i = 0; i < this.holders.length; ++i) {
      const holder = unchecked(this.holders[i]);
      if (isBytes(id, size, holder.consumer.keyId)) return holder;
    }
    return null;
  }

  private checkTime(): Reason {
    const date = this.date;
    // Its name need not be asked for by the configuration, but a time that is not signed is none.
    if (date.size == 0 || !this.isDateSigned()) return Reason.MissingTimestamp;
    const time = parseBasicTime(date.ptr, date.size);
    if (time == NO_TIME) return Reason.MalformedTimestamp;
    if (!same(date.ptr, this.parsed.scopePtr, 8)) return Reason.MalformedSignature;
    return freshness(time, this.toleranceMs);
  }

  private isDateSigned(): bool {
    return this.canonical.readNames(this.parsed.signedHeaders, dateOnly) && dateOnly.isMetBy(this.canonical.bits);
  }

  /** Appends the hash of the body when the client says it, or what it says in its place. */
  private prepareBody(attempt: Attempt): Reason {
    const line = this.contentHash;
    // `isForm` stands for: the MAC needs the body.
    attempt.isForm = line.size == 0;
    attempt.wantsBody = attempt.isForm || this.validatesBody;
    noteUncovered(Reason.BodyNotSigned, attempt);
    if (attempt.isForm) return Reason.None;
    attempt.text.appendBytes(line.ptr, line.size);
    if (line.size == 64 && decodeLowerHex(line.ptr, 64, computedRoom()) == 32) {
      if (this.validatesBody) attempt.expectDigest(Algorithm.Sha256, computedRoom());
      return Reason.None;
    }
    const isUnsigned = isText(line.ptr, line.size, "UNSIGNED-PAYLOAD");
    const isStream = line.size > 10 && isText(line.ptr, 10, "STREAMING-");
    return isUnsigned || isStream ? Reason.None : Reason.MalformedSignature;
  }

  /** The MAC over the hash of the text, by the keys of the day. */
  private verify(attempt: Attempt): Reason {
    const consumer = attempt.consumer;
    attempt.consumer = null;
    if (consumer === null) return Reason.UnknownKey;
    const holder = this.find(changetype<usize>(consumer.keyId), consumer.keyId.byteLength);
    if (holder === null) return Reason.UnknownKey;
    this.hash.reset();
    this.hash.update(attempt.text.ptr, attempt.text.length);
    this.appendHash(attempt.otherText);
    const keys = holder.keysOf(attempt.otherText.ptr + ALGORITHM.length);
    const claimed = attempt.claims.at(0);
    for (let i = 0; i < keys.length; ++i) {
      attempt.macOf(unchecked(keys[i]), attempt.otherText, 0, 0, nothing, computedRoom());
      if (i == 0) attempt.setFingerprint(computedRoom());
      if (!equal(computedRoom(), claimed, 32)) continue;
      attempt.key = this.counted(consumer.keyId, i);
      attempt.consumer = consumer;
      return Reason.None;
    }
    return Reason.SignatureMismatch;
  }

  /** The key that stands for a secret in the metrics. */
  private counted(id: ArrayBuffer, index: i32): Key | null {
    const holder = this.table.find(changetype<usize>(id), id.byteLength);
    return holder === null ? null : unchecked(holder.counted[index]);
  }

  /** Ends the hash; appends its digits. */
  private appendHash(to: StringBuilder): void {
    const digits = memory.data(64);
    this.hash.digest(computedRoom());
    encodeHex(computedRoom(), 32, digits);
    to.appendBytes(digits, 64);
  }
}

const dateOnly = new Required(["x-amz-date"]);
const nothing = new StringBuilder();
