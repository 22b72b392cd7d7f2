/** gRPC's framing of messages: a byte that says "not compressed", four of the length, the message. */

const prefixBytes = 5;

export function frame(message: string | Uint8Array): Buffer {
  const bytes = Buffer.from(message);
  const prefix = Buffer.alloc(prefixBytes);
  prefix.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([prefix, bytes]);
}

/** Cuts a byte stream into messages, however the stream is cut into chunks. */
export class FrameReader {
  #rest = Buffer.alloc(0);

  /** Returns the messages that this chunk completes. */
  push(chunk: Uint8Array): Buffer[] {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    const messages: Buffer[] = [];
    for (let end = this.#end(); end <= this.#rest.length; end = this.#end()) {
      messages.push(this.#rest.subarray(prefixBytes, end));
      this.#rest = this.#rest.subarray(end);
    }
    return messages;
  }

  #end(): number {
    return this.#rest.length < prefixBytes ? Number.POSITIVE_INFINITY : prefixBytes + this.#rest.readUInt32BE(1);
  }
}
