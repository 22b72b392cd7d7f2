// `Signature-Input` and `Signature` (RFC 9421 section 4): dictionaries with the same labels, an inner list of components and
// the bytes of a MAC under each.
import { isText } from "@proxy-wasm-kit/sdk";
import { same } from "../bytes";
import { MAX_CLAIMS } from "../claims";
import { Holder } from "./key-table";
import { FieldReader, Kind, Step } from "./structured-field";

/** The value of a parameter; valid as long as the header. */
export class Value {
  kind: Kind = Kind.None;
  ptr: usize = 0;
  size: i32 = 0;

  constructor(readonly name: string) {}
}

/** One signature. */
export class Member {
  labelPtr: usize = 0;
  labelSize: i32 = 0;
  /** The inner list with its parameters. */
  listPtr: usize = 0;
  listSize: i32 = 0;
  readonly created: Value = new Value("created");
  readonly expires: Value = new Value("expires");
  readonly keyId: Value = new Value("keyid");
  readonly algorithm: Value = new Value("alg");
  readonly nonce: Value = new Value("nonce");
  readonly tag: Value = new Value("tag");
  values: StaticArray<Value> = [];
  /** The MAC in base64; no size: there is none. */
  macPtr: usize = 0;
  macSize: i32 = -1;

  // What comes of it.
  holder: Holder | null = null;
  hash: i32 = 0;
  /** Where in the text its base is, and where its MAC in bytes. */
  baseAt: i32 = 0;
  baseSize: i32 = 0;
  claimAt: i32 = 0;
  coversDigest: bool = false;

  constructor() {
    this.values = [this.created, this.expires, this.keyId, this.algorithm, this.nonce, this.tag];
  }
}

export enum Fields {
  Ok,
  Malformed,
  TooMany,
}

/** Parameters of one item or list; more are malformed. */
const MAX_PARAMETERS = 16;

export class SignatureFields {
  count: i32 = 0;
  readonly members: StaticArray<Member> = new StaticArray<Member>(MAX_CLAIMS);
  private reader: FieldReader = new FieldReader();
  private keyPtrs: StaticArray<usize> = new StaticArray<usize>(MAX_PARAMETERS);
  private keySizes: StaticArray<i32> = new StaticArray<i32>(MAX_PARAMETERS);

  constructor() {
    for (let i = 0; i < MAX_CLAIMS; ++i) unchecked((this.members[i] = new Member()));
  }

  parse(input: usize, inputSize: i32, signature: usize, signatureSize: i32): Fields {
    this.count = 0;
    const lists = this.parseInput(input, inputSize);
    if (lists != Fields.Ok) return lists;
    const macs = this.parseSignature(signature, signatureSize);
    if (macs != Fields.Ok) return macs;
    // A label in one of the two only is an error (section 4.2).
    for (let i = 0; i < this.count; ++i) if (unchecked(this.members[i]).macSize < 0) return Fields.Malformed;
    return Fields.Ok;
  }

  private parseInput(ptr: usize, size: i32): Fields {
    const reader = this.reader;
    reader.begin(ptr, size);
    let step = Step.Some;
    while (step == Step.Some) {
      if (this.count == MAX_CLAIMS) return Fields.TooMany;
      const member = unchecked(this.members[this.count]);
      member.macSize = -1;
      member.holder = null;
      if (!reader.key() || this.find(reader.keyPtr, reader.keySize) !== null) return Fields.Malformed;
      member.labelPtr = reader.keyPtr;
      member.labelSize = reader.keySize;
      if (!reader.take(0x3d)) return Fields.Malformed;
      member.listPtr = reader.at;
      if (!this.parseList(member)) return Fields.Malformed;
      member.listSize = <i32>(reader.at - member.listPtr);
      ++this.count;
      step = reader.separator();
    }
    return step == Step.Done ? Fields.Ok : Fields.Malformed;
  }

  private parseList(member: Member): bool {
    const reader = this.reader;
    if (!reader.take(0x28)) return false;
    let isOpen = true;
    while (isOpen) {
      const from = reader.at;
      reader.skipSpaces();
      if (reader.take(0x29)) {
        isOpen = false;
      } else {
        const isApart = reader.at != from || load<u8>(from - 1) == 0x28;
        if (!isApart || !reader.item() || !this.parseParameters(null)) return false;
      }
    }
    for (let i = 0; i < member.values.length; ++i) unchecked(member.values[i]).kind = Kind.None;
    return this.parseParameters(member);
  }

  /** Parameters, none of them twice; keeps those of a list. */
  private parseParameters(member: Member | null): bool {
    const reader = this.reader;
    let count = 0;
    let step = reader.parameter();
    while (step == Step.Some) {
      if (count == MAX_PARAMETERS || this.hasKey(count)) return false;
      unchecked((this.keyPtrs[count] = reader.keyPtr));
      unchecked((this.keySizes[count] = reader.keySize));
      ++count;
      if (member !== null) this.keep(member);
      step = reader.parameter();
    }
    return step == Step.Done;
  }

  private hasKey(count: i32): bool {
    const reader = this.reader;
    for (let i = 0; i < count; ++i) {
      if (unchecked(this.keySizes[i]) != reader.keySize) continue;
      if (same(unchecked(this.keyPtrs[i]), reader.keyPtr, reader.keySize)) return true;
    }
    return false;
  }

  private keep(member: Member): void {
    const reader = this.reader;
    for (let i = 0; i < member.values.length; ++i) {
      const value = unchecked(member.values[i]);
      if (!isText(reader.keyPtr, reader.keySize, value.name)) continue;
      value.kind = reader.kind;
      value.ptr = reader.ptr;
      value.size = reader.size;
    }
  }

  private parseSignature(ptr: usize, size: i32): Fields {
    const reader = this.reader;
    reader.begin(ptr, size);
    let step = Step.Some;
    let count = 0;
    while (step == Step.Some) {
      if (count++ == MAX_CLAIMS) return Fields.TooMany;
      if (!reader.key()) return Fields.Malformed;
      const member = this.find(reader.keyPtr, reader.keySize);
      if (!reader.take(0x3d) || !reader.item() || reader.kind != Kind.Bytes) return Fields.Malformed;
      // Not there, or there twice.
      if (member === null || member.macSize >= 0) return Fields.Malformed;
      member.macPtr = reader.ptr;
      member.macSize = reader.size;
      if (!this.parseParameters(null)) return Fields.Malformed;
      step = reader.separator();
    }
    return step == Step.Done ? Fields.Ok : Fields.Malformed;
  }

  private find(label: usize, size: i32): Member | null {
    for (let i = 0; i < this.count; ++i) {
      const member = unchecked(this.members[i]);
      if (member.labelSize == size && same(member.labelPtr, label, size)) return member;
    }
    return null;
  }
}
