/** A host that announces another body than it shows, or fails to show it: nothing passes that was not hashed. */
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

type Call = (...args: number[]) => number;

const module = new WebAssembly.Module(readFileSync("dist/hmac-auth.wasm"));
const key = "a key of the tests, long enough";
const ok = 0;
const internalFailure = 10;
const requestBody = 0;
const dataContinue = 0;
const trailersContinue = 0;

/** The module on a host that has just what one signed request takes; `body` is what it shows. */
class Request {
  body = Buffer.alloc(0);
  /** From this byte on it cannot be read. */
  failsAt = Number.POSITIVE_INFINITY;
  details = "";
  readonly #guest: Readonly<Record<string, Call>>;
  readonly #memory: WebAssembly.Memory;

  constructor(signed: Uint8Array, rule: Record<string, unknown> = { scheme: { header: "x-sig" } }) {
    const configuration = Buffer.from(JSON.stringify({ rules: [{ keys: [{ value: key }], ...rule }] }));
    const signature = createHmac("sha256", key).update(signed).digest("hex");
    const pairs = serialized([
      [":method", "POST"],
      [":path", "/"],
      ["x-sig", signature],
    ]);
    const known: Record<string, Call> = {
      proxy_get_buffer_status: (_kind, size = 0) => this.#put(size, this.body.length),
      proxy_get_buffer_bytes: (kind, start = 0, max = 0, at = 0, size = 0) => {
        if (kind !== requestBody) return this.#give(configuration, at, size);
        if (start + max > this.failsAt) return internalFailure;
        return this.#give(this.body.subarray(start, start + (max >>> 0)), at, size);
      },
      proxy_get_header_map_pairs: (_map, at = 0, size = 0) => this.#give(pairs, at, size),
      proxy_get_log_level: (at = 0) => this.#put(at, 5),
      proxy_send_local_response: (_status, at = 0, size = 0) => {
        this.details = Buffer.from(this.#memory.buffer, at, size).toString();
        return ok;
      },
    };
    const imports: Record<string, Record<string, Call>> = {};
    for (const { module: from, name } of WebAssembly.Module.imports(module)) {
      imports[from] = { ...imports[from], [name]: known[name] ?? (() => ok) };
    }
    const { exports } = new WebAssembly.Instance(module, imports);
    this.#guest = exports as Record<string, Call>;
    this.#memory = exports.memory as WebAssembly.Memory;
    this.#call("_initialize");
    this.#call("proxy_on_context_create", 1, 0);
    expect(this.#call("proxy_on_configure", 1, configuration.length)).toBe(1);
    this.#call("proxy_on_context_create", 2, 1);
    this.#call("proxy_on_request_headers", 2, 3, 0);
  }

  /** Whether the request goes on after this piece, said to end at `size`. */
  passesBody(body: Uint8Array, size: number, endOfStream = true): boolean {
    this.body = Buffer.from(body);
    return this.#call("proxy_on_request_body", 2, size, endOfStream ? 1 : 0) === dataContinue;
  }

  passesTrailers(body: Uint8Array): boolean {
    this.body = Buffer.from(body);
    return this.#call("proxy_on_request_trailers", 2, 1) === trailersContinue;
  }

  #call(name: string, ...args: number[]): number {
    return this.#guest[name]?.(...args) ?? Number.NaN;
  }

  #put(at: number, value: number): number {
    new DataView(this.#memory.buffer).setUint32(at, value, true);
    return ok;
  }

  #give(bytes: Uint8Array, outPtr: number, outSize: number): number {
    const at = bytes.length === 0 ? 0 : (this.#guest.malloc ?? this.#guest.proxy_on_memory_allocate)?.(bytes.length);
    if (at !== undefined && at !== 0) Buffer.from(this.#memory.buffer).set(bytes, at);
    this.#put(outPtr, at ?? 0);
    return this.#put(outSize, bytes.length);
  }
}

/** A header map as the ABI has it. */
function serialized(pairs: readonly (readonly [string, string])[]): Uint8Array {
  const words = [pairs.length, ...pairs.flat().map(({ length }) => length)];
  const texts = pairs.flat().map((text) => Buffer.from(`${text}\0`));
  return Buffer.concat([Buffer.from(Uint32Array.from(words).buffer), ...texts]);
}

const bytes = (size: number) => Buffer.from(Array.from({ length: size }, (_, i) => (i * 7) & 255));
const window = 16_384;

test.each([1, 100, window - 1, window, window + 1, 2 * window, 100_000])("a body of %i bytes passes", (size) => {
  expect(new Request(bytes(size)).passesBody(bytes(size), size)).toBe(true);
});

const bodyTime = { header: "x-sig", timestamp: { body_json: "t", tolerance_seconds: 10 } };

describe.each([1, 100, window, 2 * window])("of a body of %i bytes that is signed", (size) => {
  test.each([1, window, 3 * window])("%i bytes behind it do not pass", (more) => {
    const request = new Request(bytes(size));
    expect(request.passesBody(bytes(size + more), size)).toBe(false);
    expect(request.details).toBe("hmac_auth:body_unreadable");
  });

  test("a part does not pass as all of it", () => {
    for (const shown of [0, size - 1]) {
      const request = new Request(bytes(shown));
      expect(request.passesBody(bytes(shown), size)).toBe(false);
      expect(request.details).toBe("hmac_auth:body_unreadable");
    }
  });

  test("what cannot be read does not pass", () => {
    for (const failsAt of [0, window]) {
      const request = new Request(bytes(Math.min(size, failsAt)));
      request.failsAt = failsAt;
      expect(request.passesBody(bytes(size + window), size + window)).toBe(false);
      expect(request.details).toBe("hmac_auth:body_unreadable");
    }
  });

  test("what is cut after it was hashed does not pass", () => {
    const request = new Request(bytes(size));
    request.passesBody(bytes(size), size, false);
    expect(request.passesBody(bytes(size - 1), size - 1)).toBe(false);
    expect(request.details).toBe("hmac_auth:body_unreadable");
  });

  test("what comes with the trailers does not pass unhashed", () => {
    const request = new Request(bytes(size));
    request.passesBody(bytes(size), size, false);
    expect(request.passesTrailers(bytes(size + 1))).toBe(false);
    expect(request.details).toBe("hmac_auth:signature_mismatch");
  });
});

test("a body with the time in it is read whole or not at all", () => {
  const body = Buffer.from(`{"t":${Math.floor(Date.now() / 1000)}}`);
  const request = new Request(body, { scheme: bodyTime });
  expect(request.passesBody(Buffer.concat([body, bytes(1)]), body.length)).toBe(false);
  expect(request.details).toBe("hmac_auth:body_unreadable");
});
