/** The forms in which environments can be written as files, listed once. */
import { type Files, foldersOf } from "./files.ts";
import { helmFiles } from "./helm.ts";
import { kustomizeFiles } from "./kustomize.ts";
import type { RenderedDelivery } from "./render.ts";

export const deliveryForms = ["yaml", "kustomize", "helm"] as const;
export type DeliveryForm = (typeof deliveryForms)[number];

const forms: Readonly<Record<DeliveryForm, (all: readonly RenderedDelivery[]) => Files>> = {
  yaml: foldersOf,
  kustomize: kustomizeFiles,
  helm: helmFiles,
};

/** The first line of every file of a delivery, by which those are known that may be written anew and taken away. */
export const headerOf = (name: string): string => `# Written by pwk manifest for ${name}; changes are lost.\n`;

/** Of all environments of one delivery. */
export const deliveryFiles = (form: DeliveryForm, all: readonly RenderedDelivery[]): Files =>
  new Map([...forms[form](all)].map(([path, text]) => [path, `${headerOf(all[0]?.name ?? "")}${text}`]));
