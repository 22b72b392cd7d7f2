/** Leaves a module only the callbacks that a class of the filter overrides: fewer bytes, and fewer calls by the host. */
import type { Element, File, FunctionPrototype, ImportStatement, Program } from "assemblyscript";
import { walk } from "./walk.ts";

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

/** `home` is the package of the callbacks, as asc's internal path: the SDK, or the drop-in for solo-io's. */
export function pruneCallbacks(program: Program, exportsFile: File, home: string, isDropIn: boolean): void {
  const exported = exportsFile.exports;
  if (exported === null) throw new Error("sdk transform: exports.ts exports nothing");
  const overridden = overriddenMethods(program, `${home}/assembly/contexts/`);
  const used = isDropIn ? namesCalledOutside(program, home) : namesImportedFrom(program, home);
  for (const [name, element] of [...exported]) {
    const calls = namesCalledIn((element as FunctionPrototype).declaration);
    const isNeeded = calls.some((call) => overridden.has(call) || isDelivered(program, call, home, used));
    if (!always.has(name) && !isNeeded) exported.delete(name);
  }
}

/**
 * Whether an export hands over what the filter asked for: it calls a function named `deliver...`, and the filter uses
 * something of that function's file.
 */
function isDelivered(program: Program, call: string, home: string, used: ReadonlySet<string>): boolean {
  if (!call.startsWith("deliver")) return false;
  for (const file of program.filesByName.values()) {
    const names = [...(file.exports?.keys() ?? [])];
    if (!isWithin(file.source.internalPath, home) || !names.includes(call)) continue;
    return names.some((name) => name !== call && used.has(name));
  }
  throw new Error(`sdk transform: ${call} is exported by no file of ${home}`);
}

/** A package whose name only begins like another's is not within it. */
function isWithin(path: string | null | undefined, home: string): boolean {
  return path === home || path?.startsWith(`${home}/`) === true;
}

/** What files outside the SDK import from it; a wildcard import counts as everything that it could name. */
function namesImportedFrom(program: Program, sdk: string): Set<string> {
  const files = [...program.filesByName.values()];
  const imports = files
    .filter(({ source }) => !isWithin(source.internalPath, sdk))
    .flatMap(({ source }) => source.statements as Partial<ImportStatement>[])
    .filter(({ internalPath }) => isWithin(internalPath, sdk));
  const everything = () => files.flatMap((file) => [...(file.exports?.keys() ?? [])]);
  return new Set(
    imports.flatMap(({ declarations }) => declarations?.map(({ foreignName }) => foreignName.text) ?? everything()),
  );
}

/** What files outside the drop-in call: it has methods of contexts for what the SDK has classes of their own for. */
function namesCalledOutside(program: Program, dropIn: string): Set<string> {
  const files = [...program.filesByName.values()].filter(({ source }) => !isWithin(source.internalPath, dropIn));
  return new Set(files.flatMap(({ source }) => namesCalledIn(source.statements)));
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

/** The names that are called; in an export's body, what it forwards to. */
function namesCalledIn(code: object): string[] {
  const names: string[] = [];
  walk(code, (node) => {
    const callee = (node as { expression?: { text?: string; property?: { text?: string } } }).expression;
    const name = callee?.property?.text ?? callee?.text;
    if (name !== undefined) names.push(name);
  });
  return names;
}
