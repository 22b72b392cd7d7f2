// The schemes of the grammar: webhooks, and whatever a configuration spells out.
import { HeaderMap, StringBuilder } from "@proxy-wasm-kit/sdk";
import { decodeLowerHex } from "@proxy-wasm-kit/sdk/crypto";
import { Algorithm, digestSize } from "../algorithm";
import { Attempt, computedRoom } from "../attempt";
import { startsWith } from "../bytes";
import { MAX_CLAIMS } from "../claims";
import { decodeDigest } from "../encoding";
import { Key } from "../key";
import { MAX_PARSED, RequestLines } from "../lines";
import { Reason } from "../reason";
import { Scheme } from "../scheme";
import { Found } from "./body-json";
import { Form, isForm } from "./form";
import { hasDuplicates, lacksComponent } from "./presence";
import { appendSignature, beginSigning } from "./signing";
import { Coverage, Template } from "./template";
import { appendParts, Stamps } from "./text";
import { freshness, NO_TIME, parseTimestamp } from "./timestamp";
import { Ports, UrlForm } from "./url";
import { WholeBody } from "./whole-body";

/** What parsing the signature's header has found, in the order in which it counts. */
enum Parsed {
  Ok,
  NoSignature,
  Malformed,
  TooMany,
}

// One of each serves all schemes, within a callback.
const stamps = new Stamps();
const whole = new WholeBody();
const form = new Form();
const pairs = new StringBuilder();
/** How many the signature's header has, or a header of their own. */
let timestamps = 0;

export class TemplateScheme extends Scheme {
  constructor(
    readonly template: Template,
    /** Newest first. */
    private keyList: StaticArray<Key>,
  ) {
    super();
    this.refusesEmptyBody = template.refusesEmptyBody;
  }

  get isUnique(): bool {
    return this.template.hasTime || this.template.id !== null;
  }

  get keys(): StaticArray<Key> {
    return this.keyList;
  }

  get canSign(): bool {
    return true;
  }

  get signsBody(): bool {
    return this.template.coverage != Coverage.None;
  }

  hasCredentials(lines: RequestLines): bool {
    return this.template.signature.count != 0;
  }

  hideCredentials(headers: HeaderMap): void {
    headers.remove(this.template.signatureName);
  }

  begin(lines: RequestLines, attempt: Attempt): Reason {
    const template = this.template;
    const signature = template.signature;
    const timestamp = template.timestamp;
    const id = template.id;
    if (signature.count > 1 || hasDuplicates(this.template)) return Reason.DuplicateHeader;

    if (signature.size == 0) return Reason.MissingSignature;
    const parsed = this.parse(signature.ptr, signature.size, attempt);
    if (parsed == Parsed.NoSignature) return Reason.MissingSignature;
    if (timestamp !== null) {
      stamps.timestampPtr = timestamp.ptr;
      stamps.timestampSize = timestamp.size;
      timestamps = timestamp.size == 0 ? 0 : 1;
    }
    const hasTime = template.hasTime && template.bodyField === null;
    if (hasTime && timestamps == 0) return Reason.MissingTimestamp;
    if (id !== null) {
      if (id.size == 0) return Reason.MissingId;
      stamps.idPtr = id.ptr;
      stamps.idSize = id.size;
    }
    if (lacksComponent(this.template)) return Reason.MissingComponent;

    if (parsed == Parsed.TooMany) return Reason.TooManySignatures;
    if (parsed == Parsed.Malformed) return Reason.MalformedSignature;
    let time: i64 = 0;
    if (hasTime) {
      time = timestamps == 1 ? parseTimestamp(stamps.timestampPtr, stamps.timestampSize, template.unit) : NO_TIME;
      if (time == NO_TIME) return Reason.MalformedTimestamp;
    }
    if (id !== null && id.size > MAX_PARSED) return Reason.MalformedId;
    const reason = this.compose(attempt);
    if (reason != Reason.None) return reason;
    return hasTime ? freshness(time, template.toleranceMs) : Reason.None;
  }

