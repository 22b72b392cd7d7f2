/** Source maps where every debugger finds them: inside the module. */
import { sep } from "node:path";
import { pathToFileURL } from "node:url";
import { withSourceMapUrl } from "@proxy-wasm-kit/host";

/**
 * The module with asc's source map in it. V8 gives modules URLs of its own (`wasm://wasm/1a2b`), so a map beside the file
 * would be found by nobody. Sources are named by where they are, for breakpoints that are set in an editor.
 */
export function withSourceMap(wasm: Uint8Array, sourceMap: Uint8Array): Uint8Array {
  const map = JSON.parse(new TextDecoder().decode(sourceMap)) as object;
  const located = { ...map, sourceRoot: pathToFileURL(process.cwd() + sep).href };
  const base64 = Buffer.from(JSON.stringify(located)).toString("base64");
  return withSourceMapUrl(wasm, `data:application/json;base64,${base64}`);
}
