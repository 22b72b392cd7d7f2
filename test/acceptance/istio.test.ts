import { istioEngine } from "../engines/istio.ts";
import { runScenarios } from "../run-scenarios.ts";

runScenarios("istio", await istioEngine());
