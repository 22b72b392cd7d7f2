/** `hostEnv`: variables of the proxy's environment, and the Secrets that are the source of some. */
import { InvalidPlan } from "../problems.ts";
import { parseSecretKey, type SecretVariable, secretKeyForm } from "../secret-variable.ts";
import type { FilterSettings, HostVariable } from "./file.ts";

export const nameOfVariable = (variable: HostVariable): string =>
  typeof variable === "string" ? variable : variable.name;

/** Throws `InvalidPlan`. */
export function secretsOf({ hostEnv = [], target, workload }: FilterSettings): readonly SecretVariable[] {
  const problems: string[] = [];
  const variables = hostEnv.flatMap((variable, i): SecretVariable[] => {
    if (typeof variable === "string") return [];
    const path = `/hostEnv/${i}/secret`;
    const wayOut = elsewhere[target ?? "envoyfilter"];
    const key = parseSecretKey(variable.secret);
    if (wayOut !== undefined) problems.push(`${path}: is for Istio's proxies; ${wayOut}`);
    if (key === undefined) problems.push(`${path}: expected ${secretKeyForm}, found something else`);
    return key === undefined ? [] : [{ name: variable.name, ...key }];
  });
  if (variables.length > 0 && workload === undefined)
    problems.push(
      "/workload: expected the workload whose proxy gets the Secret, such as deployment/httpbin, found none",
    );
  if (problems.length > 0) throw new InvalidPlan(problems);
  return variables;
}

/** What to do where no pod of Istio's is to be patched. */
const elsewhere: Readonly<Record<string, string>> = {
  envoy: "give that Envoy the variable, and name it here",
  extensionpolicy: "give it to EnvoyProxy's spec.provider.kubernetes.envoyDeployment.container.env, and name it here",
};
