/** attribute-gen evaluates common conditions itself: with the result that Envoy's CEL has, and our host's. */
import {
  type Engine,
  envoyEngine,
  hostEngine,
  type ProxyRequest,
  type UpstreamResponse,
} from "@proxy-wasm-kit/testing";
import { expect, test } from "vitest";
import { condition, randomOf, requestFor, responseFor } from "../cel/conditions.ts";

const isRequired = (process.env.PWK_REQUIRE_ENGINES ?? "").split(",").includes("envoy");
const envoy = await envoyEngine().catch((error: Error) => {
  if (isRequired) throw error;
  return null;
});

const seed = Number(process.env.PWK_CEL_SEED ?? 1);
const random = randomOf(seed * 2654435761);
const conditions = Array.from({ length: 250 }, () => condition(random));
const rounds = Array.from({ length: 24 }, () => ({ request: requestFor(random), response: responseFor(random) }));
const phases = ["ON_REQUEST", "AFTER_RESPONSE"] as const;

/** For each request and condition "true", "false" or, when it cannot be evaluated, nothing. */
async function outcomes(engine: Engine, phase: (typeof phases)[number], isFast: boolean): Promise<string[][]> {
  const attributes = conditions.map((each, at) => ({
    ...{ output_attribute: `c${at}`, phase, default: "false" },
    match: [{ condition: each, value: "true" }],
  }));
  let response: UpstreamResponse = { status: 200 };
  const names = attributes.map(({ output_attribute }) => output_attribute);
  const proxy = await engine.start({
    filters: [
      { name: "attribute-gen", wasm: "dist/attribute-gen.wasm", configuration: { fast_path: isFast, attributes } },
    ],
    ...{ filterState: names, logLevel: "error", upstream: () => response },
  });
  const all: string[][] = [];
  for (const round of rounds) {
    response = round.response;
    const { filterState, failures } = await proxy.send(round.request);
    expect(failures).toEqual([]);
    all.push(names.map((name) => filterState[name] ?? "error"));
  }
  await proxy.close();
  return all;
}

/** Only what differs, so that a person sees it. */
const differences = (left: string[][], right: string[][]) =>
  rounds.flatMap(({ request, response }: { request: ProxyRequest; response: UpstreamResponse }, at) =>
    conditions.flatMap((each, which) => {
      const [a, b] = [left[at]?.[which], right[at]?.[which]];
      return a === b ? [] : [{ condition: each, outcomes: [a, b], request, response }];
    }),
  );

const told = (phase: string) =>
  `CEL: ${conditions.length} conditions, ${rounds.length} requests, ${phase}, seed ${seed}`;

test.each(phases)("on the host the fast path gives what CEL gives, %s", async (phase) => {
  const [fast, slow] = [await outcomes(hostEngine, phase, true), await outcomes(hostEngine, phase, false)];
  expect(differences(fast, slow), told(phase)).toEqual([]);
});

test.skipIf(envoy === null).each(phases)("on Envoy too, and the host agrees, %s", async (phase) => {
  if (envoy === null) return;
  const [fast, slow] = [await outcomes(envoy, phase, true), await outcomes(envoy, phase, false)];
  expect(differences(fast, slow), told(phase)).toEqual([]);
  expect(differences(await outcomes(hostEngine, phase, true), fast), told(phase)).toEqual([]);
  const seen = new Set(slow.flat());
  expect([...seen].sort()).toEqual(["error", "false", "true"]);
});
