/** Hashes, MACs and decoders against published vectors and node:crypto, through the compiled SDK. */
import { createHash, createHmac } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { compile } from "./compile.ts";

interface CryptoModule {
  alloc(size: number): number;
  digest(bits: number, ptr: number, size: number, piece: number, into: number): void;
  mac(bits: number, keyPtr: number, keySize: number, ptr: number, size: number, into: number): void;
  decode(format: number, ptr: number, size: number, into: number): number;
  equal(a: number, b: number, size: number): number;
}

const algorithms = [
  [128, "md5"],
  [160, "sha1"],
  [256, "sha256"],
  [384, "sha384"],
  [512, "sha512"],
] as const;

let module: Awaited<ReturnType<typeof compile<CryptoModule>>>;
let input: number;
let keyInput: number;
let output: number;

beforeAll(async () => {
  module = await compile<CryptoModule>("sdk/test/assembly/crypto.ts");
  [input, keyInput, output] = [module.alloc(1_000_064), module.alloc(512), module.alloc(2048)];
});

const memory = () => Buffer.from(module.memory.buffer);
const put = (at: number, bytes: Uint8Array) => memory().set(bytes, at);
const take = (size: number) => Buffer.from(memory().subarray(output, output + size));

function digest(bits: number, message: Uint8Array, piece = Math.max(message.length, 1)): string {
  put(input, message);
  module.digest(bits, input, message.length, piece, output);
  return take(bits / 8).toString("hex");
}

function mac(bits: number, key: Uint8Array, message: Uint8Array): string {
  put(keyInput, key);
  put(input, message);
  module.mac(bits, keyInput, key.length, input, message.length, output);
  return take(bits / 8).toString("hex");
}

const ascii = (text: string) => Buffer.from(text, "latin1");
const filled = (size: number, byte: number) => Buffer.alloc(size, byte);

// FIPS 180-4 examples (csrc.nist.gov, "Secure Hashing: Example Algorithms"): "abc", 448 bits, 896 bits, one million "a".
const bits448 = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
const bits896 =
  "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu";
