export const sourceFolder: string;
export const packages: Readonly<Record<"istio-harness" | "strictcheck" | "imagefetch" | "istioctl", string>>;
export function buildFolder(environment?: NodeJS.ProcessEnv): string;
export function filesIn(folder?: string): {
  readonly harness: string;
  readonly strictcheck: string;
  readonly imagefetch: string;
  readonly istioctl: string;
  readonly crds: string;
};
export function isBuilt(folder?: string): boolean;
export function istioVersion(): string;
