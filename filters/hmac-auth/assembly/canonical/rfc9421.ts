// HTTP Message Signatures (RFC 9421) with HMAC. A request may have several signatures: one that verifies is enough, and
// those by keys that nobody has are passed over.
import { HeaderMap, isText, StringBuilder } from "@proxy-wasm-kit/sdk";
import { Base64Alphabet, decodeBase64 } from "@proxy-wasm-kit/sdk/crypto";
import { Algorithm, digestSize } from "../algorithm";
import { Attempt } from "../attempt";
import { Key } from "../key";
import { Line, MAX_PARSED, RequestLines } from "../lines";
import { Reason } from "../reason";
import { Scheme } from "../scheme";
import { freshness, NO_TIME, nowMs, parseTimestamp, Unit } from "../template/timestamp";
import { checkBody, expectContentDigest, noteUncovered, reasonOfUncovered } from "./body-digest";
import { appendHeader, Required } from "./components";
import { Holder, KeyTable } from "./key-table";
import { CanonicalOptions } from "./options";
import { signMessage } from "./rfc9421-signing";
import { SignatureBase } from "./signature-base";
import { Fields, Member, SignatureFields, Value } from "./signature-fields";
import { Kind } from "./structured-field";

const TOLERANCE_MS: i64 = 300_000;
const USUAL: StaticArray<string> = ["@method", "@authority", "@path", "@query"];
const CONTENT_DIGEST = String.UTF8.encode("content-digest");

export class Rfc9421 extends Scheme {
  private input: Line;
  private signature: Line;
  private base: SignatureBase;
  private required: Required;
  private validatesBody: bool;
  private toleranceMs: i64;
  private table: KeyTable;
  private accepted: string;
  /** Of the request whose headers are looked at now. */
  private fields: SignatureFields = new SignatureFields();

  constructor(
    options: CanonicalOptions,
    private lines: RequestLines,
  ) {
    super();
    this.input = lines.watch(String.UTF8.encode("signature-input"));
    this.signature = lines.watch(String.UTF8.encode("signature"));
    this.base = new SignatureBase(lines, options.publicBaseUrl);
    const names = options.requiredComponents;
    const required = new Required(names === null ? USUAL : names);
    this.required = required;
    this.validatesBody = options.validatesBody;
    this.toleranceMs = options.toleranceMs == 0 ? TOLERANCE_MS : options.toleranceMs;
    this.table = new KeyTable(options);
    this.accepted = acceptSignature(required);
  }

  get challenge(): string {
    return "Signature";
  }

  get acceptSignature(): string {
    return this.accepted;
  }

  get isUnique(): bool {
    return true;
  }

  get keys(): StaticArray<Key> {
    return this.table.keys;
  }

  hasCredentials(lines: RequestLines): bool {
    return this.input.count != 0 || this.signature.count != 0;
  }

  hideCredentials(headers: HeaderMap): void {
    headers.remove("signature-input");
    headers.remove("signature");
  }

  begin(lines: RequestLines, attempt: Attempt): Reason {
    const input = this.input;
    const signature = this.signature;
    if (input.count > 1 || signature.count > 1) return Reason.DuplicateHeader;
    if (input.size == 0 || signature.size == 0) return Reason.MissingSignature;
    if (input.size > MAX_PARSED || signature.size > MAX_PARSED) return Reason.MalformedSignature;
    const fields = this.fields;
    const parsed = fields.parse(input.ptr, input.size, signature.ptr, signature.size);
    if (parsed == Fields.TooMany) return Reason.TooManySignatures;
    if (parsed == Fields.Malformed) return Reason.MalformedSignature;

    attempt.text.clear();
    attempt.otherTail.clear();
    let isReady = false;
    let reason = Reason.UnknownKey;
    for (let i = 0; i < fields.count; ++i) {
      const member = unchecked(fields.members[i]);
      const holder = this.holderOf(member.keyId, attempt.tail);
      if (holder === null) continue;
      const found = this.prepare(member, holder, attempt);
      if (found == Reason.None) isReady = true;
      else if (reason == Reason.UnknownKey) reason = found;
    }
    attempt.wantsBody = this.validatesBody;
    return isReady ? Reason.None : reason;
  }

  verifyEarly(attempt: Attempt): Reason {
    // Those that cover the body first: only what the right one covers counts.
    let member = this.findRight(attempt, true);
    if (member === null) member = this.findRight(attempt, false);
    if (member === null) return Reason.SignatureMismatch;
    if (member.coversDigest && this.lines.isUpgrade) return Reason.UnsupportedUpgrade;
    if (!attempt.wantsBody) return Reason.None;
    let isTaken = false;
    if (member.coversDigest) {
      const value = attempt.text.clear();
      appendHeader(this.lines, changetype<usize>(CONTENT_DIGEST), CONTENT_DIGEST.byteLength, value);
      isTaken = value.length <= MAX_PARSED && expectContentDigest(value.ptr, value.length, attempt);
    }
    noteUncovered(member.coversDigest ? Reason.DigestMissing : Reason.InsufficientCoverage, attempt);
    return !isTaken && this.lines.announcesMoreThan(0) ? reasonOfUncovered(attempt) : Reason.None;
  }

