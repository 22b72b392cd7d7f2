/** Keys of Kubernetes Secrets, as people write them ("webhook-keys/github"), and as variables of a proxy's environment. */
import { isDnsLabel } from "./plan.ts";

/** A key of a Secret of the workload's own namespace; Kubernetes knows no other ones here. */
export interface SecretKey {
  readonly secret: string;
  readonly key: string;
}

export interface SecretVariable extends SecretKey {
  /** Of the variable. */
  readonly name: string;
}

/** What to expect where `parseSecretKey` finds nothing: what was found may be the secret itself, and no message repeats it. */
export const secretKeyForm = "the name of a Secret and a key in it, such as webhook-keys/github";

/** undefined: not of this form. Source: k8s.io/apimachinery/pkg/util/validation, `IsDNS1123Subdomain`, `IsConfigMapKey`. */
export function parseSecretKey(text: string): SecretKey | undefined {
  const [, secret = "", key = ""] = /^([^/]{1,253})\/((?!\.\.|\.$)[-._a-zA-Z0-9]{1,253})$/.exec(text) ?? [];
  return secret.split(".").every(isDnsLabel) ? { secret, key } : undefined;
}
