/**
 * What HTTP/1 clients may put in place of a path, and what Envoy makes of it.
 * Source: envoy source/common/http/http1/codec_impl.cc `handlePath`, balsa_parser.cc `isUrlValid`; observed on 1.39.3.
 */
import { type ByteString, encode, lowerCase } from "./byte-string.ts";
import type { LocalReply } from "./filter-manager.ts";
import type { HeaderMap } from "./header-map.ts";

/** `http://host/path`: the target has the host and the scheme, whatever the headers say. */
export function splitAbsoluteTarget(headers: HeaderMap): void {
  const target = /^(https?):\/\/(?:[^@/?]*@)?([^/?#]+)(\/[^#]*)?$/i.exec(headers.get(":path") ?? "");
  const method = headers.get(":method");
  if (target === null || method === null) return;
  const [, scheme = "", host = "", path = "/"] = target;
  headers.replace(":authority", host);
  for (const name of [":scheme", ":path", ":method"]) headers.remove(name);
  headers.add(":scheme", lowerCase(scheme));
  headers.add(":path", path);
  headers.add(":method", method);
}

/** What is answered to a target that is no path; null for a path. `isRead` is false when the codec refuses it. */
export function refuseTarget(
  target: ByteString,
  method: ByteString,
): { readonly isRead: boolean; readonly reply: LocalReply } | null {
  const codec = (error: string) => ({ isRead: false, reply: badRequest(error) });
  if (target.startsWith("/") || method === "CONNECT") return null;
  if (target.startsWith("*")) return method === "OPTIONS" ? notAPath : codec("invalid_url");
  if (/^https?:\/\/[^/?#]+\?[^#]*$/i.test(target)) return notAPath;
  return codec(/^(?!https?:)[a-z]+:\/\/[^#]+$/i.test(target) ? "invalid_scheme" : "codec_error");
}

const notAPath = { isRead: true, reply: { status: 404, details: "absolute_path_rejected" } };

export const badRequest = (error: string): LocalReply => ({
  status: 400,
  body: encode("Bad Request"),
  details: `http1.${error}`,
});
