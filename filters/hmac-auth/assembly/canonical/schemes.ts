// The canonical schemes by name: one line each in `createCanonical`.
import { RequestLines } from "../lines";
import { Scheme } from "../scheme";
import { Apisix } from "./apisix";
import { AwsSigner } from "./aws-signer";
import { Cavage } from "./cavage";
import { HigressSigner } from "./higress-signer";
import { Kong } from "./kong";
import { CanonicalOptions } from "./options";
import { Rfc9421 } from "./rfc9421";

/** Every name that `scheme` may have besides the presets. */
export const CANONICAL_NAMES: StaticArray<string> = ["kong", "apisix", "cavage", "higress", "rfc9421", "aws-sigv4"];

export function isCanonical(name: string): bool {
  for (let i = 0; i < CANONICAL_NAMES.length; ++i) if (unchecked(CANONICAL_NAMES[i]) == name) return true;
  return false;
}

/** Null for a scheme that is not there yet. */
export function createCanonical(name: string, options: CanonicalOptions, lines: RequestLines): Scheme | null {
  if (name == "kong") return new Kong(options, lines);
  if (name == "apisix") return new Apisix(options, lines);
  if (name == "cavage") return new Cavage(options, lines);
  if (name == "rfc9421") return new Rfc9421(options, lines);
  if (name == "higress") return new HigressSigner(options, lines);
  if (name == "aws-sigv4") return new AwsSigner(options, lines);
  return null;
}
