/** All scenarios, in the order they run: equal set-ups together, so that they share a proxy. */
import type { Scenario } from "../scenario.ts";
import { hmacAuth } from "./hmac-auth.ts";
import { hmacAuthConfiguration } from "./hmac-auth-configuration.ts";

export const scenarios: readonly Scenario[] = [...hmacAuth, ...hmacAuthConfiguration];
