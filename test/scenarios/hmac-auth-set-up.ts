/** How hmac-auth is set up in its scenarios, and how their requests are signed. */
import { createHmac } from "node:crypto";
import type { FilterSpec } from "@proxy-wasm-kit/testing";
import type { SetUp } from "../scenario.ts";

export const key = "It's a Secret to Everybody";
/** As in the configuration; senders may write it in any case. */
export const header = "X-My-Hmac-Header-SHA256";

const filter: FilterSpec = {
  name: "hmac-auth",
  wasm: process.env.PWK_COVERAGE === undefined ? "dist/hmac-auth.wasm" : "dist/coverage/hmac-auth.wasm",
};

/** The two fields, and what is given besides. */
export const withFields = (fields: Readonly<Record<string, unknown>> = {}): SetUp =>
  withConfiguration({ signing_key: key, signature_header: header, ...fields });

/** Any configuration, right or wrong. */
export const withConfiguration = (configuration: unknown, environment?: Readonly<Record<string, string>>): SetUp => ({
  filters: [{ ...filter, configuration, ...(environment && { environment }) }],
  secrets: [key],
});

/** The MAC of a body, by node:crypto. */
export const mac = (body: string | Uint8Array, by: string = key): Buffer =>
  createHmac("sha256", by).update(body).digest();

export const hex = (body: string | Uint8Array, by?: string): string => mac(body, by).toString("hex");

/** Without Envoy's `allow_on_headers_stop_iteration`. */
export const withoutOption = (setUp: SetUp): SetUp => ({
  ...setUp,
  filters: setUp.filters.map((each) => ({ ...each, allowOnHeadersStopIteration: false })),
});
