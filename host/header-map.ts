/** Header maps with Envoy's rules for adding, replacing and order. Source: envoy source/common/http/header_map_impl.cc. */
import { type ByteString, lowerCase } from "./byte-string.ts";
import type { Pair } from "./pairs.ts";

/** Byte strings, as everything in a header map. */
export type HeaderLine = readonly [name: ByteString, value: ByteString];

/** What the map holds (`trailers`: of responses) decides which names are inline and whether `host` means `:authority`. */
export type MapRole = "request" | "response" | "trailers" | "requestTrailers";

// Names Envoy keeps inline: one entry each, a second value joins the first with ",".
// Source: envoy/http/header_map.h INLINE_*_HEADERS and the custom inline headers registered over the code base.
const inlineInBoth =
  "connection content-length content-type keep-alive proxy-connection proxy-status transfer-encoding upgrade via " +
  "cache-control x-envoy-attempt-count x-envoy-decorator-operation x-request-id";
const inline: Record<MapRole, ReadonlySet<ByteString>> = {
  request: new Set(
    (
      `${inlineInBoth} :authority :method :path :protocol :scheme accept accept-encoding ` +
      "access-control-request-headers access-control-request-method access-control-request-private-network " +
      "authorization expect grpc-accept-encoding grpc-timeout if-match if-modified-since if-none-match if-range " +
      "if-unmodified-since origin pragma referer te user-agent x-client-trace-id x-forwarded-client-cert " +
      "x-forwarded-for x-forwarded-host x-forwarded-port x-forwarded-proto"
    ).split(" "),
  ),
  response: new Set(
    (
      `${inlineInBoth} :status access-control-allow-credentials access-control-allow-headers ` +
      "access-control-allow-methods access-control-allow-origin access-control-allow-private-network " +
      "access-control-expose-headers access-control-max-age age content-encoding date etag expires grpc-message " +
      "grpc-status last-modified location server vary"
    ).split(" "),
  ),
  trailers: new Set(["grpc-message", "grpc-status"]),
  requestTrailers: new Set(),
};

export class HeaderMap {
  readonly role: MapRole;
  #entries: Pair[] = [];

  constructor(role: MapRole, pairs: readonly Pair[] = []) {
    this.role = role;
    for (const [name, value] of pairs) this.add(name, value);
  }

  /** Every entry: pseudo headers first, then in order of insertion. */
  get entries(): readonly Pair[] {
    return this.#entries;
  }

  get size(): number {
    return this.#entries.length;
  }

  /** Bytes of all names and values: what `proxy_get_header_map_size` returns. */
  get byteSize(): number {
    return this.#entries.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  }

  /** First value of a name, whatever the case of its letters. */
  get(name: ByteString): ByteString | null {
    const key = this.#key(name);
    return this.#entries.find(([other]) => other === key)?.[1] ?? null;
  }

  getAll(name: ByteString): ByteString[] {
    const key = this.#key(name);
    return this.#entries.filter(([other]) => other === key).map(([, value]) => value);
  }

  add(name: ByteString, value: ByteString): void {
    const key = this.#key(name);
    const at = inline[this.role].has(key) ? this.#indexOf(key) : -1;
    const present = this.#entries[at]?.[1];
    if (present === undefined) this.#insert(key, value);
    else if (value !== "") this.#entries[at] = [key, present === "" ? value : `${present},${value}`];
  }

  /** Leaves exactly one entry, behind all others of its kind (pseudo or regular). */
  replace(name: ByteString, value: ByteString): void {
    const key = this.#key(name);
    this.remove(key);
    this.#insert(key, value);
  }

  /** Leaves exactly one entry, in the place of the first that was there, or at the end. */
  set(name: ByteString, value: ByteString): void {
    const key = this.#key(name);
    const at = this.#indexOf(key);
    if (at < 0) {
      this.#insert(key, value);
      return;
    }
    this.#entries = this.#entries.filter(([other], index) => other !== key || index === at);
    this.#entries[at] = [key, value];
  }

  remove(name: ByteString): void {
    const key = this.#key(name);
    this.#entries = this.#entries.filter(([other]) => other !== key);
  }

  setPairs(pairs: readonly Pair[]): void {
    this.#entries = [];
    for (const [name, value] of pairs) this.add(name, value);
  }

  /** The entries without pseudo headers. */
  lines(): HeaderLine[] {
    return this.#entries.filter(([name]) => !name.startsWith(":"));
  }

  #key(name: ByteString): ByteString {
    const key = lowerCase(name);
    return key === "host" && this.role === "request" ? ":authority" : key;
  }

  #indexOf(key: ByteString): number {
    return this.#entries.findIndex(([other]) => other === key);
  }

  #insert(key: ByteString, value: ByteString): void {
    if (!key.startsWith(":")) {
      this.#entries.push([key, value]);
      return;
    }
    const firstRegular = this.#entries.findIndex(([name]) => !name.startsWith(":"));
    this.#entries.splice(firstRegular < 0 ? this.#entries.length : firstRegular, 0, [key, value]);
  }
}
