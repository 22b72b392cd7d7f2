/** For `setupFiles` of vitest, or an import of a test: gives its `expect` the matchers, and their types. */
import { expect } from "vitest";
import { type FilterMatchers, matchers } from "./index.ts";

declare module "vitest" {
  interface Matchers<T> extends FilterMatchers<void, T> {}
}

expect.extend(matchers);
