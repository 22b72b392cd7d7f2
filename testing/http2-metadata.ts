/**
 * HTTP/2 METADATA frames, which node:http2 does not know: put between its own, into the bytes that leave.
 * Source: envoy source/docs/h2_metadata.md; RFC 9113 section 4.1 and RFC 7541 section 6.2.2 for the formats.
 */
import type { Socket } from "node:net";
import { Duplex, Transform } from "node:stream";
import type { Metadata, ProxyRequest } from "./types.ts";

const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const headBytes = 9;
const type = { headers: 0x1, metadata: 0x4d };
const flag = { endStream: 0x1, endHeaders: 0x4, endMetadata: 0x4 };
/** Longer ones would need HPACK's integers of several bytes. */
const maxStringBytes = 126;

/** The connection as node:http2 may use it: `metadata` goes behind all headers that do not end their stream. */
export function withMetadata(socket: Socket, metadata: Metadata, sender: "client" | "server"): Duplex {
  const frames = new FrameReader(sender === "client" ? preface.length : 0);
  const writable = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      for (const part of frames.push(chunk)) {
        this.push(part);
        const stream = streamWithHeaders(part);
        if (stream !== null) this.push(metadataFrame(stream, metadata));
      }
      done();
    },
  });
  writable.pipe(socket);
  return Duplex.from({ readable: socket, writable });
}

/** Throws when the request cannot be sent with its metadata. */
export function checkMetadata({ metadata, body, trailers }: ProxyRequest, protocol: "http1" | "http2"): void {
  if (metadata === undefined) return;
  if (protocol === "http1") throw new Error("metadata needs HTTP/2");
  if (body === undefined && trailers === undefined) {
    throw new Error("metadata needs a body or trailers, as nothing comes behind the end of a stream");
  }
}

/** The stream of a HEADERS frame that is whole and not the last of its stream; null for everything else. */
function streamWithHeaders(frame: Buffer): number | null {
  if (frame[3] !== type.headers) return null;
  const flags = frame[4] ?? 0;
  return (flags & (flag.endHeaders | flag.endStream)) === flag.endHeaders ? frame.readUInt32BE(5) : null;
}

function metadataFrame(stream: number, metadata: Metadata): Buffer {
  const payload = Buffer.concat(
    Object.entries(metadata).flatMap(([name, value]) => [Buffer.of(0), ...[name, value].map(string)]),
  );
  const head = Buffer.alloc(headBytes);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type.metadata, 3);
  head.writeUInt8(flag.endMetadata, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** Of HPACK: neither compressed nor put in a table. */
function string(text: string): Buffer {
  if (text.length > maxStringBytes) throw new Error(`metadata of more than ${maxStringBytes} bytes: ${text}`);
  return Buffer.concat([Buffer.of(text.length), Buffer.from(text, "latin1")]);
}

/** Cuts what is sent into frames, however it is cut into chunks. A client's preface is a part of its own. */
class FrameReader {
  #rest = Buffer.alloc(0);
  #prefaceBytes: number;

  constructor(prefaceBytes: number) {
    this.#prefaceBytes = prefaceBytes;
  }

  /** Returns the parts that this chunk completes. */
  push(chunk: Buffer): Buffer[] {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    const parts: Buffer[] = [];
    for (let size = this.#size(); size <= this.#rest.length; size = this.#size()) {
      parts.push(this.#rest.subarray(0, size));
      this.#rest = this.#rest.subarray(size);
      this.#prefaceBytes = 0;
    }
    return parts;
  }

  #size(): number {
    if (this.#prefaceBytes > 0) return this.#prefaceBytes;
    return this.#rest.length < headBytes ? Number.POSITIVE_INFINITY : headBytes + this.#rest.readUIntBE(0, 3);
  }
}
