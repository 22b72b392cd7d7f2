/**
 * The asc transform of the SDK: `asc --transform @proxy-wasm-kit/sdk/transform`. It makes the module export exactly the
 * callbacks its filter overrides, keeps strings for silent logs from being built, and sets the SDK's `abort`.
 */
import type { ExportStatement, Parser, Program, Source, Statement } from "assemblyscript";
import { Node } from "assemblyscript";
import { Transform } from "assemblyscript/transform";
import type binaryen from "binaryen";
import { guardLogs } from "./guard-logs.ts";
import { packStrings } from "./pack-strings.ts";
import { pruneCallbacks } from "./prune-callbacks.ts";
import { replaceRuntime } from "./replace-runtime.ts";
import { type AstNode, walk } from "./walk.ts";

/** asc's `SourceKind.UserEntry` (src/ast.ts): the exports of such a source are the module's. */
const userEntry = 1;

export default class SdkTransform extends Transform {
  /** The file whose exports are the module's callbacks; undefined when the filter does not use the SDK. */
  private callbacks: Source | undefined;
  /** The drop-in for solo-io's package, as asc's internal path, when the filter is written against that. */
  private dropIn: string | undefined;

  override afterParse(parser: Parser): void {
    const exportsSource = parser.sources.find((source) => isSdkFile(source.internalPath, "exports"));
    if (exportsSource === undefined) return; // The filter does not use the SDK.
    const dropIn = parser.sources.find((source) => isDropIn(source, exportsSource));
    this.dropIn = dropIn && packageOf(dropIn);
    this.callbacks = dropIn ?? exportsSource;
    this.callbacks.sourceKind = userEntry;
    const abort = exportsSource.internalPath.replace(/exports$/, "abort/abort");
    // An `abort` that the user has set (`--use abort=...`) stays.
    const aliases = this.program.options.globalAliases ?? new Map<string, string>();
    this.program.options.globalAliases = aliases;
    if (!aliases.has("abort")) aliases.set("abort", abort);
    if (!parser.sources.some((source) => isSdkFile(source.internalPath, "abort"))) {
      throw new Error("sdk transform: the SDK's abort.ts was not parsed; exports.ts must import it");
    }
    replaceRuntime(parser);
    for (const source of parser.sources) {
      if (source.internalPath === "~lib/rt/common") dropRuntimeChecks(source);
      else guardLogs(source, this.dropIn);
    }
  }

  override afterInitialize(program: Program): void {
    const { callbacks, dropIn } = this;
    const file = callbacks && program.filesByName.get(callbacks.internalPath);
    if (file !== undefined) pruneCallbacks(program, file, packageOf(file.source), dropIn !== undefined);
  }

  override afterCompile(module: binaryen.Module): void {
    packStrings(this.binaryen, module);
  }
}

/**
 * asc's allocator and collector check their own data at every step (`DEBUG` in rt/common.ts). Those checks find faults of
 * asc alone, at 0.7 kB a module; assertions about the filter's code stay.
 */
function dropRuntimeChecks(source: Source): void {
  walk(source.statements, (node) => {
    const { name, initializer } = node as { name?: { text?: string }; initializer?: AstNode };
    if (name?.text !== "DEBUG" || initializer === undefined) return undefined;
    return Object.assign(node, { initializer: Node.createFalseExpression((node as unknown as Statement).range) });
  });
}

/**
 * Whether a source is the `exports.ts` of the drop-in for solo-io's package, whatever name a project has that under: it
 * hands on the SDK's callbacks beside its own, which then are the module's.
 */
function isDropIn(source: Source, sdkExports: Source): boolean {
  const isOfSdk = ({ internalPath }: Partial<ExportStatement>) => internalPath === sdkExports.internalPath;
  return source.internalPath.endsWith("/assembly/exports") && (source.statements as object[]).some(isOfSdk);
}

/** The package that an `exports.ts` is of, as asc's internal path. */
function packageOf(exportsSource: Source): string {
  return exportsSource.internalPath.replace(/\/assembly\/exports$/, "");
}

/** Whether asc's internal path is of this file of the SDK, installed as a package or in its own repository. */
function isSdkFile(internalPath: string, name: string): boolean {
  return new RegExp(`(^|/)sdk/assembly/${name}$`).test(internalPath);
}
