// Signatures with public keys, by Envoy's BoringSSL: RSA with PKCS #1 v1.5 padding. For keyed hashes (HMAC) see `crypto`.
// Source: envoy source/extensions/common/wasm/foreign.cc (`verify_signature`, `sign`) and its foreign.proto.
import { Status } from "./abi";
import { callForeignFunction } from "./foreign";
import { ProtobufReader, ProtobufWriter } from "./protobuf";

/** A key as DER (public: SubjectPublicKeyInfo, private: PKCS #8) or as PEM text of the same. */
export class Key {
  static der(bytes: ArrayBuffer): Key {
    return new Key(bytes, false);
  }

  static pem(text: string): Key {
    return new Key(String.UTF8.encode(text), true);
  }

  private constructor(
    readonly bytes: ArrayBuffer,
    readonly isPem: bool,
  ) {}
}

/** What came of it. */
export class SignatureResult {
  constructor(
    /** The signature is right, or was made. */
    readonly ok: bool,
    /** The signature that was made; empty otherwise. */
    readonly signature: ArrayBuffer,
    /** Why not, in Envoy's words; "" when `ok`. */
    readonly error: string,
  ) {}
}

/** Whether `signature` is that of `data`. `hash` is "sha1", "sha224", "sha256", "sha384" or "sha512". */
export function verifySignature(hash: string, key: Key, signature: ArrayBuffer, data: ArrayBuffer): SignatureResult {
  const message = new ProtobufWriter().text(1, hash).bytes(3, signature).bytes(4, data);
  return ask("verify_signature", message.bytes(key.isPem ? 5 : 2, key.bytes), 2);
}

/** Signs `data` with a private key. */
export function sign(hash: string, key: Key, data: ArrayBuffer): SignatureResult {
  const message = new ProtobufWriter().text(1, hash).bytes(3, data);
  return ask("sign", message.bytes(key.isPem ? 4 : 2, key.bytes), 3);
}

/** Both answer `{bool result = 1; ...; string error = errorField}`; between them `sign` has `bytes signature = 2`. */
function ask(name: string, message: ProtobufWriter, errorField: u32): SignatureResult {
  const answer = callForeignFunction(name, message.toBuffer());
  if (answer.status != Status.Ok) {
    return new SignatureResult(false, new ArrayBuffer(0), `${name}: status ${answer.status}`);
  }
  let ok = false;
  let signature = new ArrayBuffer(0);
  let error = "";
  const reader = new ProtobufReader(answer.bytes);
  while (reader.next()) {
    if (reader.field == 1) ok = reader.number() != 0;
    else if (reader.field == errorField) error = reader.text();
    else signature = reader.bytes();
  }
  return new SignatureResult(ok, signature, error);
}
