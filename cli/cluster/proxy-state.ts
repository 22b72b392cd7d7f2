/** Whether a proxy has an object: what istiod sends to it, and what it has said to that. */
import type { ConnectedProxy, Exchange, SentConfig } from "./istiod.ts";
import type { LiveObject } from "./objects.ts";
import { type Found, piecesOf } from "./sent.ts";

/** `acked`, `pending` (sent, without an answer yet) or `refused`: the last that was sent of the types in question. */
export type Answer = "acked" | "pending" | "refused";

export interface Seen {
  readonly found: Found;
  readonly answer: Answer;
  /** Of the proxy, when it refuses. */
  readonly words: string;
  /** Whether what is found is certainly what was answered; else the next push may be on its way. */
  readonly isCertain: boolean;
  /** Alike as long as nothing has happened. */
  readonly key: string;
}

/** Null: the object is not for this proxy, or cannot be seen there. `exchanges`: read after `sent`. */
export function seenIn(
  live: LiveObject,
  proxyType: string,
  sent: SentConfig,
  exchanges: ConnectedProxy["exchanges"],
): Seen | null {
  const pieces = piecesOf(live, proxyType);
  if (pieces === null || pieces.length === 0) return null;
  const all = pieces.map(({ find }) => find(sent.configs));
  const found = all.every((each) => each === "same") ? "same" : all.every((each) => each === "none") ? "none" : "other";
  const types = [...new Set(pieces.flatMap(({ types: each }) => each))];
  const asked = types.flatMap((type) => exchanges[type] ?? []);
  const refusal = asked.find(({ lastError }) => lastError !== "");
  const answer = refusal !== undefined ? "refused" : asked.every(isAcked) ? "acked" : "pending";
  return {
    ...{ found, answer, words: refusal?.lastError ?? "" },
    isCertain: asked.length > 0 && asked.every(({ acked }) => acked !== "" && versionOf(acked) === sent.version),
    key: JSON.stringify([found, answer, asked.map(({ sent: nonce }) => nonce)]),
  };
}

const isAcked = ({ sent, acked }: Exchange) => sent === acked;

/** A nonce is istiod's version and a UUID. Source: istio pilot/pkg/xds/ads.go, `nonce`. */
const versionOf = (nonce: string) => nonce.slice(0, -36);