  /** The text on both sides of the body, and what of the body takes part. */
  compose(attempt: Attempt): Reason {
    const template = this.template;
    const parts = template.parts;
    const tail = template.tailParts;
    const url = template.url;
    const both = url !== null && url.ports == Ports.Both;
    const urlForm = both ? UrlForm.WithoutPort : UrlForm.AsIs;
    let reason = appendParts(parts, attempt.text.clear(), stamps, url, urlForm, false);
    if (reason == Reason.None) reason = appendParts(tail, attempt.tail.clear(), stamps, url, urlForm, true);
    if (both && reason == Reason.None) {
      appendParts(parts, attempt.otherText.clear(), stamps, url, UrlForm.WithPort, false);
      appendParts(tail, attempt.otherTail.clear(), stamps, url, UrlForm.WithPort, true);
    }
    if (reason == Reason.None) this.prepareBody(attempt);
    return reason;
  }

  verifyEarly(attempt: Attempt): Reason {
    return this.template.coverage == Coverage.None ? this.verify(attempt) : Reason.None;
  }

  finish(attempt: Attempt): Reason {
    const template = this.template;
    const coverage = template.coverage;
    const time = this.timeOfBody(attempt);
    if (time != Reason.None) return time;
    if (coverage != Coverage.None) {
      let reason = this.readForm(attempt);
      if (reason == Reason.None) reason = this.verify(attempt);
      if (reason != Reason.None) return reason;
    }
    return this.checkCoverage(attempt);
  }

  beginSigning(lines: RequestLines, headers: HeaderMap, attempt: Attempt): Reason {
    const reason = beginSigning(this.template, stamps, headers, attempt.output);
    if (reason != Reason.None) return reason;
    if (hasDuplicates(this.template)) return Reason.DuplicateHeader;
    return lacksComponent(this.template) ? Reason.MissingComponent : this.compose(attempt);
  }

  sign(headers: HeaderMap, attempt: Attempt): Reason {
    const template = this.template;
    let reason = this.readForm(attempt);
    if (reason == Reason.None) reason = this.checkCoverage(attempt);
    if (reason != Reason.None) return reason;
    const keys = this.keyList;
    const count = template.signsWithAll ? keys.length : 1;
    for (let i = 0; i < count; ++i) {
      const key = unchecked(keys[i]);
      if (!this.compute(attempt, key, i == 0, attempt.text, attempt.tail)) return Reason.BodyUnreadable;
      appendSignature(template, attempt.output, i == 0);
    }
    headers.setBytes(template.signatureName, attempt.output.toBuffer());
    return Reason.None;
  }

  /** Starts what runs over the body as it comes: the MAC by the newest key, or a digest. */
  private prepareBody(attempt: Attempt): void {
    const template = this.template;
    const coverage = template.coverage;
    attempt.wantsBody = coverage != Coverage.None || template.validatesBody;
    if (coverage == Coverage.Body) attempt.beginMac(unchecked(this.keyList[0]), attempt.text);
    const type = template.contentType;
    if (coverage == Coverage.Form && type !== null && isForm(type.ptr, type.size)) {
      attempt.isForm = true;
      return;
    }
    const parameter = template.bodyHash;
    const path = template.path;
    if (parameter === null || path === null) return;
    const count = parameter.find(path.ptr, path.size);
    if (count == 0) return;
    const isDigest = count == 1 && parameter.size == 64;
    // Nothing has this digest: what is no digest is a wrong one.
    memory.fill(computedRoom(), 0, 32);
    if (!isDigest || decodeLowerHex(parameter.ptr, 64, computedRoom()) != 32) memory.fill(computedRoom(), 0, 32);
    attempt.expectDigest(Algorithm.Sha256, computedRoom());
    attempt.wantsBody = true;
  }

