/** What a test on the host may cost. */
import { hostEngine } from "@proxy-wasm-kit/testing";
import { expect, test } from "vitest";

test("add-header: 100,000 requests are one test", async () => {
  const proxy = await hostEngine.start({
    filters: [{ name: "add-header", wasm: "dist/examples/add-header.wasm", configuration: "hello" }],
    logLevel: "critical",
  });
  let answered = 0;
  for (let i = 0; i < 100_000; i++) {
    const { headers } = await proxy.send({ path: `/${i}` });
    if (headers.some(([name, value]) => name === "x-hello" && value === "hello")) answered++;
  }
  await proxy.close();
  expect(answered).toBe(100_000);
});
