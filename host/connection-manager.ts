/**
 * What Envoy's HTTP connection manager and codec do to a request before the filters, and what they refuse.
 * Source: envoy source/common/http/conn_manager_utility.cc `mutateRequestHeaders`; observed on Envoy 1.39.3.
 */
import { type ByteString, fromText, lowerCase } from "./byte-string.ts";
import type { LocalReply } from "./filter-manager.ts";
import { type HeaderLine, HeaderMap } from "./header-map.ts";
import { badRequest, refuseTarget, splitAbsoluteTarget } from "./request-target.ts";

export type Protocol = "http1" | "http2";

export interface RequestHead {
  readonly method: string;
  readonly path: string;
  readonly authority: string;
  readonly headers: readonly HeaderLine[];
}

const hopByHop = ["keep-alive", "proxy-connection", "transfer-encoding", "x-envoy-internal"];

/** The header map the first filter sees. */
export function requestHeaders(head: RequestHead, protocol: Protocol = "http1"): HeaderMap {
  const map = new HeaderMap("request", [
    [":authority", head.authority],
    [":path", head.path],
    [":method", head.method],
    [":scheme", "http"],
    ...head.headers,
  ]);
  removeNominated(map);
  for (const name of hopByHop) map.remove(name);
  const te = map.get("te");
  if (te !== null && isTrailers(te)) map.set("te", "trailers");
  else map.remove("te");
  if (upgradeOf(map) === null) map.remove("connection");
  const cookies = map.getAll("cookie");
  if (protocol === "http2" && cookies.length > 0) map.replace("cookie", cookies.join("; "));
  const proto = map.get("x-forwarded-proto");
  if (proto === null) map.add("x-forwarded-proto", "http");
  // HTTP/2 has a scheme of its own.
  if (proto === "https" && protocol === "http1") map.replace(":scheme", proto);
  if (protocol === "http1") splitAbsoluteTarget(map);
  return map;
}

const isTrailers = (te: ByteString): boolean => tokens(te).includes("trailers");
const tokens = (list: ByteString): ByteString[] => list.split(",").map((token) => token.trim());

/** What `connection` names belongs to the client's connection (envoy utility.cc, `sanitizeConnectionHeader`). */
function removeNominated(map: HeaderMap): void {
  const nominated = tokens(lowerCase(map.get("connection") ?? "")).filter((token) => token !== "");
  const kept = nominated.filter((name) => isOption(name) || (name === "te" && isTrailers(map.get("te") ?? "")));
  for (const name of nominated) if (!kept.includes(name)) map.remove(name);
  if (kept.length < nominated.length) map.replace("connection", kept.join(","));
}

const isOption = (token: ByteString): boolean => ["close", "http2-settings", "keep-alive", "upgrade"].includes(token);

/** The protocol a client wants to change to, in lower case. */
export function upgradeOf(headers: HeaderMap): string | null {
  const tokens = (headers.get("connection") ?? "").toLowerCase().split(",");
  if (!tokens.some((token) => token.trim() === "upgrade")) return null;
  return headers.get("upgrade")?.toLowerCase() ?? null;
}

/**
 * What codec and connection manager answer before any filter sees the request. `isRead` is false when the codec could
 * not make a request of it.
 */
export function refuse(
  headers: HeaderMap,
  upgrades: readonly string[],
  protocol: Protocol,
): { readonly isRead: boolean; readonly reply: LocalReply } | null {
  const path = headers.get(":path") ?? "";
  const method = headers.get(":method") ?? "";
  if (protocol === "http1") {
    if (/[^!-~]/.test(path) || !methods.has(method)) return { isRead: false, reply: badRequest("codec_error") };
    const refusal = refuseTarget(path, method);
    if (refusal !== null) {
      // Such a request is refused before Envoy adds these.
      for (const name of [":scheme", "x-forwarded-proto"]) headers.remove(name);
      return refusal;
    }
  }
  if (path.includes("#")) return { isRead: true, reply: { status: 400, details: "path_normalization_failed" } };
  const upgrade = upgradeOf(headers);
  const isAllowed = upgrade === null || upgrades.some((allowed) => fromText(allowed.toLowerCase()) === upgrade);
  return isAllowed ? null : { isRead: true, reply: { status: 403, details: "upgrade_failed" } };
}

/** Source: envoy source/common/http/http1/balsa_parser.cc, `isMethodValid`. */
const methods = new Set(
  (
    "ACL BIND CHECKOUT CONNECT COPY DELETE GET HEAD LINK LOCK MERGE MKACTIVITY MKCALENDAR MKCOL MOVE MSEARCH M-SEARCH " +
    "NOTIFY OPTIONS PATCH POST PROPFIND PROPPATCH PURGE PUT REBIND REPORT SEARCH SOURCE SUBSCRIBE TRACE UNBIND UNLINK " +
    "UNLOCK UNSUBSCRIBE"
  ).split(" "),
);
