/** Whether this machine has what the bench needs. */
import { findEnvoy } from "@proxy-wasm-kit/envoy";
import { isBuilt as isIstioBuilt } from "@proxy-wasm-kit/istio";
import { isBuilt } from "./location.mjs";

/** What is missing, with what to do; undefined when nothing is. */
async function missing(): Promise<string | undefined> {
  if (!isBuilt()) return "run npm run kube:build";
  if (!isIstioBuilt()) return "run npm run istio:build";
  return findEnvoy().then(
    () => undefined,
    (error: Error) => error.message,
  );
}

const what = await missing();
const isRequired = (process.env.PWK_REQUIRE_ENGINES ?? "").split(",").includes("kube");

/** Tests without the bench are skipped, unless it is required: then they fail. */
export const isBenchSkipped = what !== undefined && !isRequired;
/** Why, and what to do. */
export const whyWithoutBench = what ?? "";

/** Throws when something is missing. */
export function checkBench(): void {
  if (what !== undefined) throw new Error(`the Kubernetes bench is required here: ${what}`);
}
