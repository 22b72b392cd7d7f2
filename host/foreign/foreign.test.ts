import { createSign, generateKeyPairSync, type KeyObject } from "node:crypto";
import { deflateSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { Status } from "../abi.ts";
import { serializeMessage } from "../protobuf.ts";
import { mirror } from "../test/mirror.ts";
import { head, stage } from "../test/puppet.ts";
import { foreignFunctions } from "./index.ts";

const encoder = new TextEncoder();
const bytes = (text: string) => encoder.encode(text);
const hex = (data: Uint8Array) => Buffer.from(data).toString("hex");

/** Calls a function from a root context. */
async function caller() {
  const { vm } = await mirror({});
  return (name: string, values: Uint8Array) => {
    const answer = foreignFunctions.get(name)?.(vm, values);
    return answer instanceof Uint8Array ? hex(answer) : answer;
  };
}

test("results are given to the guest, or dropped when it does not want them", async () => {
  const { call, put, u32, at } = await mirror({ proxy_call_foreign_function: "iiiiii:i" });
  put(8, "uncompress");
  put(24, "nobody");
  expect(call("proxy_call_foreign_function", 24, 6, 0, 0, 32, 40)).toBe(Status.NotFound);
  expect(call("proxy_call_foreign_function", 8, 10, 0, 0, 32, 40)).toBe(Status.SerializationFailure);
  expect([u32(32), u32(40)]).toEqual([0, 0]);
  put(8, "compress");
  expect(call("proxy_call_foreign_function", 8, 8, 24, 6, 0, 40)).toBe(Status.Ok);
  expect(u32(40)).toBe(deflateSync("nobody").length);
  expect(at(1024, 1)).toBe("?");
});

test("compress and uncompress speak zlib", async () => {
  const call = await caller();
  expect(call("compress", bytes(""))).toBe("789c030000000001");
  expect(call("compress", bytes("hello hello hello"))).toBe(hex(deflateSync("hello hello hello")));
  const data = deflateSync("hello");
  expect(call("uncompress", data)).toBe(hex(bytes("hello")));
  expect(call("uncompress", Buffer.concat([data, bytes("more")]))).toBe(hex(bytes("hello")));
  for (const bad of [bytes(""), bytes("no"), data.subarray(0, -1)]) {
    expect(call("uncompress", bad)).toBe(Status.SerializationFailure);
  }
});

describe("declare_property", () => {
  const declare = (name: string, readonly: number, type: number) =>
    `foreign declare_property ${hex(serializeMessage({ 1: name, 2: readonly, 3: type }))}`;

  test("makes a property read-only once it is set, and is refused a second time", async () => {
    const { host, logs } = await stage(
      `configure ${declare("p", 1, 0)}\nconfigure ${declare("p", 1, 0)}\n` +
        "request_headers set p one\nrequest_headers set p two\nrequest_headers get p",
    );
    await host.send(head());
    expect(
      logs()
        .slice(-5)
        .map((line) => line.trim()),
    ).toEqual([
      "configure foreign declare_property 0",
      "configure foreign declare_property 2",
      "request_headers set 0",
      "request_headers set 2",
      "request_headers get p 0 one",
    ]);
  });

  test("has no effect on a stream", async () => {
    const { host, logs } = await stage(
      `request_headers ${declare("p", 1, 0)}\nrequest_headers set p one\nrequest_headers set p two\nrequest_headers get p`,
    );
    await host.send(head());
    expect(logs().at(-1)).toBe("request_headers get p 0 two");
  });
});

test("set_envoy_filter_state takes the keys Envoy knows, on a stream", async () => {
  const set = (key: string, value: string) =>
    `foreign set_envoy_filter_state ${hex(serializeMessage({ 1: key, 2: value }))}`;
  const { host, logs } = await stage(
    [
      `request_headers ${set("envoy.string", "a")}`,
      `request_headers ${set("envoy.nope", "a")}`,
      `request_headers ${set("envoy.upstream.dynamic_port", "a")}`,
      `request_headers ${set("envoy.upstream.dynamic_port", "80")}`,
      "request_headers foreign set_envoy_filter_state 0a",
      `configure ${set("envoy.string", "a")}`,
    ].join("\n"),
  );
  expect(logs()[0]?.trim()).toMatch(/ 1$/);
  logs();
  await host.send(head());
  expect(logs().map((line) => line.trim().at(-1))).toEqual(["0", "1", "2", "0", "2"]);
});

describe("signatures", () => {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const der = (key: KeyObject) => key.export({ format: "der", type: key.type === "public" ? "spki" : "pkcs8" });
  const pem = (key: KeyObject, type: "spki" | "pkcs8" | "pkcs1") => String(key.export({ format: "pem", type }));
  const signed = (hash: string) => createSign(hash).update("text").sign(privateKey);
  const error = (field: 2 | 3, text: string) => hex(serializeMessage({ [field]: text }));

  test.each(["sha1", "sha224", "sha256", "sha384", "SHA512"])(
    "of %s are made and verified as Node does",
    async (hash) => {
      const call = await caller();
      const signature = signed(hash.toLowerCase());
      expect(call("sign", serializeMessage({ 1: hash, 2: der(privateKey), 3: bytes("text") }))).toBe(
        hex(serializeMessage({ 1: 1, 2: signature })),
      );
      const verify = (text: string) =>
        call("verify_signature", serializeMessage({ 1: hash, 2: der(publicKey), 3: signature, 4: bytes(text) }));
      expect(verify("text")).toBe("0801");
      expect(verify("test")).toBe(error(2, "Failed to verify digest. Error code: 0"));
    },
  );

  test("take keys in PEM", async () => {
    const call = await caller();
    for (const type of ["pkcs8", "pkcs1"] as const) {
      const request = serializeMessage({ 1: "sha256", 3: bytes("text"), 4: pem(privateKey, type) });
      expect(call("sign", request)).toBe(hex(serializeMessage({ 1: 1, 2: signed("sha256") })));
    }
    const request = { 1: "sha256", 3: signed("sha256"), 4: bytes("text"), 5: pem(publicKey, "spki") };
    expect(call("verify_signature", serializeMessage(request))).toBe("0801");
  });

  test("say why there are none", async () => {
    const call = await caller();
    const pkcs1 = privateKey.export({ format: "der", type: "pkcs1" });
    expect(call("sign", serializeMessage({ 1: "md5", 2: der(privateKey) }))).toBe(error(3, "md5 is not supported."));
    expect(call("sign", serializeMessage({ 1: "sha256", 2: pkcs1 }))).toBe(
      error(3, "Invalid key type: private key required for signing operation."),
    );
    expect(call("verify_signature", serializeMessage({ 1: "sha256", 2: bytes("bad") }))).toBe(
      error(2, "Failed to initialize digest verify."),
    );
    expect(call("verify_signature", serializeMessage({ 1: "sha256" }))).toBe(Status.BadArgument);
    expect(call("sign", serializeMessage({ 1: "sha256", 2: der(privateKey), 4: "x" }))).toBe(Status.BadArgument);
    expect(call("sign", Uint8Array.of(0x0a))).toBe(Status.BadArgument);
  });
});
