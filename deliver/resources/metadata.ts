/** What every Kubernetes object has. Source: k8s.io/apimachinery/pkg/apis/meta/v1. */
export interface Metadata {
  readonly name: string;
  readonly namespace: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** Any resource, as far as it matters for printing. */
export interface Resource {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Metadata;
}
