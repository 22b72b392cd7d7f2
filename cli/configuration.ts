/** `--config`: where a filter's configuration is read from, and what of it the filter is given. */
import { access } from "node:fs/promises";
import {
  type Document,
  type DocumentOptions,
  isScalar,
  LineCounter,
  type ParseOptions,
  parseDocument,
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

type YamlOptions = ParseOptions & DocumentOptions & SchemaOptions;

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
  const lines = new LineCounter();
  const source = { name: path === "-" ? "standard input" : path, bytes: await readBytes(option, path) };
  return { name: source.name, lines, ...parsedDocument(source, { lineCounter: lines }) };
}

const parsed = (source: Pick<Source, "name" | "bytes">, options: YamlOptions = {}): unknown =>
  parsedDocument(source, options).value;

/** The parser's own messages repeat lines of the text; only what kind of mistake it is and where is told. */
function parsedDocument({ name, bytes }: Pick<Source, "name" | "bytes">, options: YamlOptions) {
  const document = parseDocument(decodeUtf8(name, bytes), { logLevel: "error", ...options });
  const [problem] = [...document.errors, ...document.warnings];
  if (problem !== undefined) {
    const [place] = problem.linePos ?? [];
    const where = place === undefined ? "" : `, line ${place.line}, column ${place.col}`;
    throw new Failure(`${name}${where}: expected YAML or JSON, found a mistake (${problem.code})`);
  }
  visit(document, {
    Pair(_key, { key }) {
      if (!isScalar(key))
        throw new Failure(`${name}: expected keys that are plain texts, found one that is a collection`);
    },
  });
  try {
    return { document, value: document.toJS() as unknown };
  } catch (error) {
    // Aliases of aliases that would become more than memory has.
    throw new Failure(`${name}: expected YAML or JSON, found a mistake (${messageOf(error)})`);
  }
}

function decodeUtf8(name: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Failure(`${name}: expected UTF-8, found other bytes`);
  }
}
