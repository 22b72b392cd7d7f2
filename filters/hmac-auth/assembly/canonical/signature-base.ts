// The signature base of RFC 9421 section 2.5: a line for each component, and the list of them as it is serialised again.
import { isText, StringBuilder } from "@proxy-wasm-kit/sdk";
import { Attempt } from "../attempt";
import { same } from "../bytes";
import { RequestLines } from "../lines";
import { Reason } from "../reason";
import { MAX_COMPONENTS, MAX_TEXT, Required } from "./components";
import { MessageComponents } from "./message-components";
import { Member } from "./signature-fields";
import { FieldReader, Kind, Step } from "./structured-field";

export class SignatureBase {
  private components: MessageComponents;
  private reader: FieldReader = new FieldReader();
  /** Where the identifiers of components are in the list. */
  private starts: StaticArray<i32> = new StaticArray<i32>(MAX_COMPONENTS);
  private sizes: StaticArray<i32> = new StaticArray<i32>(MAX_COMPONENTS);
  private count: i32 = 0;
  private covered: u32 = 0;

  constructor(lines: RequestLines, publicBaseUrl: ArrayBuffer) {
    this.components = new MessageComponents(lines, publicBaseUrl);
  }

  /** Appends the base of a signature to the text; the reason when it cannot be made, or covers too little. */
  append(member: Member, required: Required, attempt: Attempt): Reason {
    const reader = this.reader;
    const text = attempt.text;
    const list = attempt.otherText.clear();
    member.baseAt = text.length;
    member.coversDigest = false;
    this.count = 0;
    this.covered = 0;
    let worst = Reason.None;
    reader.begin(member.listPtr, member.listSize);
    reader.take(0x28);
    list.appendByte(0x28);
    reader.skipSpaces();
    while (!reader.take(0x29)) {
      const reason = this.appendComponent(member, required, list, attempt);
      if (reason == Reason.MalformedSignature) return reason;
      if (worst == Reason.None) worst = reason;
      reader.skipSpaces();
    }
    list.appendByte(0x29);
    let step = reader.parameter();
    while (step == Step.Some) {
      reader.appendParameter(list);
      step = reader.parameter();
    }
    if (!required.isMetBy(this.covered)) return Reason.InsufficientCoverage;
    text.append('"@signature-params": ').appendBytes(list.ptr, list.length);
    member.baseSize = text.length - member.baseAt;
    return worst;
  }

  /** One line, and the identifier in the list. */
  private appendComponent(member: Member, required: Required, list: StringBuilder, attempt: Attempt): Reason {
    const reader = this.reader;
    const text = attempt.text;
    const index = this.count;
    if (text.length > MAX_TEXT) return Reason.MalformedSignature;
    if (index == MAX_COMPONENTS || !reader.item() || reader.kind != Kind.String) return Reason.MalformedSignature;
    if (index != 0) list.appendByte(0x20);
    const start = list.length;
    const name = reader.ptr;
    const size = reader.size;
    reader.appendItem(list);
    const isParam = isText(name, size, "@query-param");
    let paramName: usize = 0;
    let paramSize = -1;
    let step = reader.parameter();
    while (step == Step.Some) {
      // No other parameter is known: not "sf", "bs", "key", nor those of responses and trailers.
      const isName = isParam && paramSize < 0 && isText(reader.keyPtr, reader.keySize, "name");
      if (!isName || reader.kind != Kind.String) return Reason.MalformedSignature;
      paramName = reader.ptr;
      paramSize = reader.size;
      reader.appendParameter(list);
      step = reader.parameter();
    }
    if (step == Step.Wrong || (isParam && paramSize < 0) || !this.keep(start, list)) return Reason.MalformedSignature;
    if (isText(name, size, "content-digest")) member.coversDigest = true;
    this.covered |= this.bitsOf(name, size, isParam, required, list, start, attempt.tail);
    text.appendBytes(list.ptr + start, list.length - start).append(": ");
    const reason = isParam
      ? this.components.appendQueryParam(paramName, paramSize, text)
      : this.components.append(name, size, text);
    text.appendByte(0x0a);
    return reason;
  }

  /** Remembers the identifier at the end of the list; false when it was there already. */
  private keep(start: i32, list: StringBuilder): bool {
    const size = list.length - start;
    for (let i = 0; i < this.count; ++i) {
      if (unchecked(this.sizes[i]) != size) continue;
      if (same(list.ptr + unchecked(this.starts[i]), list.ptr + start, size)) return false;
    }
    unchecked((this.starts[this.count] = start));
    unchecked((this.sizes[this.count++] = size));
    return true;
  }

  /** A parameter of the query is asked for as `@query-param;name="x"`. */
  private bitsOf(
    name: usize,
    size: i32,
    isParam: bool,
    required: Required,
    list: StringBuilder,
    start: i32,
    scratch: StringBuilder,
  ): u32 {
    if (!isParam) return required.bitsOf(name, size);
    const rest = start + size + 2;
    scratch
      .clear()
      .appendBytes(name, size)
      .appendBytes(list.ptr + rest, list.length - rest);
    return required.bitsOf(scratch.ptr, scratch.length);
  }
}
