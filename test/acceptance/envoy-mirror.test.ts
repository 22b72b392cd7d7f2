/** shadow-host behind a real mirror: an Envoy copies requests, and what its shadow writer makes of them goes through the filter. */
import { findEnvoy } from "@proxy-wasm-kit/envoy";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Sent, send } from "../mirror/application.ts";
import { EnvoyMirror } from "../mirror/envoy-mirror.ts";

const isRequired = (process.env.PWK_REQUIRE_ENGINES ?? "").split(",").includes("envoy");
const isAbsent = await findEnvoy().then(
  () => false,
  (error: Error) => {
    if (isRequired) throw error;
    return true;
  },
);
const mirrored = test.skipIf(isAbsent);

let mirror: EnvoyMirror;

beforeAll(async () => {
  if (isAbsent) return;
  mirror = await EnvoyMirror.start({
    listeners: {
      bare: undefined,
      restoring: {},
      marked: { marker: { name: "x-mirrored-by" } },
      guarded: {
        shadow_header: {},
        refuse_unsafe_methods: true,
        remove_headers: ["cookie"],
        map: [{ from: "*.example", to: "*.example:81" }],
      },
    },
    policies: {
      bare: { cluster: "bare" },
      restored: { cluster: "restoring" },
      unsuffixed: { cluster: "restoring", disable_shadow_host_suffix_append: true },
      "unsuffixed-marked": { cluster: "marked", disable_shadow_host_suffix_append: true },
      marked: {
        cluster: "marked",
        request_headers_mutations: [{ append: { header: { key: "x-mirrored-by", value: "front" } } }],
      },
      guarded: { cluster: "guarded" },
      renamed: { cluster: "bare", host_rewrite_literal: "shop.example" },
    },
  });
});
afterAll(() => mirror?.close());

/** Sends it twice, mirrored and not: the primary must see no difference. */
async function sendBoth(path: string, sent: Sent): Promise<void> {
  expect(await send(mirror.port, { ...sent, path: "/untouched" })).toBe(200);
  const [untouched] = mirror.primary.take();
  expect(await send(mirror.port, { ...sent, path })).toBe(200);
  const [seen, ...more] = mirror.primary.take();
  expect(seen?.text).toBe(untouched?.text.replace("/untouched", path));
  expect([seen?.host, more]).toEqual([sent.host, []]);
}

const hosts: [sent: string, mirrored: string][] = [
  ["name", "name-shadow"],
  ["name:8080", "name-shadow:8080"],
  ["other.example", "other.example-shadow"],
  ["name.", "name.-shadow"],
  ["10.0.0.1:80", "10.0.0.1-shadow:80"],
  ["[2001:db8::1]", "[2001:db8::1]-shadow"],
  ["[::1]:80", "[::1]-shadow:80"],
  ["Name-shadow", "Name-shadow-shadow"],
];

mirrored.each(hosts)("shadow-host: of %s the mirror gets %s without the filter", async (host, expected) => {
  await sendBoth("/bare/a", { host });
  const [seen] = await mirror.others.next();
  expect(seen?.host).toBe(expected);
});

mirrored.each(hosts)("shadow-host: of %s the mirror gets the same with the filter", async (host) => {
  await sendBoth("/restored/a?b=c", { host, method: "POST", headers: { cookie: "a=1" }, body: "body" });
  const [seen] = await mirror.others.next();
  expect(seen?.text).toContain(`POST /restored/a?b=c HTTP/1.1\r\nhost: ${host}\r\n`);
  expect(seen?.text).toMatch(/\r\ncookie: a=1\r\n[\s\S]*\r\n\r\nbody$/);
});

mirrored.each(["shop.example", "shop.example:8080"])(
  "shadow-host: a mirrored request for %s is routed by the host it has again",
  async (host) => {
    await sendBoth("/restored/", { host });
    const [seen] = await mirror.shop.next();
    expect([seen?.host, mirror.others.take()]).toEqual([host, []]);
  },
);

mirrored("shadow-host: without Envoy's suffix, the filter changes nothing", async () => {
  const sent = {
    host: "shop.example:8080",
    method: "PUT",
    headers: { cookie: "a=1", "x-shadow": "a" },
    body: "body",
  };
  const before = await mirror.metrics();
  await sendBoth("/unsuffixed/", sent);
  const [seen] = await mirror.shop.next();
  expect(seen?.host).toBe("shop.example:8080");
  expect(seen?.headers).toMatchObject({ cookie: "a=1", "x-shadow": "a" });
  expect(await mirror.metrics()).toEqual(before);
});

mirrored("shadow-host: without Envoy's suffix, a host that ends so by right stays where a marker decides", async () => {
  const before = await mirror.metrics();
  await sendBoth("/unsuffixed-marked/", { host: "reports-shadow:80" });
  const [seen] = await mirror.others.next();
  expect(seen?.host).toBe("reports-shadow:80");
  expect(await mirror.metrics()).toEqual(before);
});

mirrored("shadow-host: a marker that the mirror policy adds decides", async () => {
  await sendBoth("/marked/", { host: "shop.example" });
  const [seen] = await mirror.shop.next();
  expect(seen?.headers).toMatchObject({ host: "shop.example", "x-mirrored-by": "front" });
});

mirrored("shadow-host: precautions are taken with the copy alone", async () => {
  await sendBoth("/guarded/", { host: "other.example", headers: { cookie: "a=1", "x-shadow": "false" } });
  const [seen] = await mirror.others.next();
  expect(seen?.headers).toMatchObject({ host: "other.example:81", "x-shadow": "true" });
  expect(seen?.headers).not.toHaveProperty("cookie");
});

mirrored("shadow-host: an unsafe copy is refused, and the client hears nothing of it", async () => {
  const { shadow_host_refused: before = 0 } = await mirror.metrics();
  await sendBoth("/guarded/", { host: "other.example", method: "POST", body: "body" });
  await expect.poll(async () => (await mirror.metrics()).shadow_host_refused, { interval: 5 }).toBe(before + 1);
  expect(mirror.others.take()).toEqual([]);
});

mirrored("shadow-host: Envoy can give the copy another host by itself", async () => {
  await sendBoth("/renamed/", { host: "other.example" });
  const [seen] = await mirror.shop.next();
  expect(seen?.host).toBe("shop.example");
});
