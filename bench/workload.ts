/** What the filters under measurement are asked to do: answers that pass them, or signed bodies that they verify. */
import { createHmac } from "node:crypto";
import type { Message } from "@proxy-wasm-kit/envoy";
import { addedHeader, configuration, type Variant } from "./variants.ts";

/** What is varied. */
export interface Condition {
  /** That of the measured request among them. */
  readonly openStreams: number;
  /** Of the request. */
  readonly bodyBytes: number;
}

export interface Workload {
  readonly filters: readonly string[];
  /** In the order in which they are measured; the number of open streams must not fall. */
  readonly conditions: readonly Condition[];
  configurationOf(variant: Variant): string;
  /** Whether a filter that pauses in the headers is given the body. */
  readonly allowOnHeadersStopIteration: boolean;
  /** What is measured beside the modules, with filters of Envoy's own. */
  readonly natives: readonly Variant[];
  /** Of a variant without module: the bare proxy's, and those of `natives`. */
  nativeFilters(variant: Variant): readonly Message[];
  /** `response_headers_to_add`: how a client sees what a filter left for others. */
  readonly responseHeaders: readonly Message[];
  /** The bytes on the wire. */
  request(bodyBytes: number): Buffer;
  /** Throws when a filter does not work: it would be quick. */
  check(url: string, variant: Variant): Promise<void>;
}

/** Requests without a body, with so many streams open. */
export const passing = (openStreams: readonly number[]): Workload => ({
  filters: ["noop", "add-header"],
  conditions: openStreams.map((each) => ({ openStreams: each, bodyBytes: 0 })),
  configurationOf: () => configuration,
  allowOnHeadersStopIteration: false,
  natives: [],
  responseHeaders: [],
  nativeFilters: () => [],
  request: () => Buffer.from("GET / HTTP/1.1\r\nhost: bench\r\n\r\n"),
  async check(url, { filter, sdk }) {
    const response = await fetch(url);
    const expected = filter === "add-header" ? configuration : null;
    const value = response.headers.get(addedHeader);
    if (response.status !== 200 || value !== expected) {
      throw new Error(`${filter} of ${sdk} answers ${response.status} with ${addedHeader}: ${value}`);
    }
  },
});

const key = "a key of thirty-two bytes, as is.";
const signatureHeader = "x-my-hmac-header-sha256";
const twoFields = { signing_key: key, signature_header: signatureHeader };
/** The full form, with the metrics of a rule; unlike the two fields it can accept an empty body. */
const rules = {
  rules: [
    { scheme: { header: signatureHeader, string_to_sign: "{body}", empty_body: "accept" }, keys: [{ value: key }] },
  ],
};
const sign = (body: Buffer) => createHmac("sha256", key).update(body).digest("hex");

/** Requests with a good signature over bodies of these sizes. The bare proxy holds the body too, in its buffer filter. */
export const signed = (bodyBytes: readonly number[]): Workload => ({
  filters: ["hmac-auth"],
  conditions: bodyBytes.map((each) => ({ openStreams: 1, bodyBytes: each })),
  // The peers' filter knows nothing but the key, and the name of the header by heart.
  configurationOf: ({ sdk }) =>
    sdk.startsWith("rust") ? key : JSON.stringify(sdk === "kit-rules" ? rules : twoFields),
  allowOnHeadersStopIteration: true,
  natives: [],
  responseHeaders: [],
  nativeFilters: () => [
    {
      name: "envoy.filters.http.buffer",
      typed_config: {
        "@type": "type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer",
        max_request_bytes: 1 << 24,
      },
    },
  ],
  request(size) {
    const body = Buffer.alloc(size, "proxy-wasm kit ");
    const lines = ["POST / HTTP/1.1", "host: bench", `content-length: ${size}`, `${signatureHeader}: ${sign(body)}`];
    return Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`), body]);
  },
  async check(url, { filter, sdk, module }) {
    for (const size of [0, 70_000]) {
      const body = Buffer.alloc(size, "x");
      for (const [signature, expected] of [
        [sign(body), size === 0 && sdk.startsWith("kit") && sdk !== "kit-rules" ? 401 : 200],
        [sign(Buffer.from("other")), module === null ? 200 : 401],
      ] as const) {
        const { status } = await fetch(url, { method: "POST", body, headers: { [signatureHeader]: signature } });
        if (status !== expected) throw new Error(`${filter} of ${sdk} answers ${status} in the place of ${expected}`);
      }
    }
  },
});
