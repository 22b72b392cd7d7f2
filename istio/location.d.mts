export const sourceFolder: string;
export const packages: Readonly<
  Record<
    "istio-harness" | "strictcheck" | "imagefetch" | "inject" | "istioctl" | "pilot-agent" | "pilot-discovery",
    string
  >
>;
export const envoyGateway: { readonly module: string; readonly sum: string };
export function buildFolder(environment?: NodeJS.ProcessEnv): string;
export function filesIn(folder?: string): {
  readonly harness: string;
  readonly strictcheck: string;
  readonly imagefetch: string;
  readonly inject: string;
  readonly istioctl: string;
  readonly agent: string;
  readonly discovery: string;
  readonly crds: string;
  readonly extensionPolicyCrd: string;
  readonly agentBootstrap: string;
};
export function isBuilt(folder?: string): boolean;
export function istioVersion(): string;
