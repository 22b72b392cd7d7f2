// What kong, apisix and cavage share: parameters in one header say who signs, how, and which headers; each of those is a
// line of the string to sign. What differs between them is in a file of each.
import { HeaderMap, StringBuilder } from "@proxy-wasm-kit/sdk";
import { Base64Alphabet, decodeBase64 } from "@proxy-wasm-kit/sdk/crypto";
import { digestSize } from "../algorithm";
import { Attempt } from "../attempt";
import { Key } from "../key";
import { Line, MAX_PARSED, RequestLines } from "../lines";
import { Reason } from "../reason";
import { Scheme } from "../scheme";
import { freshness, NO_TIME } from "../template/timestamp";
import { AuthParams, macAlgorithm, Param, skipScheme } from "./auth-params";
import { checkAnnouncedBody, checkBody, expectDigest, noteUncovered } from "./body-digest";
import {
  appendHeader,
  appendLower,
  isComponentName,
  isDerived,
  MAX_COMPONENTS,
  MAX_TEXT,
  Required,
} from "./components";
import { parseHttpDate } from "./http-date";
import { Holder, KeyTable } from "./key-table";
import { NameList, Part } from "./name-list";
import { CanonicalOptions } from "./options";

/** Skew that the published schemes allow. */
const TOLERANCE_MS: i64 = 300_000;

export abstract class HeaderListScheme extends Scheme {
  protected readonly path: Line;
  protected readonly method: Line;
  protected readonly date: Line;
  protected readonly xDate: Line;
  protected readonly authorization: Line;
  protected readonly toleranceMs: i64;
  private digest: Line;
  protected required: Required | null = null;
  protected readonly validatesBody: bool;
  protected readonly table: KeyTable;

  // Of the request whose headers are looked at now; where the credentials are.
  private holder: Holder | null = null;
  private algorithm: i32 = 0;
  private claimed: usize = 0;
  protected valuePtr: usize = 0;
  protected valueSize: i32 = 0;

  constructor(
    options: CanonicalOptions,
    protected readonly lines: RequestLines,
    protected readonly params: AuthParams,
  ) {
    super();
    this.path = lines.watch(String.UTF8.encode(":path"));
    this.method = lines.watch(String.UTF8.encode(":method"));
    this.date = lines.watch(String.UTF8.encode("date"));
    this.xDate = lines.watch(String.UTF8.encode("x-date"));
    this.authorization = lines.watch(String.UTF8.encode("authorization"));
    this.digest = lines.watch(String.UTF8.encode("digest"));
    this.toleranceMs = options.toleranceMs == 0 ? TOLERANCE_MS : options.toleranceMs;
    this.validatesBody = options.validatesBody;
    this.table = new KeyTable(options);
    const names = options.requiredComponents;
    if (names !== null) this.required = new Required(names);
  }

  /** Finds the parameters of the signature, in one of the headers that may have them. */
  protected abstract locate(): Reason;

  /** What of the list of headers stands for something; `Other` for any other header. */
  protected abstract partOf(ptr: usize, size: i32): Part;

  /** Whether the signature covers what it must when the configuration does not say. */
  protected abstract coversUsual(parts: i32): bool;

  /** Appends the line of a derived component; the rest of the text goes to what is returned. */
  protected abstract appendDerived(
    part: Part,
    ptr: usize,
    size: i32,
    to: StringBuilder,
    attempt: Attempt,
  ): StringBuilder;

  /** What stands in front of the first line. */
  protected beginText(to: StringBuilder): void {}

  /** What stands behind the last line. */
  protected endText(to: StringBuilder): void {}

  /** Of several lines of a signed header: signed as one, or refused. */
  protected get joinsLines(): bool {
    return false;
  }

  /** Names of headers are signed in lower case, or as the client writes them. */
  protected get lowersNames(): bool {
    return false;
  }

  /** The algorithm that the client names; -1 for none that is known. */
  protected algorithmOf(name: Param, holder: Holder): i32 {
    return macAlgorithm(name);
  }

