/** For `setupFilesAfterEnv` of Jest: gives the global `expect` the matchers, and their types to `@types/jest`. */
import { type FilterMatchers, matchers } from "./index.ts";

declare global {
  namespace jest {
    interface Matchers<R, T> extends FilterMatchers<R, T> {}
  }
}

(globalThis as unknown as { expect: { extend(all: typeof matchers): void } }).expect.extend(matchers);
