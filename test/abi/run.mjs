// `npm run abi`: runs the scenarios on our own host and the real Envoy, and tells which functions of the ABI they ran.
import { Command, Option } from "commander";
import { startVitest } from "vitest/node";

const options = new Command("abi")
  .description("Which function of the ABI runs in which scenario. Fails when one runs in none.")
  .addOption(new Option("-o, --output <format>", "how to print the result").choices(["text", "json"]).default("text"))
  .option("--write <file>", "write the result as Markdown too, unless it is a failure")
  .parse()
  .opts();

// An engine that is missing would leave every function without its scenario, and not say why.
process.env.PWK_REQUIRE_ENGINES ??= "host,envoy";
const vitest = await startVitest("test", [], {
  watch: false,
  project: ["host", "envoy"],
  reporters: [["./test/abi/reporter.ts", options]],
});
await vitest.close();
