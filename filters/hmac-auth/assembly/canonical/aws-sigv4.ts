// AWS Signature Version 4, for APIs of one's own that are called with AWS's tools. Source: docs.aws.amazon.com, "Signature
// Version 4"; its test suite is in the scenarios.
import { HeaderMap, isText, StringBuilder } from "@proxy-wasm-kit/sdk";
import { decodeLowerHex, equal } from "@proxy-wasm-kit/sdk/crypto";
import { Algorithm } from "../algorithm";
import { Attempt, computedRoom } from "../attempt";
import { isBytes, same } from "../bytes";
import { decodeDigest, Encoding } from "../encoding";
import { Key } from "../key";
import { Line, MAX_PARSED, RequestLines } from "../lines";
import { Reason } from "../reason";
import { Scheme } from "../scheme";
import { freshness, NO_TIME, nowMs, parseTimestamp, Unit } from "../template/timestamp";
import { AwsAuthorization } from "./aws-authorization";
import { CanonicalRequest, PathForm } from "./aws-canonical";
import { AwsHolder } from "./aws-keys";
import { MOST_SECONDS, SignedUrl } from "./aws-url";
import { checkAnnouncedBody, checkBody, noteUncovered } from "./body-digest";
import { hashBody, hashOf } from "./body-hash";
import { Required } from "./components";
import { parseBasicTime } from "./http-date";
import { KeyTable } from "./key-table";
import { CanonicalOptions } from "./options";

const TOLERANCE_MS: i64 = 900_000;
const USUAL: StaticArray<string> = ["host", "x-amz-date"];

/** The string to sign begins so; behind it is the time. */
export const ALGORITHM = "AWS4-HMAC-SHA256\n";
const X_AMZ_DATE = String.UTF8.encode("x-amz-date");
export const UNSIGNED = String.UTF8.encode("UNSIGNED-PAYLOAD");

const S3 = String.UTF8.encode("s3");

export class AwsSigV4 extends Scheme {
  private authorization: Line;
  private date: Line;
  private contentHash: Line;
  private parsed: AwsAuthorization = new AwsAuthorization();
  protected canonical: CanonicalRequest;
  protected required: Required;
  protected region: ArrayBuffer;
  protected service: ArrayBuffer;
  protected validatesBody: bool;
  private isAllowed: bool;
  private toleranceMs: i64;
  private table: KeyTable;
  protected holders: StaticArray<AwsHolder>;

  constructor(
    options: CanonicalOptions,
    protected lines: RequestLines,
  ) {
    super();
    this.authorization = lines.watch(String.UTF8.encode("authorization"));
    this.date = lines.watch(X_AMZ_DATE);
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
    return this.authorization.count != 0 || this.parsed.isUrl;
  }

  hideCredentials(headers: HeaderMap): void {
    headers.remove("authorization");
    headers.remove("x-amz-security-token");
    const path = headers.getBytes(":path");
    if (path !== null && url.find(changetype<usize>(path), path.byteLength)) headers.setBytes(":path", url.strip(path));
  }

  begin(lines: RequestLines, attempt: Attempt): Reason {
    const found = this.readClaims();
    if (found != Reason.None) return found;
    const parsed = this.parsed;
    const signature = parsed.signature;
    const claimed = attempt.claims.next();
    const isDigest = decodeDigest(signature.ptr, signature.size, claimed, Encoding.Hex, Algorithm.Sha256);
    const canonical = this.canonical;
    if (!isDigest || !canonical.readNames(parsed.signedHeaders, this.required)) return Reason.MalformedSignature;

    const holder = this.find(parsed.idPtr, parsed.idSize);
    if (holder === null || !parsed.hasScope(this.region, this.service)) return Reason.UnknownKey;
    if (!this.mayUse(holder)) return Reason.AlgorithmNotAllowed;
    // All of a query is signed.
    const ofUrl = parsed.isUrl ? this.required.bitsOf(changetype<usize>(X_AMZ_DATE), X_AMZ_DATE.byteLength) : 0;
    if (!this.required.isMetBy(canonical.bits | ofUrl)) return Reason.InsufficientCoverage;
    const text = attempt.text.clear();
    const composed = canonical.append(parsed.signedHeaders, text);
    if (composed != Reason.None) return composed;
    const time = this.checkTime();
    if (time != Reason.None) return time;
    attempt.claims.add();
    attempt.consumer = holder.consumer;
    attempt.otherText.clear().append(ALGORITHM).appendBytes(parsed.date.ptr, parsed.date.size).appendByte(0x0a);
    attempt.otherText.appendBytes(parsed.scopePtr, parsed.scopeSize).appendByte(0x0a);
    return this.prepareBody(attempt);
  }

