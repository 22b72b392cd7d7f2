export const sourceFolder: string;
export const packages: Readonly<Record<"etcd" | "kube-apiserver" | "kubectl", string>>;
export const helm: string;
export function buildFolder(environment?: NodeJS.ProcessEnv): string;
export function filesIn(folder?: string): {
  readonly etcd: string;
  readonly apiServer: string;
  readonly kubectl: string;
  readonly helm: string;
};
export function isBuilt(folder?: string): boolean;
export function kubernetesVersion(): string;
