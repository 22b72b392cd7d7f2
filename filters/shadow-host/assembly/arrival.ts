// What a request came with, read in one walk over its headers. One object serves one request after the other.
import { HeaderEntries, HeaderMap, StringBuilder } from "@proxy-wasm-kit/sdk";
import { Config } from "./config";
import { nameWithoutSuffix, portStart, SUFFIX_SIZE } from "./suffix";

export class Arrival {
  /** It is a copy that some Envoy has made. */
  isMirrored: bool = false;
  /** The host has the suffix, and not by right. */
  hasSuffix: bool = false;
  /** Some line has the name of the header that tells upstream of mirroring; only this filter may set it. */
  hasShadowHeader: bool = false;
  /** The method is one that changes nothing (RFC 9110 section 9.2.1). */
  isSafe: bool = false;
  /** As it came. */
  readonly authority: StringBuilder = new StringBuilder();
  /** The authority that was mirrored: without the suffix, with its port. */
  readonly host: StringBuilder = new StringBuilder();

  read(headers: HeaderMap, config: Config): void {
    this.hasSuffix = this.hasShadowHeader = this.isSafe = false;
    const marker = config.marker;
    const shadowHeader = config.shadowHeader;
    let isMarked = false;
    this.authority.clear();
    this.host.clear();
    const lines = headers.entries();
    while (lines.next()) {
      if (lines.nameIs(":authority")) this.readAuthority(lines, config);
      else if (lines.nameIs(":method")) this.isSafe = isSafe(lines);
      if (marker !== null && marker.isOn(lines)) isMarked = true;
      if (shadowHeader !== null && lines.nameEquals(shadowHeader.nameBytes)) this.hasShadowHeader = true;
    }
    this.isMirrored = marker === null ? this.hasSuffix : isMarked;
  }

  private readAuthority(line: HeaderEntries, config: Config): void {
    const ptr = line.valuePtr;
    const size = line.valueSize;
    this.authority.appendBytes(ptr, size);
    const port = portStart(ptr, size);
    const name = nameWithoutSuffix(ptr, port);
    const exceptions = config.exceptions;
    this.hasSuffix = config.stripsSuffix && name != 0 && (exceptions === null || !exceptions.hasHostOf(ptr, size));
    if (!this.hasSuffix) this.host.appendBytes(ptr, size);
    else this.host.appendBytes(ptr, name).appendBytes(ptr + name + SUFFIX_SIZE, size - port);
  }
}

function isSafe(method: HeaderEntries): bool {
  return method.valueIs("GET") || method.valueIs("HEAD") || method.valueIs("OPTIONS") || method.valueIs("TRACE");
}
