/**
 * Types of a module's imports and exports, read from its bytes: V8's WebAssembly API tells names and kinds alone, while
 * Envoy compares types. Source: WebAssembly core specification 2.0, section 5.5.
 */
import { Kind, Reader, Section, sectionsOf } from "./wasm-binary.ts";

/**
 * A function type: parameters, and the result after a colon. `i` = i32, `I` = i64, `f` = f32, `F` = f64, `?` = any other.
 * Example: `"iI:i"` takes an i32 and an i64 and returns an i32.
 */
export type Signature = string;

export interface ImportedFunction {
  readonly module: string;
  readonly name: string;
  readonly signature: Signature;
}

export interface ExportedFunction {
  readonly name: string;
  readonly signature: Signature;
}

export interface ModuleTypes {
  /** Imported functions in the order of the import section. */
  readonly imports: readonly ImportedFunction[];
  /** Exported functions in the order of the export section. */
  readonly exports: readonly ExportedFunction[];
}

const letters: Record<number, string> = { 127: "i", 126: "I", 125: "f", 124: "F" };
const words: Record<string, string> = { i: "i32", I: "i64", f: "f32", F: "f64" };

/** Envoy's way to write a type, such as `i32 i32 -> i32`. */
export function describe(signature: Signature): string {
  const [parameters = "", result = ""] = signature.split(":");
  const spell = (letters: string) => Array.from(letters, (letter) => words[letter] ?? "?").join(" ") || "void";
  return `${spell(parameters)} -> ${spell(result)}`;
}

/** Reads the types of a module V8 has compiled, which makes its bytes well-formed. */
export function readModuleTypes(bytes: Uint8Array): ModuleTypes {
  const types: Signature[] = [];
  const functions: Signature[] = [];
  const imports: ImportedFunction[] = [];
  const exports: ExportedFunction[] = [];
  for (const { id, content } of sectionsOf(bytes)) {
    const reader = new Reader(bytes, content);
    if (id === Section.Type) readTypes(reader, types);
    if (id === Section.Import) readImports(reader, types, imports, functions);
    if (id === Section.Function) readFunctions(reader, types, functions);
    if (id === Section.Export) readExports(reader, functions, exports);
  }
  return { imports, exports };
}

function valueTypes(reader: Reader): string {
  let types = "";
  for (let left = reader.u32(); left > 0; left--) types += letters[reader.byte()] ?? "?";
  return types;
}

function readTypes(reader: Reader, types: Signature[]): void {
  for (let left = reader.u32(); left > 0; left--) {
    if (reader.byte() !== 0x60) return; // a type of the garbage collection proposal: Envoy's V8 takes none at its imports
    const parameters = valueTypes(reader);
    const results = valueTypes(reader);
    types.push(results === "" ? parameters : `${parameters}:${results}`);
  }
}

function readImports(
  reader: Reader,
  types: readonly Signature[],
  imports: ImportedFunction[],
  functions: Signature[],
): void {
  for (let left = reader.u32(); left > 0; left--) {
    const module = reader.name();
    const name = reader.name();
    const kind = reader.byte();
    if (kind === Kind.Function) {
      const signature = types[reader.u32()] ?? "?";
      imports.push({ module, name, signature });
      functions.push(signature);
      continue;
    }
    if (kind === Kind.Table) reader.byte();
    if (kind === Kind.Global || kind === Kind.Tag) {
      reader.byte();
      reader.u32();
      continue;
    }
    const hasMaximum = reader.byte() & 1;
    reader.u32();
    if (hasMaximum) reader.u32();
  }
}

function readFunctions(reader: Reader, types: readonly Signature[], functions: Signature[]): void {
  for (let left = reader.u32(); left > 0; left--) functions.push(types[reader.u32()] ?? "?");
}

function readExports(reader: Reader, functions: readonly Signature[], exports: ExportedFunction[]): void {
  for (let left = reader.u32(); left > 0; left--) {
    const name = reader.name();
    const kind = reader.byte();
    const index = reader.u32();
    if (kind === Kind.Function) exports.push({ name, signature: functions[index] ?? "?" });
  }
}
