/** What the scenarios of shadow-host have in common. */
import type { ProxyRequest } from "@proxy-wasm-kit/testing";
import type { Expectation, RequestScenario, SetUp } from "../scenario.ts";

/** Without a configuration when it is undefined. */
export const withConfiguration = (configuration?: unknown): SetUp => ({
  filters: [
    {
      name: "shadow-host",
      wasm: "dist/shadow-host.wasm",
      ...(configuration !== undefined && { configuration }),
    },
  ],
});

type Upstream = NonNullable<Expectation["upstream"]>;
type Counters = "mirrored" | "rewritten" | "refused";

/** What a proxy with one configuration does. */
export class Proxied {
  readonly #setUp: SetUp;

  constructor(configuration?: unknown) {
    this.#setUp = withConfiguration(configuration);
  }

  /** The request goes on as it came. */
  leaves(name: string, request: ProxyRequest, upstream: Upstream = {}, counted: readonly Counters[] = []) {
    return this.becomes(name, request, { authority: request.authority ?? "example.com", ...upstream }, counted);
  }

  /** Upstream gets it like this; by default it counts as mirrored and rewritten. */
  becomes(
    name: string,
    request: ProxyRequest,
    upstream: Upstream,
    counted: readonly Counters[] = ["mirrored", "rewritten"],
  ): RequestScenario {
    return this.#scenario(name, request, { outcome: "forwarded", status: 200, upstream }, counted);
  }

  refuses(name: string, request: ProxyRequest, reason: string): RequestScenario {
    const details = `shadow_host:${reason}`;
    return this.#scenario(name, request, { outcome: "local", status: 403, details, upstream: null }, [
      ...(["mirrored", "refused"] as const),
    ]);
  }

  #scenario(name: string, request: ProxyRequest, expected: Expectation, counted: readonly Counters[]): RequestScenario {
    const counters = ["mirrored", "rewritten", "refused"] as const;
    const metrics = Object.fromEntries(
      counters.map((counter) => [`shadow_host_${counter}`, counted.includes(counter) ? 1 : 0]),
    );
    return { name: `shadow-host: ${name}`, setUp: this.#setUp, request, expect: { ...expected, metrics } };
  }
}