  /** All keys over all signatures, the newest key and the plain URL first. */
  private verify(attempt: Attempt): Reason {
    const keys = this.keyList;
    const url = this.template.url;
    const both = url !== null && url.ports == Ports.Both;
    const size = digestSize(this.template.algorithm);
    for (let i = 0; i < keys.length; ++i) {
      const key = unchecked(keys[i]);
      if (!this.compute(attempt, key, i == 0, attempt.text, attempt.tail)) return Reason.BodyUnreadable;
      if (i == 0) attempt.setFingerprint(computedRoom());
      let isRight = attempt.claims.include(computedRoom(), size);
      if (!isRight && both) {
        if (!this.compute(attempt, key, false, attempt.otherText, attempt.otherTail)) return Reason.BodyUnreadable;
        isRight = attempt.claims.include(computedRoom(), size);
      }
      if (isRight) {
        attempt.key = key;
        return Reason.None;
      }
    }
    return Reason.SignatureMismatch;
  }

  /** One MAC, to the computed room; false when the body is not the one that was there before. */
  private compute(attempt: Attempt, key: Key, isFirst: bool, text: StringBuilder, tail: StringBuilder): bool {
    const coverage = this.template.coverage;
    const into = computedRoom();
    if (coverage == Coverage.Body && !isFirst) return attempt.macOfBody(key, text, tail, into);
    if (coverage == Coverage.Body) attempt.endMac(tail, into);
    else attempt.macOf(key, text, pairs.ptr, coverage == Coverage.Form ? pairs.length : 0, tail, into);
    return true;
  }

  /** Whether all of the body is signed, by the MAC or by a digest, which must be right. */
  private checkCoverage(attempt: Attempt): Reason {
    const template = this.template;
    const isCovered = template.coverage == Coverage.Body || attempt.isForm || attempt.expectsDigest;
    if (!isCovered && template.validatesBody && attempt.bodyBytes != 0) return Reason.BodyNotSigned;
    return attempt.digestsMatch() ? Reason.None : Reason.DigestMismatch;
  }

  /** Leaves the pairs of a form's body in `pairs`. */
  private readForm(attempt: Attempt): Reason {
    pairs.clear();
    if (!attempt.isForm) return Reason.None;
    if (!whole.read(attempt.bodyBytes)) return Reason.BodyUnreadable;
    // Of pairs, too many.
    return form.append(whole, pairs) ? Reason.None : Reason.BodyTooLarge;
  }

  /** Whether the time in the body is fresh. */
  private timeOfBody(attempt: Attempt): Reason {
    const template = this.template;
    const field = template.bodyField;
    if (field === null) return Reason.None;
    if (attempt.bodyBytes == 0) return Reason.MissingTimestamp;
    if (!whole.read(attempt.bodyBytes)) return Reason.BodyUnreadable;
    const found = field.find(whole.ptr, whole.size, template.unit);
    if (found == Found.Absent) return Reason.MissingTimestamp;
    return found == Found.Number ? freshness(field.timeMs, template.toleranceMs) : Reason.MalformedTimestamp;
  }

  /** Decodes the signatures; leaves the timestamp of a list in the stamps, and how many there were. */
  private parse(ptr: usize, size: i32, attempt: Attempt): Parsed {
    const template = this.template;
    // Of what cannot be read nobody knows whether it has a time.
    timestamps = 1;
    const prefix = template.prefix;
    if (size > MAX_PARSED || !startsWith(ptr, size, prefix)) return Parsed.Malformed;
    ptr += prefix.byteLength;
    size -= prefix.byteLength;
    const claims = attempt.claims;
    const list = template.list;
    if (list === null) {
      if (!decodeDigest(ptr, size, claims.next(), template.encoding, template.algorithm)) return Parsed.Malformed;
      claims.add();
      return Parsed.Ok;
    }
    let signatures = 0;
    let times = 0;
    list.begin(ptr, size);
    while (list.next()) {
      if (!list.isSignature) {
        ++times;
        stamps.timestampPtr = list.ptr;
        stamps.timestampSize = list.size;
      } else if (++signatures <= MAX_CLAIMS) {
        if (decodeDigest(list.ptr, list.size, claims.next(), template.encoding, template.algorithm)) claims.add();
      }
    }
    if (!list.hasPairs) return Parsed.Malformed;
    timestamps = times;
    if (signatures == 0) return Parsed.NoSignature;
    if (signatures > MAX_CLAIMS) return Parsed.TooMany;
    return claims.count == 0 ? Parsed.Malformed : Parsed.Ok;
  }
}