  verifyEarly(attempt: Attempt): Reason {
    if (attempt.isForm) {
      // The body's hash is not known yet. A URL does not say whether it takes part.
      if (!this.parsed.isUrl || !this.verify(changetype<usize>(UNSIGNED), UNSIGNED.byteLength, attempt))
        return Reason.None;
      attempt.isForm = false;
      attempt.wantsBody = this.validatesBody;
    } else if (!this.verify(0, 0, attempt)) {
      return Reason.SignatureMismatch;
    }
    return checkAnnouncedBody(attempt, this.lines);
  }

  finish(attempt: Attempt): Reason {
    if (!attempt.isForm) return checkBody(attempt);
    const digits = memory.data(64);
    if (!hashBody(attempt, digits)) return Reason.BodyUnreadable;
    return this.verify(digits, 64, attempt) ? Reason.None : Reason.SignatureMismatch;
  }

  /** Where they are: in a header, or in the query. */
  private readClaims(): Reason {
    const line = this.authorization;
    const date = this.date;
    const parsed = this.parsed;
    const path = this.canonical.path;
    const isUrl = parsed.findUrl(path.ptr, path.size);
    // Of two claims there is no telling which is meant.
    if (line.count > (isUrl ? 0 : 1) || date.count > 1 || this.contentHash.count > 1) return Reason.DuplicateHeader;
    if (isUrl) return parsed.readUrl();
    if (line.size == 0) return Reason.MissingSignature;
    if (line.size > MAX_PARSED) return Reason.MalformedSignature;
    parsed.date.ptr = date.ptr;
    parsed.date.size = date.size;
    return parsed.parse(line.ptr, line.size);
  }

  private find(id: usize, size: i32): AwsHolder | null {
    for (let i = 0; i < this.holders.length; ++i) {
      const holder = unchecked(this.holders[i]);
      if (isBytes(id, size, holder.consumer.keyId)) return holder;
    }
    return null;
  }

  /** There is one algorithm. */
  protected mayUse(holder: AwsHolder): bool {
    const own = holder.consumer.algorithm;
    return this.isAllowed && (own < 0 || own == Algorithm.Sha256);
  }

  private checkTime(): Reason {
    const parsed = this.parsed;
    const date = parsed.date;
    // Its name need not be asked for by the configuration, but a time that is not signed is none.
    if (date.size <= 0 || !(parsed.isUrl || this.isDateSigned())) return Reason.MissingTimestamp;
    const time = parseBasicTime(date.ptr, date.size);
    if (time == NO_TIME) return Reason.MalformedTimestamp;
    if (!same(date.ptr, parsed.scopePtr, 8)) return Reason.MalformedSignature;
    const fresh = freshness(time, this.toleranceMs);
    const expires = parsed.expires;
    if (expires.isAbsent || fresh == Reason.TimestampInFuture) return fresh;
    const life = parseTimestamp(expires.ptr, expires.size, Unit.Seconds);
    if (life == NO_TIME || life > MOST_SECONDS * 1000) return Reason.MalformedTimestamp;
    return nowMs() - time > life ? Reason.TimestampTooOld : Reason.None;
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
    const isUnsigned = isBytes(line.ptr, line.size, UNSIGNED);
    const isStream = line.size > 10 && isText(line.ptr, 10, "STREAMING-");
    return isUnsigned || isStream ? Reason.None : Reason.MalformedSignature;
  }

  /** Whether the MAC over the hash of the text, and of what is given for the body's, is by one of the keys of the day. */
  private verify(payload: usize, size: i32, attempt: Attempt): bool {
    const consumer = attempt.consumer;
    if (consumer === null) return false;
    const holder = this.find(changetype<usize>(consumer.keyId), consumer.keyId.byteLength);
    if (holder === null) return false;
    const digits = memory.data(64);
    hashOf(attempt.text, payload, size, digits);
    const keys = holder.keysOf(attempt.otherText.ptr + ALGORITHM.length);
    const claimed = attempt.claims.at(0);
    for (let i = 0; i < keys.length; ++i) {
      attempt.macOf(unchecked(keys[i]), attempt.otherText, digits, 64, nothing, computedRoom());
      if (i == 0) attempt.setFingerprint(computedRoom());
      if (!equal(computedRoom(), claimed, 32)) continue;
      attempt.key = this.counted(consumer.keyId, i);
      return true;
    }
    return false;
  }

  /** The key that stands for a secret in the metrics. */
  private counted(id: ArrayBuffer, index: i32): Key | null {
    const holder = this.table.find(changetype<usize>(id), id.byteLength);
    return holder === null ? null : unchecked(holder.counted[index]);
  }
}

// One of each serves all requests, within a callback.
const url = new SignedUrl();
const dateOnly = new Required(["x-amz-date"]);
const nothing = new StringBuilder();
