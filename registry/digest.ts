/** Digests as registries write them: "sha256:" and 64 hex digits. */
import { createHash } from "node:crypto";

export const digestOf = (content: Uint8Array): string => `sha256:${createHash("sha256").update(content).digest("hex")}`;

export const isDigest = (text: string): boolean => /^sha256:[0-9a-f]{64}$/.test(text);
