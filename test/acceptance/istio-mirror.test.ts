/** Mirrors that a real istiod makes of VirtualServices and of our EnvoyFilters, with Envoy's suffix and without, before shadow-host. */
import { findEnvoy } from "@proxy-wasm-kit/envoy";
import { isBuilt } from "@proxy-wasm-kit/istio";
import { afterAll, beforeAll, expect, test } from "vitest";
import { send } from "../mirror/application.ts";
import { IstioMirror } from "../mirror/istio-mirror.ts";

const isRequired = (process.env.PWK_REQUIRE_ENGINES ?? "").split(",").includes("istio");
const isAbsent = !isRequired && (!isBuilt() || (await findEnvoy().catch(() => null)) === null);
const mirrored = test.skipIf(isAbsent);

/** As istiod is before 1.28, and later when its compatibility version says so. */
let suffixed: IstioMirror;
/** As istiod is by itself. */
let unsuffixed: IstioMirror;
/** With the suffix, and without shadow-host. */
let gateway: IstioMirror;

beforeAll(async () => {
  if (isAbsent) return;
  [suffixed, unsuffixed, gateway] = await Promise.all([
    IstioMirror.start({
      services: [
        { host: "plain.example", hasMirror: false },
        { host: "shop.example", hasMirror: true },
        { host: "filtered.example", hasMirror: false, filter: { route: "all", percent: 100 } },
        { host: "seldom.example", hasMirror: false, filter: { percent: 0 } },
        { host: "unnamed.example", hasMirror: false, filter: { route: "another" } },
        { host: "replaced.example", hasMirror: true, filter: { replaces: true } },
        { host: "twice.example", hasMirror: true, filter: {} },
      ],
      proxy: { sidecar: {} },
      environment: { DISABLE_SHADOW_HOST_SUFFIX: "false" },
    }),
    IstioMirror.start({
      services: [
        { host: "plain.example", hasMirror: false },
        { host: "shop.example", hasMirror: true },
        { host: "reports.team-shadow", hasMirror: true },
      ],
      proxy: { sidecar: { marker: { name: "x-mirrored-by" }, shadow_header: {} } },
    }),
    IstioMirror.start({
      services: [
        { host: "plain.example", hasMirror: false },
        { host: "shop.example", hasMirror: true },
        { host: "filtered.example", hasMirror: false, filter: { route: "all" } },
        { host: "replaced.example", hasMirror: true, filter: { replaces: true } },
      ],
      proxy: "gateway",
      environment: { DISABLE_SHADOW_HOST_SUFFIX: "false" },
    }),
  ]);
});
afterAll(() => Promise.all([suffixed, unsuffixed, gateway].map((istio) => istio?.close())));

/** Sends a request, which the primary must get as one that is not mirrored. Returns the authority. */
async function sendTo(istio: IstioMirror, host: string): Promise<string> {
  const sent = { method: "POST", headers: { cookie: "a=1" }, body: "body" };
  expect(await send(istio.port, { ...sent, host: `plain.example:${istio.port}` })).toBe(200);
  const plain = istio.primary.take().map(({ text }) => withoutId(text).replaceAll("plain.example", host));
  expect(await send(istio.port, { ...sent, host: `${host}:${istio.port}` })).toBe(200);
  expect(istio.primary.take().map(({ text }) => withoutId(text))).toEqual(plain);
  return `${host}:${istio.port}`;
}

/** Istio gives each request another. */
const withoutId = (text: string): string => text.replace(/\r\nx-request-id: [^\r]*/, "");

const mirrorCluster = ({ servicePort }: IstioMirror) => `outbound|${servicePort}||mirror.example`;

mirrored("shadow-host: what a VirtualService mirrors gets its host back", async () => {
  const host = await sendTo(suffixed, "shop.example");
  const [copy] = await suffixed.mirror.next();
  expect(copy?.host).toBe(host);
  expect(copy?.text).toMatch(/\r\n\r\nbody$/);
  expect(await suffixed.metrics()).toMatchObject({ shadow_host_mirrored: 1, shadow_host_rewritten: 1 });
});

mirrored.each(["filtered.example", "replaced.example"])(
  "shadow-host: an EnvoyFilter of pwk manifest mirrors without the suffix: %s",
  async (name) => {
    const before = await suffixed.metrics();
    const host = await sendTo(suffixed, name);
    const [copy] = await suffixed.mirror.next();
    expect(copy?.host).toBe(host);
    expect(await suffixed.metrics()).toEqual(before);
    expect(await suffixed.mirrorsOf(name)).toEqual([mirrorCluster(suffixed)]);
  },
);

mirrored(
  "shadow-host: such an EnvoyFilter minds its percentage and its route, and adds to a mirror that is there",
  async () => {
    await sendTo(suffixed, "seldom.example");
    expect(await suffixed.mirrorsOf("seldom.example")).toEqual([mirrorCluster(suffixed)]);
    expect(await suffixed.mirrorsOf("unnamed.example")).toEqual([]);
    expect(await suffixed.mirrorsOf("twice.example")).toEqual([mirrorCluster(suffixed), mirrorCluster(suffixed)]);
    expect(suffixed.mirror.take()).toEqual([]);
  },
);

mirrored.each(["shop.example", "reports.team-shadow"])(
  "shadow-host: istiod by itself has Envoy leave the host alone, and so does the filter: %s",
  async (name) => {
    const host = await sendTo(unsuffixed, name);
    const [copy] = await unsuffixed.mirror.next();
    expect(copy?.host).toBe(host);
    expect(await unsuffixed.metrics()).toMatchObject({ shadow_host_mirrored: 0, shadow_host_rewritten: 0 });
  },
);

mirrored.each([
  ["shop.example", "shop.example-shadow"],
  ["filtered.example", "filtered.example"],
  ["replaced.example", "replaced.example"],
])("shadow-host: a gateway without it mirrors %s as %s", async (name, expected) => {
  const host = await sendTo(gateway, name);
  const [copy] = await gateway.mirror.next();
  expect(copy?.host).toBe(host.replace(name, expected));
  expect(await gateway.mirrorsOf(name)).toEqual([mirrorCluster(gateway)]);
});
