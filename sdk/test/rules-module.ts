/** The rules of assembly/rules.ts with a host that knows one request: for tests that ask them thousands of times. */
import { compileBytes } from "./compile.ts";

export interface PathPattern {
  readonly exact?: string;
  readonly prefix?: string;
  readonly template?: string;
}

export interface MatchBlock {
  readonly hosts?: readonly string[];
  readonly paths?: readonly PathPattern[];
  readonly methods?: readonly string[];
  readonly headers?: readonly { name: string; exact?: string; prefix?: string; present?: boolean }[];
  readonly routes?: readonly string[];
  readonly virtual_hosts?: readonly string[];
}

export interface RuleRequest {
  readonly host?: string;
  readonly path?: string;
  readonly method?: string;
  readonly headers?: readonly (readonly [name: string, value: string])[];
  /** What `xds.route_name` and `xds.virtual_host_name` are; absent without. */
  readonly route?: string;
  readonly virtualHost?: string;
}

interface RulesExports {
  readonly memory: WebAssembly.Memory;
  _initialize(): void;
  malloc(size: number): number;
  proxy_on_context_create(id: number, parent: number): void;
  proxy_on_configure(id: number, size: number): number;
  match(): void;
  matchOften(times: number): void;
  resultPtr(): number;
  resultSize(): number;
}

const ok = 0;
const notFound = 1;

export class RulesModule {
  /** Properties that were asked for, in order. */
  readonly asked: string[] = [];
  /** Lines logged, since the last configuration. */
  readonly logs: string[] = [];
  readonly #exports: RulesExports;
  #roots = 0;
  #configuration: Buffer = Buffer.alloc(0);
  #pairs: Buffer = Buffer.alloc(0);
  #properties = new Map<string, string>();

  private constructor(module: WebAssembly.Module) {
    const calls: Record<string, (...words: number[]) => number> = {
      proxy_log: (_level = 0, ptr = 0, size = 0) => this.logs.push(this.#text(ptr, size)) && ok,
      proxy_get_buffer_bytes: (_kind, _start, _max, ptr = 0, size = 0) => this.#give(this.#configuration, ptr, size),
      proxy_get_header_map_pairs: (_kind, ptr = 0, size = 0) => this.#give(this.#pairs, ptr, size),
      proxy_get_property: (name = 0, nameSize = 0, ptr = 0, size = 0) => {
        const path = this.#text(name, nameSize).replaceAll("\0", ".");
        this.asked.push(path);
        const value = this.#properties.get(path);
        return value === undefined ? notFound : this.#give(Buffer.from(value), ptr, size);
      },
    };
    const imports: Record<string, Record<string, (...words: number[]) => number>> = {};
    for (const { module: from, name } of WebAssembly.Module.imports(module)) {
      imports[from] = { ...imports[from], [name]: calls[name] ?? (() => ok) };
    }
    this.#exports = new WebAssembly.Instance(module, imports).exports as unknown as RulesExports;
    this.#exports._initialize();
  }

  static async compile(): Promise<RulesModule> {
    return new RulesModule(await WebAssembly.compile(await compileBytes("sdk/test/assembly/rules.ts")));
  }

  /** The errors of a configuration; none when it is accepted. */
  configure(configuration: unknown): readonly string[] {
    this.#configuration = Buffer.from(
      typeof configuration === "string" ? configuration : JSON.stringify(configuration),
    );
    this.#roots += 1;
    this.#exports.proxy_on_context_create(this.#roots, 0);
    this.logs.length = 0;
    this.#exports.proxy_on_configure(this.#roots, this.#configuration.length);
    return [...this.logs];
  }

  /** "<name> <limit> <targets>" and the captures "id" and "rest", if any. */
  match(request: RuleRequest): string {
    this.set(request);
    this.#exports.match();
    return this.#text(this.#exports.resultPtr(), this.#exports.resultSize());
  }

  set({ host, path, method, headers = [], route, virtualHost }: RuleRequest): void {
    const pseudo = [
      [":authority", host],
      [":path", path],
      [":method", method],
    ].filter((line): line is [string, string] => line[1] !== undefined);
    this.#pairs = encodePairs([...pseudo, ...headers]);
    this.#properties = new Map();
    if (route !== undefined) this.#properties.set("xds.route_name", route);
    if (virtualHost !== undefined) this.#properties.set("xds.virtual_host_name", virtualHost);
    this.asked.length = 0;
  }

  /** Matches the request that was set last. */
  matchOften(times: number): void {
    this.#exports.matchOften(times);
  }

  get memoryBytes(): number {
    return this.#exports.memory.buffer.byteLength;
  }

  #text(ptr: number, size: number): string {
    return Buffer.from(this.#exports.memory.buffer, ptr, size).toString();
  }

  #give(bytes: Buffer, ptrOut: number, sizeOut: number): number {
    const ptr = bytes.length === 0 ? 0 : this.#exports.malloc(bytes.length);
    const memory = new DataView(this.#exports.memory.buffer);
    new Uint8Array(memory.buffer).set(bytes, ptr);
    memory.setUint32(ptrOut, ptr, true);
    memory.setUint32(sizeOut, bytes.length, true);
    return ok;
  }
}

/** u32 count | count x (u32 name size, u32 value size) | count x (name, NUL, value, NUL). */
function encodePairs(lines: readonly (readonly [string, string])[]): Buffer {
  const sizes = lines.flatMap(([name, value]) => [Buffer.byteLength(name), Buffer.byteLength(value)]);
  const head = Buffer.alloc(4 + 4 * sizes.length);
  for (const [i, word] of [lines.length, ...sizes].entries()) head.writeUInt32LE(word, 4 * i);
  return Buffer.concat([head, ...lines.map(([name, value]) => Buffer.from(`${name}\0${value}\0`))]);
}