  /** What parameters mean that are not there. */
  protected complete(): void {}

  /** Whether parameters are missing that must be there, or contradict each other. */
  protected isIncomplete(parts: i32): bool {
    return this.params.algorithm.isAbsent || this.params.headers.isAbsent;
  }

  /** The reason when a time that is signed is missing, wrong or not fresh. */
  protected checkTime(parts: i32): Reason {
    if ((parts & Part.XDate) != 0) return this.checkDate(this.xDate);
    return (parts & Part.Date) != 0 ? this.checkDate(this.date) : Reason.MissingTimestamp;
  }

  /** Whether the MAC is right. */
  protected matches(attempt: Attempt): bool {
    return this.matchesWith(0, 0, attempt);
  }

  get challenge(): string {
    return "Signature";
  }

  get isUnique(): bool {
    return true;
  }

  get keys(): StaticArray<Key> {
    return this.table.keys;
  }

  hasCredentials(lines: RequestLines): bool {
    return this.authorization.count != 0;
  }

  hideCredentials(headers: HeaderMap): void {
    headers.remove("authorization");
  }

  begin(lines: RequestLines, attempt: Attempt): Reason {
    const params = this.params;
    const found = this.locate();
    if (found != Reason.None) return found;
    if (this.valueSize > MAX_PARSED) return Reason.MalformedSignature;
    if (!params.parse(this.valuePtr, this.valueSize)) {
      return params.isJoined ? Reason.DuplicateHeader : Reason.MalformedSignature;
    }
    if (params.signature.size <= 0) return Reason.MissingSignature;
    this.complete();
    const parts = this.readNames();
    if (parts < 0 || params.keyId.size <= 0 || this.isIncomplete(parts)) return Reason.MalformedSignature;
    const claimed = attempt.claims.next();
    const size = decodeMac(params.signature, claimed);
    if (size <= 0) return Reason.MalformedSignature;

    const holder = this.table.find(params.keyId.ptr, params.keyId.size);
    if (holder === null) return Reason.UnknownKey;
    const algorithm = this.algorithmOf(params.algorithm, holder);
    if (!holder.mayUse(algorithm)) return Reason.AlgorithmNotAllowed;
    if (size != digestSize(algorithm)) return Reason.MalformedSignature;
    this.holder = holder;
    this.algorithm = algorithm;
    this.claimed = claimed;

    const required = this.required;
    if (required === null ? !this.coversUsual(parts) : !required.isMetBy(requiredBits)) {
      return Reason.InsufficientCoverage;
    }
    const composed = this.compose(attempt);
    if (composed != Reason.None) return composed;
    const time = this.checkTime(parts);
    return time == Reason.None ? this.prepareBody(parts, attempt) : time;
  }

  verifyEarly(attempt: Attempt): Reason {
    if (!this.matches(attempt)) return Reason.SignatureMismatch;
    // Without waiting for it: a body is announced, and nothing covers it.
    return checkAnnouncedBody(attempt, this.lines);
  }

  finish(attempt: Attempt): Reason {
    return checkBody(attempt);
  }

  /** Whether one of the keys makes the MAC that is claimed, over the text with these bytes in its gap. */
  protected matchesWith(ptr: usize, size: i32, attempt: Attempt): bool {
    const holder = this.holder;
    if (holder === null) return false;
    return holder.verify(attempt, this.algorithm, attempt.text, ptr, size, attempt.otherText, this.claimed);
  }

  /** Whether the header has parameters, behind the name of the auth-scheme. */
  protected take(line: Line): bool {
    const skipped = skipScheme(line.ptr, line.size, this.params.scheme);
    if (skipped < 0) return false;
    this.valuePtr = line.ptr + skipped;
    this.valueSize = line.size - skipped;
    return true;
  }

