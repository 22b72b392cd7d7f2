/** The pods of a workload with what its filters need in the proxy's container: modules as files, and variables out of Secrets. */
import { basename } from "node:path/posix";
import { checkPlan, type DeliveryPlan, isDnsLabel, isVariableName, modulePathOf } from "../plan.ts";
import { check, InvalidPlan } from "../problems.ts";
import {
  type InitContainer,
  type PatchableKind,
  type PodPatch,
  patchableKinds,
  type SecretEnvVar,
  type Volume,
} from "../resources/pod-patch.ts";
import type { SecretVariable } from "../secret-variable.ts";
import { moduleMount, moduleVolume, volumeName } from "./config-map.ts";

export interface PatchedWorkload {
  readonly kind: PatchableKind;
  readonly name: string;
  readonly namespace: string;
  /** A gateway has the proxy's container itself, that of a sidecar comes from the injector. Default: false. */
  readonly isGateway?: boolean;
}

/** What the proxy's container gets. */
export interface ProxyNeeds {
  readonly files?: readonly ModuleFile[];
  readonly secrets?: readonly SecretVariable[];
}

/** A module that lies where its plan says. */
export interface ModuleFile {
  readonly plan: DeliveryPlan;
  /** Default: the ConfigMap that `moduleConfigMap` makes. */
  readonly image?: FileImage;
}

/** An image with a shell's `cp` and the module; the images of `pwk push` have nothing but the module. */
export interface FileImage {
  readonly image: string;
  /** Of the module in it. Default: `/plugin.wasm`. */
  readonly path?: string;
}

/** All that the workload's filters need: one patch, as the annotations of a second one would take the place of its own. Throws `InvalidPlan`. */
export function podPatch(workload: PatchedWorkload, { files = [], secrets = [] }: ProxyNeeds): PodPatch {
  for (const file of files) checkFile(file);
  const { kind, name, namespace, isGateway = false } = workload;
  const variables = variablesOf(secrets);
  const problems = [
    ...check(patchableKinds.includes(kind), "/workload/kind", `one of ${patchableKinds.join(", ")}`, kind),
    ...check(name.split(".").every(isDnsLabel), "/workload/name", "the name of a workload", name),
    ...check(isDnsLabel(namespace), "/namespace", "a DNS label", namespace),
    ...files.flatMap(({ plan }) => check(plan.namespace === namespace, "/namespace", namespace, plan.namespace)),
    ...(files.length + secrets.length === 0 ? ["/workload: expected a module or a variable for it, found none"] : []),
    ...secretProblems(secrets, variables),
  ];
  if (problems.length > 0) throw new InvalidPlan(problems);
  const template = isGateway ? gatewayTemplate(files, variables) : sidecarTemplate(files, variables);
  return { apiVersion: "apps/v1", kind, metadata: { name, namespace }, spec: { template } };
}

type Template = PodPatch["spec"]["template"];

function sidecarTemplate(files: readonly ModuleFile[], env: readonly SecretEnvVar[]): Template {
  const mounted = files.filter((file) => !isCopied(file)).map(({ plan }) => moduleVolume(plan));
  const copied = files.filter(isCopied);
  const annotations = {
    // Where Kubernetes has native sidecars, the proxy would start before the init containers, and miss their modules.
    ...(copied.length > 0 && { "sidecar.istio.io/nativeSidecar": "false" }),
    ...(mounted.length > 0 && { "sidecar.istio.io/userVolume": JSON.stringify(mounted) }),
    ...(files.length > 0 && {
      "sidecar.istio.io/userVolumeMount": JSON.stringify(files.map(({ plan }) => moduleMount(plan))),
    }),
  };
  const spec = {
    // Among the containers for native sidecars too: the injector moves it to where its own is.
    ...(env.length > 0 && { containers: [{ name: "istio-proxy", image: "auto", env } as const] }),
    // These volumes stand in the template: Kubernetes looks for those of init containers before Istio adds any.
    ...(copied.length > 0 && { initContainers: copied.map(copier), volumes: copied.map(volumeOf) }),
  };
  return {
    ...(Object.keys(annotations).length > 0 && { metadata: { annotations } }),
    ...(Object.keys(spec).length > 0 && { spec }),
  };
}

/** Istio's template for gateways reads no annotations of volumes. One without injection needs the image that it has. */
function gatewayTemplate(files: readonly ModuleFile[], env: readonly SecretEnvVar[]): Template {
  const copied = files.filter(isCopied);
  return {
    spec: {
      containers: [
        {
          name: "istio-proxy",
          ...(env.length > 0 && { env }),
          ...(files.length > 0 && { volumeMounts: files.map(({ plan }) => moduleMount(plan)) }),
        },
      ],
      ...(copied.length > 0 && { initContainers: copied.map(copier) }),
      ...(files.length > 0 && { volumes: files.map(volumeOf) }),
    },
  };
}

type CopiedFile = ModuleFile & { readonly image: FileImage };

const isCopied = (file: ModuleFile): file is CopiedFile => file.image !== undefined;

const volumeOf = (file: ModuleFile): Volume =>
  isCopied(file) ? { name: volumeName(file.plan), emptyDir: {} } : moduleVolume(file.plan);

function copier({ plan, image: { image, path = "/plugin.wasm" } }: CopiedFile): InitContainer {
  const name = volumeName(plan);
  // A folder of its own: what is mounted on a folder hides what other filters have there, so only the file is mounted.
  const folder = "/wasm";
  return {
    name,
    image,
    command: ["cp", path, `${folder}/${basename(modulePathOf(plan))}`],
    volumeMounts: [{ name, mountPath: folder }],
  };
}

/** Throws `InvalidPlan`. */
export function checkFile({ plan, image: from }: ModuleFile): void {
  checkPlan(plan);
  if (from === undefined) return;
  const { image, path = "/plugin.wasm" } = from;
  const problems = [
    ...check(/^[^\s/:][^\s]*$/.test(image) && !image.includes("://"), "/image", "an image without a scheme", image),
    ...check(/^\/\S+$/.test(path), "/path", "an absolute path of a file", path),
  ];
  if (problems.length > 0) throw new InvalidPlan(problems);
}

/** Filters may share one. */
function variablesOf(secrets: readonly SecretVariable[]): readonly SecretEnvVar[] {
  const lines = new Map(
    secrets.map(({ name, secret, key }) => [
      JSON.stringify([name, secret, key]),
      { name, valueFrom: { secretKeyRef: { name: secret, key } } },
    ]),
  );
  return [...lines.values()];
}

function secretProblems(secrets: readonly SecretVariable[], variables: readonly SecretEnvVar[]): string[] {
  const names = variables.map(({ name }) => name);
  return [
    ...(secrets.every(({ name }) => isVariableName(name)) ? [] : ["/secrets: expected names of variables"]),
    ...names
      .filter((name, i) => names.indexOf(name) !== i)
      .map((name) => `/secrets/${name}: expected one key of one Secret for it in the workload, found several`),
  ];
}
