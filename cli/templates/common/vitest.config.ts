import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Enough for the start of a real Envoy on a busy machine.
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