  finish(attempt: Attempt): Reason {
    return checkBody(attempt);
  }

  get canSign(): bool {
    return true;
  }

  beginSigning(lines: RequestLines, headers: HeaderMap, attempt: Attempt): Reason {
    this.hideCredentials(headers);
    attempt.text.clear();
    attempt.wantsBody = this.validatesBody;
    return Reason.None;
  }

  sign(headers: HeaderMap, attempt: Attempt): Reason {
    return signMessage(this.table.first, this.required, this.base, this.lines, headers, attempt);
  }

  /** Who has the key; null when nobody has, or none is named. */
  private holderOf(keyId: Value, scratch: StringBuilder): Holder | null {
    if (keyId.kind != Kind.String) return null;
    scratch.clear();
    for (let i = 0; i < keyId.size; ++i) {
      // An escaped byte stands for itself; the reader has seen to it that there is one.
      if (load<u8>(keyId.ptr + i) == 0x5c) ++i;
      scratch.appendByte(load<u8>(keyId.ptr + i));
    }
    return this.table.find(scratch.ptr, scratch.length);
  }

  /** What is wrong with a signature before its MAC is looked at; else it is ready for that. */
  private prepare(member: Member, holder: Holder, attempt: Attempt): Reason {
    const name = member.algorithm;
    if (!isStringOrNone(name) || !isStringOrNone(member.nonce) || !isStringOrNone(member.tag)) {
      return Reason.MalformedSignature;
    }
    const isNamed = name.kind != Kind.None;
    if (isNamed && !isText(name.ptr, name.size, "hmac-sha256")) return Reason.AlgorithmNotAllowed;
    const hash = isNamed ? Algorithm.Sha256 : holder.usual;
    if (!holder.mayUse(hash)) return Reason.AlgorithmNotAllowed;
    const isMac = member.macSize <= 88;
    const size = isMac ? decodeBase64(member.macPtr, member.macSize, macRoom(), Base64Alphabet.Standard) : -1;
    if (size != digestSize(hash)) return Reason.MalformedSignature;
    member.claimAt = attempt.otherTail.length;
    attempt.otherTail.appendBytes(macRoom(), size);

    const composed = this.base.append(member, this.required, attempt);
    if (composed != Reason.None) return composed;
    const time = this.checkTime(member);
    if (time != Reason.None) return time;
    member.hash = hash;
    member.holder = holder;
    return Reason.None;
  }

  private checkTime(member: Member): Reason {
    const created = member.created;
    const expires = member.expires;
    if (created.kind == Kind.None) return Reason.MissingTimestamp;
    const time = timeOf(created);
    if (time == NO_TIME) return Reason.MalformedTimestamp;
    if (expires.kind != Kind.None) {
      const end = timeOf(expires);
      if (end == NO_TIME) return Reason.MalformedTimestamp;
      if (nowMs() > end) return Reason.TimestampTooOld;
    }
    return freshness(time, this.toleranceMs);
  }

  /** The first one whose MAC is right, of those that cover a digest of the body, or that do not. */
  private findRight(attempt: Attempt, coversDigest: bool): Member | null {
    const fields = this.fields;
    const text = attempt.text;
    const nothing = attempt.tail.clear();
    for (let i = 0; i < fields.count; ++i) {
      const member = unchecked(fields.members[i]);
      const holder = member.holder;
      if (holder === null || member.coversDigest != coversDigest) continue;
      const claimed = attempt.otherTail.ptr + member.claimAt;
      if (holder.verify(attempt, member.hash, nothing, text.ptr + member.baseAt, member.baseSize, nothing, claimed)) {
        return member;
      }
    }
    return null;
  }
}

function isStringOrNone(value: Value): bool {
  return value.kind == Kind.None || value.kind == Kind.String;
}

/** Seconds, in milliseconds. */
function timeOf(value: Value): i64 {
  return value.kind == Kind.Integer ? parseTimestamp(value.ptr, value.size, Unit.Seconds) : NO_TIME;
}

/** What a client should sign (section 5.1). */
function acceptSignature(required: Required): string {
  const text = new StringBuilder();
  required.appendList(text.append("sig=("), '"');
  return text.append(");created").toString();
}

/** Room for what 88 digits decode to. */
function macRoom(): usize {
  return memory.data(72);
}
