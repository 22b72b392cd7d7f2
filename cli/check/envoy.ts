/** A real Envoy before the filters of a manifest. */
import type { CheckOptions } from "@proxy-wasm-kit/check";
import { bootstrap, validateBootstrap } from "@proxy-wasm-kit/envoy";

const nowhere = { host: "127.0.0.1", port: 0 };

export const triedOn =
  (binary: string): NonNullable<CheckOptions["tryFilter"]> =>
  (filter, environment) => {
    const whole = JSON.stringify(
      bootstrap({ filters: [], listen: nowhere, admin: nowhere, upstream: nowhere }),
      (key, value: unknown) => (key === "http_filters" ? [filter, ...(value as object[])] : value),
    );
    return validateBootstrap(binary, JSON.parse(whole) as object, environment);
  };