  protected checkDate(line: Line): Reason {
    if (line.size == 0) return Reason.MissingTimestamp;
    const time = line.count == 1 ? parseHttpDate(line.ptr, line.size) : NO_TIME;
    return time == NO_TIME ? Reason.MalformedTimestamp : freshness(time, this.toleranceMs);
  }

  /** `<method> <path>`. */
  protected appendTarget(to: StringBuilder): void {
    to.appendBytes(this.method.ptr, this.method.size).appendByte(0x20).appendBytes(this.path.ptr, this.path.size);
  }

  /** The same with the method in lower case. */
  protected appendLowerTarget(to: StringBuilder): void {
    appendLower(this.method.ptr, this.method.size, to);
    to.appendByte(0x20).appendBytes(this.path.ptr, this.path.size);
  }

  /** What is covered, as `Part`s; those that the configuration names in `requiredBits`. -1 when it is no list of names. */
  private readNames(): i32 {
    const required = this.required;
    let parts = 0;
    let count = 0;
    requiredBits = 0;
    names.begin(this.params.headers);
    while (names.next()) {
      if (++count > MAX_COMPONENTS || !isComponentName(names.ptr, names.size)) return -1;
      const part = this.partOf(names.ptr, names.size);
      // The target may be put together in a way that holds it once.
      if (part == Part.Target && (parts & part) != 0) return -1;
      parts |= part;
      if (required !== null) requiredBits |= required.bitsOf(names.ptr, names.size);
    }
    return parts;
  }

  protected compose(attempt: Attempt): Reason {
    let to = attempt.text.clear();
    attempt.otherText.clear();
    this.beginText(to);
    let isFirst = true;
    names.begin(this.params.headers);
    while (names.next()) {
      if (!isFirst) to.appendByte(0x0a);
      isFirst = false;
      if (to.length > MAX_TEXT) return Reason.MalformedSignature;
      const part = this.partOf(names.ptr, names.size);
      if (part == Part.Target || part == Part.Created || part == Part.Expires) {
        to = this.appendDerived(part, names.ptr, names.size, to, attempt);
        continue;
      }
      if (isDerived(names.ptr, names.size)) return Reason.MissingComponent;
      if (this.lowersNames) appendLower(names.ptr, names.size, to);
      else to.appendBytes(names.ptr, names.size);
      const count = appendHeader(this.lines, names.ptr, names.size, to.append(": "));
      if (count == 0) return Reason.MissingComponent;
      if (count > 1 && !this.joinsLines) return Reason.DuplicateHeader;
    }
    this.endText(to);
    return Reason.None;
  }

  /** Takes the digest when it is signed; else remembers what a body would be refused for. */
  private prepareBody(parts: i32, attempt: Attempt): Reason {
    attempt.wantsBody = this.validatesBody;
    if (!this.validatesBody) return Reason.None;
    const isCovered = (parts & Part.Digest) != 0;
    if (isCovered) {
      const value = attempt.tail.clear();
      appendHeader(this.lines, changetype<usize>(DIGEST), DIGEST.byteLength, value);
      if (value.length > MAX_PARSED) return Reason.MalformedSignature;
      expectDigest(value.ptr, value.length, attempt);
    }
    const reason = isCovered || this.digest.count == 0 ? Reason.DigestMissing : Reason.InsufficientCoverage;
    noteUncovered(reason, attempt);
    // Less than all that must be signed is refused before any MAC is made.
    const isShort = reason == Reason.InsufficientCoverage && this.lines.announcesMoreThan(0);
    return isShort ? reason : Reason.None;
  }
}

const DIGEST = String.UTF8.encode("digest");

// One of each serves all schemes, within a callback.
const names = new NameList();
let requiredBits: u32 = 0;

/** Decodes to `into` (66 bytes); returns how many, -1 when it is no base64. */
function decodeMac(signature: Param, into: usize): i32 {
  return signature.size > 88 ? -1 : decodeBase64(signature.ptr, signature.size, into, Base64Alphabet.Standard);
}
