/** `--config`: where a filter's configuration is read from, and what of it the filter is given. */
import { access } from "node:fs/promises";
import {
  type Document,
  type DocumentOptions,
  isScalar,
  LineCounter,
  type Node,
  type ParseOptions,
  parseDocument,
  type Scalar,
  type SchemaOptions,
  visit,
} from "yaml";
import { Failure, messageOf } from "./failure.ts";
import { readBytes } from "./input.ts";

/** What `--config` names: the text itself, or the file that has it. */
interface Source {
  /** For messages; never the text, which may hold secrets. */
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly isYaml: boolean;
}

/**
 * A filter's configuration as the filter is to have it: JSON byte for byte, so that the filter itself judges what is wrong
 * with it; YAML as JSON of the value it holds, but a string as it is, and nothing as nothing.
 */
export async function readConfiguration(option: string): Promise<string | Uint8Array> {
  const source = await sourceOf(option);
  if (!source.isYaml) return source.bytes;
  const value = parsed(source);
  return typeof value === "string" ? value : value === null ? "" : JSON.stringify(value);
}

/** A filter's configuration as the value it holds, for what is to be written in another form. */
export const readConfigurationValue = async (option: string): Promise<unknown> => parsed(await sourceOf(option));

/** What a file of YAML or JSON holds; "-" is standard input. */
export async function readYaml(option: string, path: string, options: YamlOptions = {}): Promise<unknown> {
  return parsed({ name: path === "-" ? "standard input" : path, bytes: await readBytes(option, path) }, options);
}

interface YamlOptions extends ParseOptions, DocumentOptions, SchemaOptions {
  /** Whole numbers that would become others: refused unless it is "nearest", for what is no filter's configuration. */
  readonly numbers?: "exact" | "nearest";
}

/** JSON or YAML as it stands; "@path" or a path; "-" is standard input. */
async function sourceOf(option: string): Promise<Source> {
  if (!option.startsWith("@") && (await isText(option))) {
    const bytes = new TextEncoder().encode(option);
    return { name: "--config", bytes, isYaml: !beginsAsJson(bytes) };
  }
  const path = option.replace(/^@/, "");
  const bytes = await readBytes("--config", path);
  const isYaml = /\.ya?ml$/i.test(path) || (!/\.json$/i.test(path) && !beginsAsJson(bytes));
  return { name: path, bytes, isYaml };
}

async function isText(option: string): Promise<boolean> {
  if (/^\s*([{["]|$)|\n/.test(option)) return true;
  // One line of YAML has a blank; so may the path of a file that is there.
  return /\s/.test(option) && !(await isReadable(option));
}

/** Everything that begins so is taken for JSON, even what is none: half a document is the filter's to refuse. */
const beginsAsJson = (bytes: Uint8Array): boolean => /^\s*([{["]|$)/.test(Buffer.from(bytes).toString("latin1"));

const isReadable = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** With the places of what it holds. */
export interface YamlFile {
  readonly name: string;
  readonly value: unknown;
  readonly document: Document.Parsed;
  readonly lines: LineCounter;
}

/** The same for a file whose mistakes are to be told with line and column. */
export async function readYamlFile(option: string, path: string): Promise<YamlFile> {
  const source = { name: path === "-" ? "standard input" : path, bytes: await readBytes(option, path) };
  return { name: source.name, ...parsedDocument(source, {}) };
}

const parsed = (source: Pick<Source, "name" | "bytes">, options: YamlOptions = {}): unknown =>
  parsedDocument(source, options).value;

/** The parser's own messages repeat lines of the text; only what kind of mistake it is and where is told. */
function parsedDocument({ name, bytes }: Pick<Source, "name" | "bytes">, { numbers, ...options }: YamlOptions) {
  const lines = new LineCounter();
  const document = parseDocument(decodeUtf8(name, bytes), { logLevel: "error", lineCounter: lines, ...options });
  const [problem] = [...document.errors, ...document.warnings];
  const refuse = (offset: number, text: string) => {
    const { line, col } = lines.linePos(offset);
    throw new Failure(`${name}, line ${line}, column ${col}: ${text}`);
  };
  if (problem !== undefined) refuse(problem.pos[0], `expected YAML or JSON, found a mistake (${problem.code})`);
  visit(document, {
    Pair(_key, { key }) {
      const offset = (key as Node | null)?.range?.[0] ?? 0;
      if (!isScalar(key)) refuse(offset, "expected keys that are plain texts, found one that is a collection");
      else if (!isAsWritten(key))
        refuse(offset, "expected keys that are texts, found one that YAML reads otherwise; quote it");
    },
    Scalar(_key, node) {
      const [offset = 0] = node.range ?? [];
      if (typeof node.value !== "number") return;
      if (!Number.isFinite(node.value))
        refuse(offset, "expected a number that JSON has, found none; quote what is a text");
      if (numbers !== "nearest" && !isExact(node.value, node.source ?? ""))
        refuse(
          offset,
          "expected a whole number of at most 53 bits, found one that would become another; quote what is a text",
        );
    },
  });
  try {
    return { document, lines, value: document.toJS() as unknown };
  } catch (error) {
    // Aliases of aliases that would become more than memory has.
    throw new Failure(`${name}: expected YAML or JSON, found a mistake (${messageOf(error)})`);
  }
}

/** Whether a key becomes what stands there: `012` would become "12", and `~` nothing. A merge is a symbol. */
const isAsWritten = ({ value, source }: Scalar): boolean =>
  /^(string|symbol)$/.test(typeof value) || (value !== null && String(value) === source);

const isExact = (value: number, source: string): boolean =>
  !/^[-+]?\d+$/.test(source) || BigInt(value) === BigInt(source);

function decodeUtf8(name: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Failure(`${name}: expected UTF-8, found other bytes`);
  }
}
