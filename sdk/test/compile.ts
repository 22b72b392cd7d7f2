/** Compiles a module of assembly/ as a filter is compiled, for the tests beside it. */
import * as asc from "assemblyscript/asc";

/** The exports of a compiled test module; host calls that it imports do nothing. `target` is one of asconfig.json. */
export async function compile<Exports>(
  entry: string,
  target = "release",
): Promise<Exports & { readonly memory: WebAssembly.Memory }> {
  const bytes = await compileBytes(entry, [], target);
  const module = await WebAssembly.compile(bytes);
  const imports: Record<string, Record<string, () => number>> = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    imports[from] = { ...imports[from], [name]: () => 0 };
  }
  const { exports } = await WebAssembly.instantiate(module, imports);
  (exports._initialize as () => void)();
  return exports as unknown as Exports & { readonly memory: WebAssembly.Memory };
}

/** `flags` come after those of asconfig.json. */
export async function compileBytes(
  entry: string,
  flags: readonly string[] = [],
  target = "release",
): Promise<Uint8Array<ArrayBuffer>> {
  let bytes: Uint8Array<ArrayBuffer> | undefined;
  const messages = asc.createMemoryStream();
  const { error } = await asc.main([entry, "--target", target, "--outFile", "out.wasm", ...flags], {
    stdout: messages,
    stderr: messages,
    writeFile: (_name: string, content: string | Uint8Array) => {
      bytes = new Uint8Array(content as Uint8Array);
    },
  });
  if (error !== null || bytes === undefined) throw new Error(`${entry} does not compile:\n${messages.toString()}`);
  return bytes;
}
