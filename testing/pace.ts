/** Bodies that are sent in pieces. */
import { setTimeout as delay } from "node:timers/promises";
import type { UpstreamResponse } from "./types.ts";

type Body = NonNullable<UpstreamResponse["body"]>;

/** The pieces that are not empty, with time before each and behind the last; 0: no time at all. */
export async function* paced<Piece extends string | Uint8Array>(
  pieces: readonly Piece[],
  paceMs = 0,
): AsyncGenerator<Piece> {
  for (const piece of pieces.filter(({ length }) => length > 0)) {
    await pause(paceMs);
    yield piece;
  }
  await pause(paceMs);
}

/** 0: no time at all. */
export async function pause(ms = 0): Promise<void> {
  if (ms > 0) await delay(ms);
}

/** Whether a body comes piece by piece. */
export const isPieces = (body: Body): body is readonly (string | Uint8Array)[] => Array.isArray(body);

/** The whole body. */
export const joined = (body: Body): Uint8Array =>
  Buffer.concat((isPieces(body) ? body : [body]).map((piece) => Buffer.from(piece)));
