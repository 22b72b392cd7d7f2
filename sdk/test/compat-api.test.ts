/** The drop-in for solo-io's package has everything that the published package has, of the same types. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { describe, expect, test } from "vitest";

const published = "node_modules/solo-proxy-runtime";
const dropIn = "sdk/compat";

/** What the drop-in has otherwise, as the published form could not work; it has the form of solo-io's last source. */
const mended: Readonly<Record<string, string>> = {
  get_shared_data: "(string) => GetSharedData", // It was called with a buffer for the host to write its result into.
  set_shared_data: "(string, ArrayBuffer, u32?) => WasmResultValues", // It took no value: the two were exchanged.
  register_shared_queue: "(string) => TokenSharedQueueResult", // The token was an argument, used as an address.
  resolve_shared_queue: "(string, string) => TokenSharedQueueResult", // The same.
  "DequeueSharedQueueResult.data": "ArrayBuffer | null", // It had no value when the queue is empty.
};

/** Callbacks under names that are no callbacks of ABI 0.2.1. */
const notCallbacks = ["proxy_abi_version_0_2_0", "proxy_on_grpc_trailing_metadata"];

/** Added by solo-io's last source (0.1.15), then by G-Core's fork. */
const added = [
  ...["BufferTypeValues", "makeHeaderPair", "set_property", "get_property", "get_shared_data", "set_shared_data"],
  ...["set_tick_period_milliseconds", "register_shared_queue", "resolve_shared_queue", "enqueue_shared_queue"],
  ...["dequeue_shared_queue", "get_buffer_bytes", "call_foreign_function"],
  ...["send_http_response", "set_buffer_bytes", "get_current_time_nanoseconds", "GetSharedData"],
];

function parse(path: string): ts.SourceFile {
  return ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.Latest, true);
}

function sourcesOf(folder: string): ts.SourceFile[] {
  const files = readdirSync(join(folder, "assembly")).filter((name) => name.endsWith(".ts"));
  return files.map((name) => parse(join(folder, "assembly", name)));
}

/** The path that an `export ... from` of a file names. */
function pathOf(from: string, specifier: string): string {
  const sdk = specifier.replace("@proxy-wasm-kit/sdk/", "sdk/");
  return `${specifier.startsWith(".") ? join(from, "..", specifier) : sdk}.ts`;
}

const isExported = (node: ts.Statement) =>
  ts.canHaveModifiers(node) && ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);

/** The names that a file exports. */
function exportsOf(path: string): string[] {
  return parse(path).statements.flatMap((node) => {
    if (ts.isExportDeclaration(node)) {
      if (node.exportClause && ts.isNamedExports(node.exportClause)) {
        return node.exportClause.elements.map(({ name }) => name.text);
      }
      return exportsOf(pathOf(path, (node.moduleSpecifier as ts.StringLiteral).text));
    }
    return isExported(node) ? namesOf(node) : [];
  });
}

function namesOf(node: ts.Statement): string[] {
  if (ts.isVariableStatement(node)) return node.declarationList.declarations.map(({ name }) => name.getText());
  const { name } = node as ts.DeclarationStatement;
  return name ? [name.getText()] : [];
}

/** A type without the names of parameters. */
function typeText(type: ts.TypeNode | undefined): string {
  if (type === undefined) return "none";
  return ts.isFunctionTypeNode(type) ? signature(type) : type.getText();
}

function signature({ parameters, type }: ts.SignatureDeclarationBase): string {
  const types = parameters.map((each) => typeText(each.type) + (each.initializer ? "?" : ""));
  return `(${types.join(", ")}) => ${typeText(type)}`;
}

/** Everything public that files declare at their top, by name or `Class.member`, as one line of text each. */
function surfaceOf(sources: readonly ts.SourceFile[]): Map<string, string> {
  const surface = new Map<string, string>();
  for (const node of sources.flatMap(({ statements }) => [...statements])) {
    if (ts.isFunctionDeclaration(node)) surface.set(node.name?.text ?? "", signature(node));
    if (ts.isTypeAliasDeclaration(node)) surface.set(node.name.text, typeText(node.type));
    if (ts.isEnumDeclaration(node)) addEnum(node, surface);
    if (ts.isClassDeclaration(node)) addClass(node, surface);
    if (ts.isVariableStatement(node) && isExported(node)) {
      for (const { name, initializer } of node.declarationList.declarations) {
        const made = initializer && ts.isNewExpression(initializer) ? initializer.expression.getText() : "";
        surface.set(name.getText(), made);
      }
    }
  }
  return surface;
}

