/** Keys of any kind, out of what filters give. Source: RFC 5280 section 4.1, RFC 5208, envoy source/common/crypto. */
import { attempt, Der, pemBytes, Tag } from "./der.ts";
import * as ecdsa from "./ecdsa.ts";
import * as rsa from "./rsa.ts";

/** What is signed. */
export interface Digest {
  readonly bytes: Uint8Array;
  /** Before the digest in signatures of RSA. Source: RFC 8017 section 9.2, note 1. */
  readonly prefix: Uint8Array;
}

export interface PublicKey {
  verify(digest: Digest, signature: Uint8Array): boolean;
}

export interface PrivateKey {
  /** Null when it is too short for the digest. */
  sign(digest: Digest, random: (bytes: Uint8Array<ArrayBuffer>) => void): Uint8Array | null;
}

/** A private key that cannot sign digests, such as one of Ed25519. */
export const unusable = Symbol("unusable");

/** Of a `SubjectPublicKeyInfo`; null when it is none, or of another kind. */
export function publicKey(der: Uint8Array): PublicKey | null {
  return attempt(() => {
    const info = new Der(der).take(Tag.Sequence);
    const algorithm = info.take(Tag.Sequence);
    const kind = algorithm.takeObjectIdentifier();
    const { bytes } = info.take(Tag.BitString);
    if (kind === rsa.rsaEncryption) return rsaVerifier(rsa.publicKey(bytes));
    const key = kind === ecdsa.ecPublicKey ? ecdsa.publicKey(algorithm, bytes) : null;
    return key && { verify: (digest, signature) => ecdsa.verify(key, digest.bytes, signature) };
  });
}

export function publicKeyOfPem(pem: string): PublicKey | null {
  const der = pemBytes(pem, "PUBLIC KEY");
  return der && publicKey(der);
}

/** Of a `PrivateKeyInfo` (PKCS #8); null when it is none, or of another kind. */
export function privateKey(der: Uint8Array): PrivateKey | typeof unusable | null {
  return attempt(() => {
    const info = new Der(der).take(Tag.Sequence);
    info.takeInteger(); // version
    const algorithm = info.take(Tag.Sequence);
    const kind = algorithm.takeObjectIdentifier();
    const { bytes } = info.take(Tag.OctetString);
    if (kind === rsa.rsaEncryption) return rsaSigner(rsa.privateKey(bytes));
    if (kind === ecdsa.ecPublicKey) return ecSigner(ecdsa.privateKey(bytes, algorithm));
    return kind === ed25519 ? unusable : null;
  });
}

/** In PEM, keys of RSA and of elliptic curves may also be in forms of their own. */
export function privateKeyOfPem(pem: string): PrivateKey | typeof unusable | null {
  const der = pemBytes(pem, "PRIVATE KEY");
  if (der !== null) return privateKey(der);
  const ofRsa = pemBytes(pem, "RSA PRIVATE KEY");
  if (ofRsa !== null) return rsaSigner(rsa.privateKey(ofRsa));
  const ofCurve = pemBytes(pem, "EC PRIVATE KEY");
  return ofCurve && ecSigner(ecdsa.privateKey(ofCurve));
}

const ed25519 = "\x2b\x65\x70";

const rsaVerifier = (key: rsa.RsaKey): PublicKey => ({
  verify: ({ prefix, bytes }, signature) => rsa.verify(key, prefix, bytes, signature),
});
const rsaSigner = (key: rsa.RsaKey | null): PrivateKey | null =>
  key && { sign: ({ prefix, bytes }) => rsa.sign(key, prefix, bytes) };
const ecSigner = (key: ecdsa.EcPrivateKey | null): PrivateKey | null =>
  key && { sign: ({ bytes }, random) => ecdsa.sign(key, bytes, random) };
