import { hostEngine } from "@proxy-wasm-kit/testing";
import { runScenarios } from "../run-scenarios.ts";

runScenarios("host", hostEngine);