const fips: readonly (readonly [number, string, string])[] = [
  [160, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"],
  [160, bits448, "84983e441c3bd26ebaae4aa1f95129e5e54670f1"],
  [256, "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
  [256, bits448, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"],
  [384, "abc", "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"],
  [384, bits896, "09330c33f71147e83d192fc782cd1b4753111b173b3b05d22fa08086e3b0f712fcc7c71a557e2db966c3e9fa91746039"],
  [
    512,
    "abc",
    "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
  ],
  [
    512,
    bits896,
    "8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909",
  ],
];

describe("hashes", () => {
  test.each(fips)("FIPS 180-4: %i bits of %j", (bits, message, expected) => {
    expect(digest(bits, ascii(message))).toBe(expected);
  });

  test.each(algorithms)('%i bits: one million "a", in pieces', (bits, name) => {
    const message = filled(1_000_000, 0x61);
    expect(digest(bits, message, 997)).toBe(createHash(name).update(message).digest("hex"));
  });

  test.each(algorithms)(
    "%i bits: every length around the block borders, in pieces of every size, as node:crypto",
    (bits, name) => {
      const message = Buffer.from(Array.from({ length: 300 }, (_, i) => (i * 151) & 255));
      for (let size = 0; size <= 300; ++size) {
        const part = message.subarray(0, size);
        expect(digest(bits, part, (size % 67) + 1), `${size} bytes`).toBe(createHash(name).update(part).digest("hex"));
      }
    },
  );
});

// RFC 4231, section 4 (test case 5 is truncated to 128 bits); the key and data of each case.
const rfc4231 = [
  [filled(20, 0x0b), ascii("Hi There")],
  [ascii("Jefe"), ascii("what do ya want for nothing?")],
  [filled(20, 0xaa), filled(50, 0xdd)],
  [Buffer.from("0102030405060708090a0b0c0d0e0f10111213141516171819", "hex"), filled(50, 0xcd)],
  [filled(20, 0x0c), ascii("Test With Truncation")],
  [filled(131, 0xaa), ascii("Test Using Larger Than Block-Size Key - Hash Key First")],
  [
    filled(131, 0xaa),
    ascii(
      "This is a test using a larger than block-size key and a larger than block-size data. " +
        "The key needs to be hashed before being used by the HMAC algorithm.",
    ),
  ],
] as const;
const rfc4231Macs: Readonly<Record<number, readonly string[]>> = {
  256: [
    "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
    "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
    "a3b6167473100ee06e0c796c2955552b",
    "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
    "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
  ],
  384: [
    "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6",
    "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
    "88062608d3e6ad8a0aa2ace014c8a86f0aa635d947ac9febe83ef4e55966144b2a5ab39dc13814b94e3ab6e101a34f27",
    "3e8a69b7783c25851933ab6290af6ca77a9981480850009cc5577c6e1f573b4e6801dd23c4a7d679ccf8a386c674cffb",
    "3abf34c3503b2a23a46efc619baef897",
    "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c60c2ef6ab4030fe8296248df163f44952",
    "6617178e941f020d351e2f254e8fd32c602420feb0b8fb9adccebb82461e99c5a678cc31e799176d3860e6110c46523e",
  ],
  512: [
    "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854",
    "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
    "fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33b2279d39bf3e848279a722c806b485a47e67c807b946a337bee8942674278859e13292fb",
    "b0ba465637458c6990e5a8c5f61d4af7e576d97ff94b872de76f8050361ee3dba91ca5c11aa25eb4d679275cc5788063a5f19741120c4f2de2adebeb10a298dd",
    "415fad6271580a531d4179bc891d87a6",
    "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f3526b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598",
    "e37b6a775dc87dbaa4dfa9f96e5e3ffddebd71f8867289865df5a32d20cdc944b6022cac3c4982b10d5eeb55c3e4de15134676fb6de0446065c97440fa8c6a58",
  ],
};

// RFC 2202, section 3: HMAC-SHA-1.
const rfc2202 = [
  [filled(20, 0x0b), ascii("Hi There"), "b617318655057264e28bc0b6fb378c8ef146be00"],
  [ascii("Jefe"), ascii("what do ya want for nothing?"), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"],
  [filled(20, 0xaa), filled(50, 0xdd), "125d7342b9ac11cd91a39af48aa17b4f63f175d3"],
  [
    Buffer.from("0102030405060708090a0b0c0d0e0f10111213141516171819", "hex"),
    filled(50, 0xcd),
    "4c9007f4026250c6bc8414f9bf50c86c2d7235da",
  ],
  [filled(20, 0x0c), ascii("Test With Truncation"), "4c1a03424b55e07fe7f27be1d58bb9324a9a5a04"],
  [
    filled(80, 0xaa),
    ascii("Test Using Larger Than Block-Size Key - Hash Key First"),
    "aa4ae5e15272d00e95705637ce8a3b55ed402112",
  ],
  [
    filled(80, 0xaa),
    ascii("Test Using Larger Than Block-Size Key and Larger Than One Block-Size Data"),
    "e8e99d0f45237d786d6bbaa7965c7808bbff1a91",
  ],
] as const;

describe("HMAC", () => {
  test.each([256, 384, 512])("RFC 4231 with SHA-%i", (bits) => {
    rfc4231.forEach(([key, data], i) => {
      const expected = rfc4231Macs[bits]?.[i] ?? "none";
      expect(mac(bits, key, data).slice(0, expected.length), `test case ${i + 1}`).toBe(expected);
    });
  });

  test("RFC 2202 with SHA-1", () => {
    rfc2202.forEach(([key, data, expected], i) => {
      expect(mac(160, key, data), `test case ${i + 1}`).toBe(expected);
    });
  });

  test.each(algorithms)(
    "%i bits: keys and messages of every length around the block borders, as node:crypto",
    (bits, name) => {
      const bytes = Buffer.from(Array.from({ length: 260 }, (_, i) => (i * 89 + 3) & 255));
      for (const keySize of [0, 1, 20, 63, 64, 65, 127, 128, 129, 200]) {
        for (const size of [0, 1, 55, 56, 63, 64, 65, 111, 112, 119, 120, 127, 128, 129, 260]) {
          const [key, message] = [bytes.subarray(0, keySize), bytes.subarray(0, size)];
          expect(mac(bits, key, message)).toBe(createHmac(name, key).update(message).digest("hex"));
        }
      }
    },
  );
});

describe("equality", () => {
  test("differs at any byte", () => {
    put(input, filled(64, 7));
    for (let at = 0; at < 32; ++at) {
      put(input, filled(64, 7));
      expect(module.equal(input, input + 32, 32)).toBe(1);
      put(input + at, filled(1, 8));
      expect(module.equal(input, input + 32, 32), `byte ${at}`).toBe(0);
    }
  });
});

describe("decoding", () => {
  const formats = { lowerHex: 0, hex: 1, base64: 2, base64url: 3 };

  /** The bytes, or null where it is refused. */
  function decode(format: keyof typeof formats, text: string): string | null {
    put(input, ascii(text));
    const size = module.decode(formats[format], input, text.length, output);
    return size === -1 ? null : take(size).toString("hex");
  }

  test("hex takes both cases, or only the lower one", () => {
    expect(decode("hex", "00fFAb")).toBe("00ffab");
    expect(decode("lowerHex", "00ffab")).toBe("00ffab");
    expect(decode("lowerHex", "00fFab")).toBeNull();
  });

  test.each(["0", "abc", "0g", "0x", " 0", "@@", "``", "//", "::"])("hex refuses %j", (text) => {
    expect(decode("hex", text)).toBeNull();
  });

  test("base64 of every length is what node:crypto's Buffer has", () => {
    for (let size = 0; size < 70; ++size) {
      const bytes = Buffer.from(Array.from({ length: size }, (_, i) => (i * 37 + size * 11) & 255));
      const [standard, url] = [bytes.toString("base64"), bytes.toString("base64url")];
      expect(decode("base64", standard)).toBe(bytes.toString("hex"));
      expect(decode("base64url", url)).toBe(bytes.toString("hex"));
      expect(decode("base64url", url + "=".repeat((4 - (url.length % 4)) % 4))).toBe(bytes.toString("hex"));
    }
  });

  test.each([
    ["base64", "QUI"], // padding left off
    ["base64", "QUI=="],
    ["base64", "Q==="],
    ["base64", "="],
    ["base64", "QUJ="], // an unused bit is set
    ["base64", "QR=="],
    ["base64", "QU I"],
    ["base64", "-_-_"],
    ["base64url", "+/+/"],
    ["base64url", "Q"],
    ["base64url", "QUJ"],
    ["base64url", "QUI=="],
    ["base64url", "Q=I="],
  ] as const)("%s refuses %j", (format, text) => {
    expect(decode(format, text)).toBeNull();
  });
});
