/**
 * What Envoy's HTTP connection manager and codec do to a request before the filters, and what they refuse.
 * Source: envoy source/common/http/conn_manager_utility.cc `mutateRequestHeaders`; observed on Envoy 1.39.3.
 */
import { fromText } from "./byte-string.ts";
import type { LocalReply } from "./filter-manager.ts";
import { type HeaderLine, HeaderMap } from "./header-map.ts";

export type Protocol = "http1" | "http2";

export interface RequestHead {
  readonly method: string;
  readonly path: string;
  readonly authority: string;
  readonly headers: readonly HeaderLine[];
}

const hopByHop = ["keep-alive", "proxy-connection", "transfer-encoding", "x-envoy-internal"];

/** The header map the first filter sees. */
export function requestHeaders(head: RequestHead): HeaderMap {
  const map = new HeaderMap("request", [
    [":authority", head.authority],
    [":path", head.path],
    [":method", head.method],
    [":scheme", "http"],
    ...head.headers,
  ]);
  for (const name of hopByHop) map.remove(name);
  if (map.get("te") !== "trailers") map.remove("te");
  if (upgradeOf(map) === null) map.remove("connection");
  const proto = map.get("x-forwarded-proto");
  if (proto === null) map.add("x-forwarded-proto", "http");
  if (proto === "https") map.replace(":scheme", proto);
  return map;
}

/** The protocol a client wants to change to, in lower case. */
export function upgradeOf(headers: HeaderMap): string | null {
  const tokens = (headers.get("connection") ?? "").toLowerCase().split(",");
  if (!tokens.some((token) => token.trim() === "upgrade")) return null;
  return headers.get("upgrade")?.toLowerCase() ?? null;
}

/** What the connection manager answers before any filter sees the request. */
export function refuse(headers: HeaderMap, upgrades: readonly string[]): LocalReply | null {
  const upgrade = upgradeOf(headers);
  const isAllowed = upgrade === null || upgrades.some((allowed) => fromText(allowed.toLowerCase()) === upgrade);
  return isAllowed ? null : { status: 403, details: "upgrade_failed" };
}
