/** Leaves a module only the callbacks that a class of the filter overrides: fewer bytes, and fewer calls by the host. */
import type { Element, File, FunctionPrototype, Program } from "assemblyscript";
import { isNode, walk } from "./walk.ts";

/** asc's `ElementKind.ClassPrototype` (src/program.ts). */
const classPrototype = 6;

/** Kept whatever is overridden: without them no module loads, contexts leak, or an unknown root ID goes unnoticed. */
const always = new Set([
  "proxy_abi_version_0_2_1",
  "proxy_on_memory_allocate",
  "malloc",
  "proxy_on_context_create",
  "proxy_on_configure",
  "proxy_on_delete",
]);

export function pruneCallbacks(program: Program, exportsFile: File): void {
  const exported = exportsFile.exports;
  if (exported === null) throw new Error("sdk transform: exports.ts exports nothing");
  const overridden = overriddenMethods(program, exportsFile.internalName.replace(/exports$/, "contexts/"));
  for (const [name, element] of [...exported]) {
    if (!always.has(name) && !methodsCalledBy(element).some((method) => overridden.has(method))) exported.delete(name);
  }
}

/** Names of the context methods that some class overrides. Deleting before compilation means no code is generated. */
function overriddenMethods(program: Program, contextsPrefix: string): Set<string> {
  const names = new Set<string>();
  for (const element of program.elementsByName.values()) {
    if (element.kind !== classPrototype || !element.internalName.startsWith(contextsPrefix)) continue;
    const members = (element as unknown as { instanceMembers: Map<string, Element> | null }).instanceMembers;
    for (const [name, member] of members ?? []) {
      if (!name.startsWith("on")) continue;
      const { unboundOverrides } = member as FunctionPrototype;
      // asc promises nothing about this field: better no module than one without its callbacks.
      if (unboundOverrides === undefined) throw new Error("sdk transform: this version of asc is not supported");
      if (unboundOverrides !== null && unboundOverrides.size > 0) names.add(name);
    }
  }
  return names;
}

/** The `.onXxx` names in an export's body: what it forwards to, read from the code itself. */
function methodsCalledBy(element: Element): string[] {
  const names: string[] = [];
  const { declaration } = element as FunctionPrototype;
  walk(declaration, (node) => {
    const property = (node as { property?: { text?: string } }).property;
    if (isNode(property) && property.text?.startsWith("on")) names.push(property.text);
  });
  return names;
}