function addEnum(node: ts.EnumDeclaration, surface: Map<string, string>): void {
  const values = new Map<string, number>();
  for (const { name, initializer } of node.members) {
    const text = initializer?.getText() ?? String(values.size);
    values.set(name.getText(), values.get(text) ?? Number(text));
  }
  surface.set(node.name.text, "enum");
  for (const [name, value] of values) surface.set(`${node.name.text}.${name}`, String(value));
}

function addClass(node: ts.ClassDeclaration, surface: Map<string, string>): void {
  const name = node.name?.text ?? "";
  surface.set(name, node.heritageClauses?.map((clause) => clause.getText()).join(" ") ?? "class");
  for (const member of node.members) {
    if (ts.canHaveModifiers(member) && ts.getModifiers(member)?.some((m) => m.kind === ts.SyntaxKind.PrivateKeyword)) {
      continue;
    }
    // A class without a constructor has one without parameters.
    if (ts.isConstructorDeclaration(member) && member.parameters.length > 0) {
      surface.set(`${name}.constructor`, signature(member));
    }
    if (ts.isMethodDeclaration(member)) surface.set(`${name}.${member.name.getText()}`, signature(member));
    if (ts.isPropertyDeclaration(member)) surface.set(`${name}.${member.name.getText()}`, typeText(member.type));
  }
}

/** The part of a surface that can be reached from some names: their members, and what their types name. */
function reachable(surface: ReadonlyMap<string, string>, names: readonly string[]): string[] {
  const reached = new Set<string>();
  const visit = (name: string): void => {
    if (reached.has(name) || !surface.has(name)) return;
    reached.add(name);
    for (const each of surface.get(name)?.match(/\w+/g) ?? []) visit(each);
    for (const key of surface.keys()) if (key.startsWith(`${name}.`)) visit(key);
  };
  names.forEach(visit);
  return [...reached];
}

/** A member may be inherited. */
function find(surface: ReadonlyMap<string, string>, name: string): string | undefined {
  const [owner = "", member] = name.split(".");
  const base = surface.get(owner)?.match(/^extends (\w+)/)?.[1];
  return surface.get(name) ?? (base && find(surface, `${base}.${member}`));
}

describe.each(["assembly/index.ts", "assembly/runtime.ts"])("%s", (file) => {
  const was = surfaceOf(sourcesOf(published));
  const is = surfaceOf(sourcesOf(dropIn));
  // The published package has nothing at its root: importers named its folder.
  const exported = exportsOf(join(published, file));

  test("exports every name", () => {
    expect(exported.length).toBeGreaterThan(20);
    expect(exported.filter((name) => !exportsOf(join(dropIn, file)).includes(name))).toEqual([]);
  });

  test.each(
    reachable(
      was,
      exported.filter((name) => !(name in mended)),
    ),
  )("%s is as it was", (name) => {
    expect(find(is, name)).toBe(mended[name] ?? was.get(name));
  });

  test("mends what it says", () => {
    for (const [name, form] of Object.entries(mended)) expect(is.get(name)).toBe(form);
  });
});

test("the root exports what assembly/ exports", () => {
  expect(exportsOf(`${dropIn}/index.ts`)).toEqual(exportsOf(`${dropIn}/assembly/index.ts`));
  expect(exportsOf(`${dropIn}/proxy.ts`)).toEqual(exportsOf(`${dropIn}/assembly/proxy.ts`));
});

test("later versions' names are exported", () => {
  expect(added.filter((name) => !exportsOf(`${dropIn}/index.ts`).includes(name))).toEqual([]);
});

test("every callback is exported", () => {
  const ours = exportsOf(`${dropIn}/proxy.ts`);
  const missing = exportsOf(`${published}/assembly/proxy.ts`).filter((name) => !ours.includes(name));
  expect(missing).toEqual(notCallbacks);
});
