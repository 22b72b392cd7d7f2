// What TypeScript makes of the published package's types, in a project without any of ours.
import { exchangeOf, ManualClock, startProxy, type TestExchange } from "proxy-wasm-kit/testing";
import "proxy-wasm-kit/testing/jest";
import { assertions } from "proxy-wasm-kit/testing/matchers";
import "proxy-wasm-kit/testing/vitest";
import { expect } from "vitest";

const proxy = await startProxy({ filters: "a.wasm", upstream: () => new Response(), clock: new ManualClock() });
const response: Response = await proxy.fetch("/");
const exchange: TestExchange = exchangeOf(response);

expect(response).toHaveLocalResponse(401, /missing/);
expect(exchange).not.toHaveForwardedHeader("x-a", "b");
const awaited: Promise<void> = expect(proxy).toHaveMetric("requests", 1);
assertions.not.toHaveTrapped(response);
// @ts-expect-error: a status is a number
expect(response).toHaveLocalResponse("401");

export const ofJest = (matchers: jest.Matchers<void, Response>): void => matchers.toHaveLogged("hello", "info");
export { awaited };
