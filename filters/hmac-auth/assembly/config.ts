// The configuration, `{signing_key, signature_header}` at least. The only file that knows its keys; see config.schema.json.
import { environment, log } from "@proxy-wasm-kit/sdk";
import { HmacKey, Sha256 } from "@proxy-wasm-kit/sdk/crypto";
import { ConfigReader } from "@proxy-wasm-kit/sdk/json";

/** What is held back until the verdict. */
export enum Hold {
  /** Everything: upstream sees nothing of a request that is refused. */
  Headers,
  /** The body only, for Envoys that deliver no body while headers are held. */
  Body,
}

/** A shorter key can be guessed: RFC 2104 advises the size of the digest. */
const SHORT_KEY_BYTES = 16;

export class Config {
  constructor(
    readonly key: HmacKey,
    /** In lower case. */
    readonly signatureHeader: ArrayBuffer,
    readonly hold: Hold,
    readonly maxBodyBytes: u32,
    private readonly bodyTimeoutMs: u32,
  ) {}

  /** Period of the timer that looks for late bodies. */
  get tickMs(): u32 {
    return min(max(this.bodyTimeoutMs / 8, 5), 1000);
  }

  /** Ticks after which a body is late: the first may come at once, so one more than the time holds. */
  get patienceTicks(): u32 {
    return (this.bodyTimeoutMs + this.tickMs - 1) / this.tickMs + 1;
  }
}

/** Reads the JSON text; logs what is wrong with it, without any value, and returns null. */
export function readConfig(text: ArrayBuffer): Config | null {
  const reader = ConfigReader.read(text);
  const key = readKey(reader);
  const header = reader.headerName("signature_header");
  const hold = <Hold>reader.oneOfOr("hold", ["headers", "body"], Hold.Headers);
  const maxBodyBytes = <u32>reader.integerOr("max_body_bytes", 1, i32.MAX_VALUE, 1048576);
  const bodyTimeoutMs = <u32>reader.integerOr("body_timeout_ms", 1, 3600000, 15000);
  if (!reader.finish("hmac-auth")) return null;
  if (key.byteLength < SHORT_KEY_BYTES) log.warn("hmac-auth: the signing key has less than 16 bytes");
  return new Config(new HmacKey(key, () => new Sha256()), header, hold, maxBodyBytes, bodyTimeoutMs);
}

/** The key as it stands in the configuration, or from the environment of the proxy. */
function readKey(reader: ConfigReader): ArrayBuffer {
  if (!reader.has("signing_key_env")) return checked(reader, "signing_key", reader.bytes("signing_key"));
  const name = reader.bytes("signing_key_env");
  if (reader.has("signing_key")) reader.fail("signing_key", "signing_key or signing_key_env", "both");
  const key = environment.find(name);
  if (key !== null) return checked(reader, "signing_key_env", key);
  reader.fail("signing_key_env", "a variable of the proxy's environment", "one that is not set");
  return new ArrayBuffer(0);
}

/** Anyone can make the MAC of an empty key, and a blank one is a template that was not filled in. */
function checked(reader: ConfigReader, field: string, key: ArrayBuffer): ArrayBuffer {
  for (let i = 0; i < key.byteLength; ++i) if (load<u8>(changetype<usize>(key) + i) > 0x20) return key;
  reader.fail(field, "a key", "an empty or blank one");
  return key;
}
