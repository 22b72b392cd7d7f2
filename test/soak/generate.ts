/** One request after the other out of a seed: of every scheme, whole and broken, in pieces, with trailers, ended or not. */
import { createHmac } from "node:crypto";
import type { HeaderLine, ProxyRequest } from "@proxy-wasm-kit/testing";
import type { SetUp } from "../scenario.ts";
import { setUp as canonical } from "../scenarios/hmac-auth-canonical.ts";
import { hmacAuthPresets } from "../scenarios/hmac-auth-presets.ts";
import {
  canonicalRequests,
  changed,
  changedRequest,
  markedRequest,
  oneOf,
  presetRequests,
  type Random,
} from "../scenarios/hmac-auth-random.ts";
import { header, key, withFields } from "../scenarios/hmac-auth-set-up.ts";

/** How the client behaves once its headers are sent. */
export type Ending = "ends" | "trailers" | "resets" | "goes on for ever" | "waits for ever";

export interface SoakRequest {
  readonly setUp: string;
  readonly request: ProxyRequest;
  readonly pieces: readonly Uint8Array[];
  readonly ending: Ending;
}

export const setUps: Readonly<Record<string, SetUp>> = {
  "two fields": withFields(),
  "held body": withFields({ hold: "body" }),
  presets: hmacAuthPresets[0]?.setUp ?? withFields(),
  canonical,
};

const encodings = ["hex", "base64", "base64url"] as const;
const noise = ["\u0000", "\u0001", "\u007f", "\u00ff", "\u00e4\u00f6", "\r", "\n", "\t"];
const names = [header, "x-a", "content-type", "upgrade", "date", "signature"];

/** Any bytes, in one of the sizes at which something changes. */
function randomBody(random: Random, rarity: number): Uint8Array {
  const size = random(rarity) === 0 ? oneOf(random, [16_383, 16_384, 16_385, 65_536, 200_000]) : random(300);
  return Buffer.alloc(size, random(256));
}

function twoFields(random: Random, rarity: number): ProxyRequest {
  const body = randomBody(random, rarity);
  const signature = createHmac("sha256", key).update(body).digest(oneOf(random, encodings));
  const value = random(2) === 0 ? signature : changed(random, signature);
  return { method: "POST", path: "/hook", headers: [[header, random(4) === 0 ? `sha256=${value}` : value]], body };
}

/** What a request has in a header besides: bytes that no header may have, names that mean something, long lines. */
function withNoise(random: Random, rarity: number, headers: readonly HeaderLine[]): HeaderLine[] {
  const lines = [...headers];
  const at = random(lines.length + 1);
  const text = oneOf(random, noise).repeat(1 + random(random(rarity) === 0 ? 20_000 : 5));
  const line = lines[at];
  if (random(2) === 0 && line !== undefined) lines[at] = [line[0], line[1] + text];
  else lines.splice(at, 0, [oneOf(random, names), text]);
  return lines;
}

function cut(random: Random, body: Uint8Array): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < body.length; ) {
    const size = 1 + random(random(3) === 0 ? 20_000 : 100);
    pieces.push(body.subarray(at, at + size));
    at += size;
  }
  return pieces;
}

/** Of `rarity` requests about one has something very large. */
export function generate(random: Random, rarity: number): SoakRequest {
  const setUp = oneOf(random, ["two fields", "held body", "presets", "presets", "canonical", "canonical", "canonical"]);
  let request: ProxyRequest;
  if (setUp === "presets") request = random(4) === 0 ? oneOf(random, presetRequests) : markedRequest(random);
  else if (setUp === "canonical") request = changedRequest(random, oneOf(random, canonicalRequests)[1]);
  else request = twoFields(random, rarity);
  const { headers = [], method = "GET", path = "/" } = request;
  const whole = typeof request.body === "string" || request.body instanceof Uint8Array;
  const parts = whole
    ? [request.body as string | Uint8Array]
    : ((request.body ?? []) as readonly (string | Uint8Array)[]);
  const body =
    random(rarity) === 0 ? randomBody(random, rarity) : Buffer.concat(parts.map((part) => Buffer.from(part)));
  return {
    setUp,
    request: {
      ...request,
      headers: random(6) === 0 ? withNoise(random, rarity, headers) : headers,
      method: random(40) === 0 ? oneOf(random, ["GET", "HEAD", "CONNECT", "OPTIONS", "X"]) : method,
      path: random(15) === 0 ? changed(random, path) : path,
    },
    pieces: random(3) === 0 ? cut(random, body) : body.length === 0 ? [] : [body],
    ending: endingOf(random),
  };
}

function endingOf(random: Random): Ending {
  const kind = random(1000);
  if (kind < 100) return "trailers";
  if (kind < 130) return "resets";
  if (kind < 132) return "goes on for ever";
  return kind < 140 ? "waits for ever" : "ends";
}
