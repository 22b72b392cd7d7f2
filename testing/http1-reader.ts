/** HTTP/1.1 messages as they come over a socket: lines, headers and bodies, refused only where nothing can be made of them. */
import type { Socket } from "node:net";
import type { HeaderLine } from "./types.ts";

/** What came is not HTTP/1.1 (RFC 9112). */
export class MalformedMessage extends Error {}

export const headerValue = (lines: readonly HeaderLine[], name: string): string | undefined =>
  lines.find(([other]) => other === name)?.[1];

export async function readHeaders(reader: SocketReader): Promise<HeaderLine[]> {
  const lines: HeaderLine[] = [];
  for (let line = await reader.line(); line !== ""; line = await reader.line()) {
    const [, name, value] = /^([^\s:]+):[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
    if (name === undefined || value === undefined) {
      throw new MalformedMessage(`not a header line: ${JSON.stringify(line)}`);
    }
    lines.push([name.toLowerCase(), value]);
  }
  return lines;
}

/** A chunked body; returns its trailers. */
export async function readChunks(reader: SocketReader, take: (bytes: Buffer) => void): Promise<HeaderLine[]> {
  for (let size = await chunkSize(reader); size > 0; size = await chunkSize(reader)) {
    await reader.bytes(size, take);
    if ((await reader.line()) !== "") throw new MalformedMessage("a chunk is longer than its size says");
  }
  return readHeaders(reader);
}

async function chunkSize(reader: SocketReader): Promise<number> {
  const line = await reader.line();
  if (!/^[0-9a-f]+$/i.test(line)) throw new MalformedMessage(`not a chunk size: ${JSON.stringify(line)}`);
  return Number.parseInt(line, 16);
}

/** Lines and bytes of a socket. Every method but `toEnd` throws when the connection ends before it has what it wants. */
export class SocketReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(socket: Socket) {
    this.#chunks = socket[Symbol.asyncIterator]();
  }

  /** Up to CRLF, one character a byte. */
  async line(): Promise<string> {
    let end = this.#rest.indexOf("\r\n");
    for (; end < 0; end = this.#rest.indexOf("\r\n")) {
      if (!(await this.#more())) throw new Error("the connection ended in a line");
    }
    const line = this.#rest.toString("latin1", 0, end);
    this.#rest = this.#rest.subarray(end + 2);
    return line;
  }

  async bytes(count: number, take: (bytes: Buffer) => void): Promise<void> {
    for (let missing = count; missing > 0; ) {
      if (this.#rest.length === 0 && !(await this.#more())) throw new Error("the connection ended in a body");
      const part = this.#rest.subarray(0, missing);
      this.#rest = this.#rest.subarray(part.length);
      missing -= part.length;
      take(part);
    }
  }

  async toEnd(take: (bytes: Buffer) => void): Promise<void> {
    do {
      take(this.#rest);
      this.#rest = Buffer.alloc(0);
    } while (await this.#more());
  }

  async #more(): Promise<boolean> {
    const { done, value } = await this.#chunks.next();
    if (done === true) return false;
    this.#rest = this.#rest.length === 0 ? value : Buffer.concat([this.#rest, value]);
    return true;
  }
}
