import { envoyEngine } from "@proxy-wasm-kit/testing";
import { runScenarios } from "../run-scenarios.ts";

runScenarios("envoy", await envoyEngine().catch((error: Error) => error.message));
